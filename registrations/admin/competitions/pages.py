"""The page of competitions: a form with the workflow's rules, and its actions."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from competition_site.admin import RuleForm, WorkflowPage, listed
from competition_site.rules import Text
from registrations import workflow
from registrations.admin.competitions.cloning import CloneAction
from registrations.admin.competitions.forms import CompetitionForm
from registrations.models import Competition

TIMES = format_lazy(_("All times are those of {zone}."), zone=settings.TIME_ZONE)


FROZEN = _("These stay as they are once a team has registered.")


@admin.register(Competition)
class CompetitionPage(CloneAction, WorkflowPage):
    """Competitions; the status moves by actions of the list."""

    form = CompetitionForm
    actions = ("publish", "archive", "take_back", "clone", "remove")
    list_display = (
        "title",
        "category",
        "status",
        "registration_closes_at",
        "starts_at",
        "seats_taken",
        "capacity",
        "waitlist_length",
    )
    list_filter = ("status",)
    search_fields = ("title_key",)
    search_help_text = _("How the title begins.")
    readonly_fields = (
        "status",
        "registered",
        "seats_taken",
        "waitlist_length",
        "stage_list",
    )
    fieldsets = (
        (None, {"fields": ("title", "slug", "category", "summary", "description")}),
        (
            _("Times"),
            {
                "fields": (
                    "registration_opens_at",
                    "registration_closes_at",
                    "roster_locks_at",
                    "withdrawal_closes_at",
                    "starts_at",
                    "ends_at",
                ),
                "description": TIMES,
            },
        ),
        (
            _("Teams and when they take a place"),
            {
                "fields": (("team_size_min", "team_size_max"), "seat_policy"),
                "description": FROZEN,
            },
        ),
        (
            _("Places and waiting list"),
            {
                "fields": (
                    "capacity",
                    "institution_quota",
                    "waitlist_open",
                    "waitlist_closes_at",
                    "offer_hours",
                )
            },
        ),
        (
            _("Who may take part"),
            {
                "fields": (
                    "eligibility_institutions",
                    "eligibility_email_domains",
                    ("eligibility_entry_year_min", "eligibility_entry_year_max"),
                    "eligibility_mixed_institutions",
                ),
                "description": _(
                    "Asked when somebody enters or joins, and of the whole team when "
                    "it submits; who submitted already stays."
                ),
            },
        ),
        (
            _("Payment"),
            {
                "fields": ("fee", "payment_due_hours", "payment_instructions"),
                "description": _("Teams owe the fee of the moment they submit in."),
            },
        ),
        (
            _("What teams hand in to register"),
            {"fields": ("questions", "required_documents"), "description": FROZEN},
        ),
        (
            _("State"),
            {"fields": (*readonly_fields, "read_version")},
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

    @admin.action(description=_("Make a draft again"), permissions=["act"])
    def take_back(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._move(request, queryset, "draft", _("Drafts again: %(count)d."))

    @admin.action(
        description=_("Delete: without teams, stages and judges only"),
        permissions=["act"],
    )
    def remove(self, request: HttpRequest, queryset: QuerySet) -> None:
        verb = partial(workflow.delete_competition, by=request.user)
        self.run_on_each(request, queryset, verb, _("Deleted: %(count)d."))

    def _move(
        self, request: HttpRequest, queryset: QuerySet, status: str, done: Text
    ) -> None:
        verb = partial(workflow.change_competition, by=request.user, status=status)
        self.run_on_each(request, queryset, verb, done)


def _shown(moment: str) -> str:
    """A stored moment as every other date of the admin."""
    return date_format(localtime(parse_datetime(moment)), "DATETIME_FORMAT")
