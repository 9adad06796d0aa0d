"""The page of extensions: more time for one team, given and changed by organisers."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from competition_site.admin import RuleForm, WorkflowPage
from competition_site.clock import told
from registrations.admin.competitions import TIMES
from registrations.models import Registration
from submissions import workflow
from submissions.admin.fields import StageField, StageFilter
from submissions.models import Extension


class ExtensionForm(RuleForm):
    """Stage and team are chosen once; until when and why may change."""

    stage = StageField()
    registration = forms.ModelChoiceField(
        Registration.objects.all(),
        label=capfirst(_("registration")),
        widget=ForeignKeyRawIdWidget(
            Extension._meta.get_field("registration").remote_field, admin.site
        ),
    )

    def clean_registration(self) -> Registration:
        team: Registration = self.cleaned_data["registration"]
        stage = self.cleaned_data.get("stage")
        if stage is not None and stage.competition_id != team.competition_id:
            raise ValidationError(_("This team is in another competition."))
        return team


@admin.register(Extension)
class ExtensionPage(WorkflowPage):
    """More time for one team; who gives it and why stands in the audit trail."""

    form = ExtensionForm
    exclude = ("stage", "registration")  # no columns to edit: the form's own fields
    list_display = ("team_name", "stage_name", "until_told", "reason")
    list_filter = (("stage", StageFilter),)
    fieldsets = (
        (
            None,
            {
                "fields": ("stage", "registration", "until", "reason", "read_version"),
                "description": TIMES,
            },
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Extension | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("stage", "registration")

    @admin.display(description=_("until"))
    def until_told(self, extension: Extension) -> str:
        return told(extension.until)

    def save_model(
        self, request: HttpRequest, obj: Extension, form: RuleForm, change: bool
    ) -> None:
        written = form.written
        if change:
            written |= {"stage": obj.stage, "registration": obj.registration}
        version = form.cleaned_data["read_version"] if change else None
        saved, _is_new = workflow.extend(by=request.user, if_version=version, **written)
        vars(obj).update(vars(saved))
