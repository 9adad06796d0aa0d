"""The page of competitions: a form with the workflow's rules, and its actions."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst, format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from competition_site.admin import RuleForm, WorkflowPage, listed
from competition_site.api.parsers import StrictJSONParser
from competition_site.rules import RuleViolation, Text
from registrations import workflow
from registrations.models import Competition, Document
from registrations.workflow.competitions import soundness_errors

TIMES = format_lazy(_("All times are those of {zone}."), zone=settings.TIME_ZONE)


class IndentedJSON(json.JSONEncoder):
    """JSON that a person can read and edit in a text area."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"indent": 2})


class StrictJSONField(forms.JSONField):
    """JSON as the API takes it; what is wrong is shown again as it was typed."""

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        try:
            return StrictJSONParser().parse(io.BytesIO(value.encode()))
        except RuleViolation as violation:
            text = self.error_messages["invalid"]
            params = {"value": value}
            raise forms.ValidationError(text, "invalid", params) from violation

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if self.disabled else InvalidJSONInput(data or "")


class CompetitionForm(RuleForm):
    questions = StrictJSONField(
        label=capfirst(_("questions")),
        required=False,
        initial=list,
        encoder=IndentedJSON,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 80, "spellcheck": "false"}),
        help_text=_(
            "A list; types: text, number, choice, multiple, boolean, url. Example: "
            '[{"key": "shirt", "type": "choice", "choices": ["M", "L"], '
            '"required": true, "label": {"en": "Shirt size", "id": "Ukuran kaus"}}]'
        ),
    )
    required_documents = forms.MultipleChoiceField(
        label=capfirst(_("required documents")),
        required=False,
        choices=Document.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_questions(self) -> Any:
        return self.cleaned_data["questions"] or []

    def contradictions(self, row: Competition) -> Mapping[str, list[Text]]:
        return soundness_errors(row)


@admin.register(Competition)
class CompetitionPage(WorkflowPage):
    """Competitions; the status moves by actions of the list."""

    form = CompetitionForm
    actions = ("publish", "archive")
    list_display = (
        "title",
        "category",
        "status",
        "registration_closes_at",
        "starts_at",
        "seats_taken",
        "capacity",
    )
    list_filter = ("status",)
    search_fields = ("title_key",)
    search_help_text = _("How the title begins.")
    readonly_fields = ("status", "seats_taken", "stage_list")
    fieldsets = (
        (None, {"fields": ("title", "slug", "category", "summary", "description")}),
        (
            _("Times"),
            {
                "fields": (
                    "registration_opens_at",
                    "registration_closes_at",
                    "roster_locks_at",
                    "starts_at",
                    "ends_at",
                ),
                "description": TIMES,
            },
        ),
        (
            _("Teams and places"),
            {"fields": ("team_size_min", "team_size_max", "capacity", "seat_policy")},
        ),
        (_("Payment"), {"fields": ("fee", "payment_instructions")}),
        (
            _("What teams hand in to register"),
            {"fields": ("questions", "required_documents")},
        ),
        (
            _("State"),
            {"fields": ("status", "seats_taken", "stage_list", "read_version")},
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Competition | None = None
    ) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "slug")

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Competition | None = None
    ) -> dict[str, tuple[str, ...]]:
        return {"slug": ("title",)} if obj is None else {}

    @admin.display(description=_("stages"))
    def stage_list(self, competition: Competition) -> SafeString:
        lines = (
            (s["order"], s["name"], _shown(s["opens_at"]), _shown(s["closes_at"]))
            for s in competition.stages
        )
        return listed(lines, "{}. {}: {} – {}")

    def save_model(
        self, request: HttpRequest, obj: Competition, form: RuleForm, change: bool
    ) -> None:
        if change:
            workflow.change_competition(
                obj,
                by=request.user,
                if_version=form.cleaned_data["read_version"],
                **form.changes,
            )
        else:
            workflow.create_competition(by=request.user, id=obj.pk, **form.written)

    @admin.action(description=_("Publish"), permissions=["act"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "published", _("Published: %(count)d."))

    @admin.action(description=_("Archive"), permissions=["act"])
    def archive(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "archived", _("Archived: %(count)d."))

    def _move(
        self, request: HttpRequest, queryset: QuerySet, status: str, done: Text
    ) -> None:
        verb = partial(workflow.change_competition, by=request.user, status=status)
        self.run_on_each(request, queryset, verb, done)


def _shown(moment: str) -> str:
    """A stored moment as every other date of the admin."""
    return date_format(localtime(parse_datetime(moment)), "DATETIME_FORMAT")
