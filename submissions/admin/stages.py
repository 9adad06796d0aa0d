"""The pages of stages and of their rubrics."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from competition_site.admin import (
    ReasonForm,
    RuleForm,
    WorkflowPage,
    listed,
    reason_in,
)
from competition_site.clock import told
from competition_site.files.content import EXTENSIONS
from competition_site.rules import Text
from registrations.admin.competitions import TIMES
from submissions import workflow
from submissions.admin.fields import StageField, StageFilter
from submissions.exports import Export
from submissions.models import Criterion, ResultSnapshot, Stage
from submissions.models.stage import default_types
from submissions.workflow.stages import soundness_errors


class StageForm(RuleForm):
    allowed_types = forms.MultipleChoiceField(
        label=capfirst(_("content types")),
        initial=default_types,
        required=False,
        choices=[(name, name) for name in EXTENSIONS],
        widget=forms.CheckboxSelectMultiple,
    )

    def contradictions(self, row: Stage) -> Mapping[str, list[Text]]:
        """``accepts`` is one field of the API and three boxes here."""
        errors = soundness_errors(row)
        return {f"{n}_files" if n == "accepts" else n: e for n, e in errors.items()}


@admin.register(Stage)
class StagePage(WorkflowPage):
    """Stages; saving one also renews the competition's public row."""

    form = StageForm
    list_display = (
        "name",
        "competition",
        "order",
        "opens_at",
        "closes_at_told",
        "paused",
    )
    list_filter = ("competition", "paused")
    actions = ("compute", "export_work", "export_blind")
    action_form = ReasonForm
    autocomplete_fields = ("competition",)
    readonly_fields = ("rubric", "result_list")
    fieldsets = (
        (None, {"fields": ("competition", "name", "order")}),
        (
            _("Times"),
            {
                "fields": (
                    "opens_at",
                    "closes_at",
                    "grace_minutes",
                    "late_policy",
                    "late_until",
                    "paused",
                ),
                "description": TIMES,
            },
        ),
        (
            _("What it accepts"),
            {
                "fields": (
                    "accepts_files",
                    "accepts_link",
                    "accepts_text",
                    "allowed_types",
                    "link_hosts",
                    "max_file_bytes",
                    "max_files",
                    "max_versions",
                )
            },
        ),
        (
            _("Judging"),
            {
                "fields": (
                    "blind",
                    "judging_opens_at",
                    "judging_closes_at",
                    "read_version",
                )
            },
        ),
        (_("Rubric and results"), {"fields": ("rubric", "result_list")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stage]:
        """The competitions of a page in one further query."""
        return super().get_queryset(request).prefetch_related("competition")

    def get_fieldsets(self, request: HttpRequest, obj: Stage | None = None) -> Any:
        """A stage that isn't there yet has neither rubric nor results."""
        return self.fieldsets[:-1] if obj is None else self.fieldsets

    def get_readonly_fields(
        self, request: HttpRequest, obj: Stage | None = None
    ) -> tuple[str, ...]:
        own = self.readonly_fields
        return own if obj is None else (*own, "competition")

    @admin.display(description=_("closes at"))
    def closes_at_told(self, stage: Stage) -> str:
        return told(stage.closes_at)

    @admin.display(description=_("criteria"))
    def rubric(self, stage: Stage) -> SafeString:
        """The lines of the rubric, and a link to add one."""
        page = "admin:submissions_criterion"
        lines = [
            (
                reverse(f"{page}_change", args=[c["id"]]),
                c["name"],
                _("up to %(most)d marks, weight %(weight)d")
                % {"most": c["max_score"], "weight": c["weight"]},
            )
            for c in stage.criteria
        ]
        add = reverse(f"{page}_add", query={"stage": stage.pk})
        return listed(
            [*lines, (add, _("Add a criterion"), "")], '<a href="{}">{}</a> {}'
        )

    @admin.display(description=_("results"))
    def result_list(self, stage: Stage) -> SafeString:
        page = "admin:submissions_resultsnapshot_change"
        return listed(
            (
                (reverse(page, args=[result.pk]), result, result.get_status_display())
                for result in ResultSnapshot.objects.filter(stage=stage.pk)
            ),
            '<a href="{}">{}</a>: {}',
        )

    @admin.action(description=_("Compute results"), permissions=["act"])
    def compute(self, request: HttpRequest, queryset: QuerySet[Stage]) -> None:
        verb = partial(
            workflow.compute,
            by=request.user,
            at=request.received_at,
            reason=reason_in(request),
        )
        self.run_on_each(request, queryset, verb, _("Computed: %(count)d."))

    @admin.action(description=_("Export the work (ZIP)"), permissions=["act"])
    def export_work(
        self, request: HttpRequest, queryset: QuerySet[Stage]
    ) -> StreamingHttpResponse | None:
        return self._exported(request, queryset, blind=False)

    @admin.action(
        description=_("Export the work without names (ZIP)"), permissions=["act"]
    )
    def export_blind(
        self, request: HttpRequest, queryset: QuerySet[Stage]
    ) -> StreamingHttpResponse | None:
        return self._exported(request, queryset, blind=True)

    def _exported(
        self, request: HttpRequest, queryset: QuerySet[Stage], *, blind: bool
    ) -> StreamingHttpResponse | None:
        """The archive as it is made; the last versions, so that it stays small."""
        stages = list(queryset[:2])
        if len(stages) != 1:
            self.message_user(request, _("Choose one stage."), messages.ERROR)
            return None
        export = Export.begun(
            stages[0], by=request.user, blind=blind, at=request.received_at
        )
        response = StreamingHttpResponse(export, content_type="application/zip")
        name = content_disposition_header(True, export.file_name)
        response["Content-Disposition"] = name
        response["X-Accel-Buffering"] = "no"  # a proxy need not keep it on its disk
        return response

    def save_model(
        self, request: HttpRequest, obj: Stage, form: RuleForm, change: bool
    ) -> None:
        if not change:
            workflow.create_stage(by=request.user, id=obj.pk, **form.written)
        elif form.changes:
            workflow.change_stage(
                obj,
                by=request.user,
                if_version=form.cleaned_data["read_version"],
                **form.changes,
            )


class CriterionForm(RuleForm):
    stage = StageField()


@admin.register(Criterion)
class CriterionPage(WorkflowPage):
    """Lines of the rubrics; they stay as they are once marks are given."""

    form = CriterionForm
    exclude = ("stage",)  # no column to edit: the form's own field
    list_display = ("name", "stage", "competition", "max_score", "weight", "required")
    list_filter = (("stage", StageFilter),)
    fields = (
        "stage",
        "name",
        "description",
        "max_score",
        "weight",
        "required",
        "read_version",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Criterion]:
        """Stages and competitions of a page in one further query each."""
        return super().get_queryset(request).prefetch_related("stage__competition")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Criterion | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("stage",)

    @admin.display(description=_("competition"))
    def competition(self, criterion: Criterion) -> str:
        return str(criterion.stage.competition)

    def save_model(
        self, request: HttpRequest, obj: Criterion, form: RuleForm, change: bool
    ) -> None:
        if not change:
            workflow.add_criterion(by=request.user, id=obj.pk, **form.written)
        elif form.changes:
            workflow.change_criterion(
                obj,
                by=request.user,
                if_version=form.cleaned_data["read_version"],
                **form.changes,
            )
