"""Assignment and Review: who marks what, and the marks."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import StatusRow, VersionedRow
from registrations.models import Registration
from submissions.models.conflicts import judgeable
from submissions.models.stage import Stage


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: User) -> AssignmentQuerySet:
        """Organisers all; a judge their own, but for teams they must not meet."""
        if user.is_organiser:
            return self
        own = list(
            self.filter(judge=user)
            .exclude(status=Assignment.Status.DECLINED)
            .values_list("pk", "registration_id")
        )
        teams = Registration.objects.filter(pk__in={team for _pk, team in own})
        met = judgeable(user, teams) if own else set()
        return self.filter(pk__in=[pk for pk, team in own if team in met])


class Assignment(StatusRow):
    """A judge is to mark one submission. Whether they may is asked at every reading."""

    class Status(models.TextChoices):
        ASSIGNED = "assigned", _("assigned")
        IN_PROGRESS = "in_progress", _("in progress")
        FINAL = "final", _("final")
        DECLINED = "declined", _("declined")

    TRANSITIONS: ClassVar = {
        Status.ASSIGNED: frozenset({Status.IN_PROGRESS, Status.FINAL, Status.DECLINED}),
        Status.IN_PROGRESS: frozenset(
            {Status.IN_PROGRESS, Status.FINAL, Status.DECLINED}
        ),
        # Again, when the team hands in another version; or given once more.
        Status.FINAL: frozenset({Status.IN_PROGRESS, Status.FINAL}),
        Status.DECLINED: frozenset({Status.ASSIGNED}),
    }

    stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="assignments", editable=False
    )
    stage_name = models.CharField(_("stage"), max_length=100, editable=False)
    submission = models.ForeignKey(
        "submissions.Submission",
        models.PROTECT,
        related_name="assignments",
        editable=False,
    )
    registration = models.ForeignKey(
        Registration, models.PROTECT, related_name="+", editable=False
    )
    judge = models.ForeignKey(
        User, models.PROTECT, related_name="assignments", editable=False
    )
    judge_name = models.CharField(_("judge"), max_length=150, editable=False)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=Status,
        default=Status.ASSIGNED,
        editable=False,
    )
    declined_reason = models.CharField(max_length=500, blank=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["judge", "-id"], name="assignment_of_judge"),
            models.Index(fields=["stage", "-id"], name="assignment_of_stage"),
            models.Index(fields=["status", "-id"], name="assignment_of_status"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission", "judge"], name="one_assignment_per_judge"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_name}: {self.stage_name}"


class Review(VersionedRow):
    """A judge's marks for one version of a submission; final ones never change.

    They count as long as that version is the last one: for a later one the judge marks
    again. ``scores`` are pairs of a criterion's id and its marks; ``private_note`` is
    for the organisers' eyes.
    """

    assignment = models.OneToOneField(
        Assignment, models.PROTECT, related_name="review", editable=False
    )
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", editable=False)
    submission = models.ForeignKey(
        "submissions.Submission", models.PROTECT, related_name="+", editable=False
    )
    version_number = models.PositiveSmallIntegerField(
        _("version marked"), editable=False
    )
    scores = models.JSONField(default=list, editable=False)
    comment = models.TextField(
        _("comment"), max_length=5000, blank=True, editable=False
    )
    private_note = models.TextField(
        _("private note"), max_length=5000, blank=True, editable=False
    )
    final = models.BooleanField(_("final"), default=False, editable=False)
    saved_at = MomentField(_("saved at"), editable=False)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        indexes: ClassVar = [
            models.Index(fields=["stage", "final"], name="review_of_stage"),
        ]

    def __str__(self) -> str:
        return str(self.assignment)

    @property
    def scores_by_criterion(self) -> dict[str, float]:
        return dict(self.scores)


def assigned_submission_ids(judge: User) -> list[UUID]:
    """The submissions that a judge may read because they are to mark them."""
    visible = Assignment.objects.visible_to(judge)
    return list(visible.values_list("submission_id", flat=True))
