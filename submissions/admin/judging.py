"""The pages of judging: who judges, what, with which marks, and what they must not."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, ForeignKeyRawIdWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.admin import ReadOnlyPage, RuleForm, WorkflowPage, listed
from registrations.models import Competition
from submissions import workflow
from submissions.admin.fields import StageFilter
from submissions.models import (
    Assignment,
    JudgeAppointment,
    JudgeConflict,
    Review,
    Submission,
)


def _found_by_typing(column: str) -> AutocompleteSelect:
    return AutocompleteSelect(JudgeAppointment._meta.get_field(column), admin.site)


class AppointmentForm(RuleForm):
    read_version = None
    competition = forms.ModelChoiceField(
        Competition.objects.all(),
        label=capfirst(_("competition")),
        widget=_found_by_typing("competition"),
    )
    user = forms.ModelChoiceField(
        User.objects.all(),
        label=capfirst(_("person")),
        widget=_found_by_typing("user"),
        help_text=_("How the e-mail address begins."),
    )


class OnceMadePage(WorkflowPage):
    """Rows that are made by a form, and then changed by verbs only.

    Their columns are not for editing, so ``exclude`` names what the form asks for.
    """

    asked: tuple[str, ...]

    def has_change_permission(
        self, request: HttpRequest, obj: Any | None = None
    ) -> bool:
        return False

    def get_exclude(self, request: HttpRequest, obj: Any | None = None) -> list[str]:
        return list(self.asked)

    def get_fields(
        self, request: HttpRequest, obj: Any | None = None
    ) -> tuple[str, ...]:
        return self.asked if obj is None else self.fields


@admin.register(JudgeAppointment)
class JudgeAppointmentPage(OnceMadePage):
    """Who judges which competition; a participant becomes a judge by it."""

    form = AppointmentForm
    asked = ("competition", "user")
    actions = ("dismiss",)
    list_display = ("full_name", "competition", "created_at")
    list_filter = ("competition",)
    fields = ("competition", "user", "full_name", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[JudgeAppointment]:
        """The competitions of a page in one further query."""
        return super().get_queryset(request).prefetch_related("competition")

    def save_model(
        self, request: HttpRequest, obj: JudgeAppointment, form: RuleForm, change: bool
    ) -> None:
        vars(obj).update(vars(workflow.appoint(by=request.user, **form.written)))

    @admin.action(description=_("Dismiss"), permissions=["act"])
    def dismiss(
        self, request: HttpRequest, queryset: QuerySet[JudgeAppointment]
    ) -> None:
        verb = partial(workflow.dismiss, by=request.user)
        self.run_on_each(request, queryset, verb, _("Dismissed: %(count)d."))


class JudgeField(forms.ModelChoiceField):
    """Somebody who is appointed: the value is the person."""

    def __init__(self, **options: Any) -> None:
        appointed = JudgeAppointment.objects.order_by("competition", "user")
        appointed = appointed.prefetch_related("competition", "user")
        super().__init__(appointed, label=capfirst(_("judge")), **options)

    def label_from_instance(self, appointment: JudgeAppointment) -> str:
        return f"{appointment.competition}: {appointment.full_name}"


class AssignmentForm(RuleForm):
    read_version = None
    submission = forms.ModelChoiceField(
        Submission.objects.all(),
        label=capfirst(_("submission")),
        widget=ForeignKeyRawIdWidget(
            Assignment._meta.get_field("submission").remote_field, admin.site
        ),
    )
    judge = JudgeField()

    def clean_judge(self) -> User:
        return self.cleaned_data["judge"].user


@admin.register(Assignment)
class AssignmentPage(OnceMadePage):
    """Who is to mark what."""

    form = AssignmentForm
    asked = ("submission", "judge")
    list_display = ("judge_name", "submission", "stage_name", "status", "created_at")
    list_filter = ("status", ("stage", StageFilter))
    fields = (
        "judge",
        "stage",
        "submission",
        "registration",
        "status",
        "declined_reason",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """The works of a page in one further query."""
        return super().get_queryset(request).prefetch_related("submission")

    def save_model(
        self, request: HttpRequest, obj: Assignment, form: RuleForm, change: bool
    ) -> None:
        submission, judge = form.written["submission"], form.written["judge"]
        made = workflow.assign(submission.stage, submission, judge, by=request.user)
        vars(obj).update(vars(made))


@admin.register(Review)
class ReviewPage(ReadOnlyPage):
    """The marks; final ones never change."""

    list_display = ("judge", "submission", "stage_name", "final", "saved_at")
    list_filter = (("stage", StageFilter),)
    fields = (
        "judge",
        "stage",
        "submission",
        "marks",
        "comment",
        "private_note",
        "final",
        "saved_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """Assignments and works of a page in one further query each."""
        return (
            super().get_queryset(request).prefetch_related("assignment", "submission")
        )

    @admin.display(description=_("judge"))
    def judge(self, review: Review) -> str:
        return review.assignment.judge_name

    @admin.display(description=_("stage"))
    def stage_name(self, review: Review) -> str:
        return review.assignment.stage_name

    @admin.display(description=_("marks"))
    def marks(self, review: Review) -> SafeString:
        """Every criterion's name with what was given, of how many."""
        given = review.scores_by_criterion
        return listed(
            (
                (c["name"], given.get(c["id"], "–"), c["max_score"])
                for c in review.stage.criteria
            ),
            "{}: {} / {}",
        )


@admin.register(JudgeConflict)
class JudgeConflictPage(ReadOnlyPage):
    """Whom a judge declared that they must not judge."""

    list_display = ("judge", "about", "reason", "created_at")
    fields = ("judge", "registration", "institution", "user", "reason", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[JudgeConflict]:
        """What the rows of a page are about, in one further query for each kind."""
        rows = super().get_queryset(request)
        return rows.prefetch_related("judge", "registration", "institution", "user")

    @admin.display(description=_("about"))
    def about(self, conflict: JudgeConflict) -> str:
        named = (conflict.registration, conflict.institution, conflict.user)
        return next((str(one) for one in named if one is not None), "–")
