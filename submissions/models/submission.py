"""Submission: a team's work for a stage; its files; its frozen versions."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from competition_site.db.fields import MomentField
from competition_site.db.models import Row, StatusRow
from competition_site.db.written_once import WrittenOnce, WrittenOnceQuerySet
from registrations.models import Competition, Registration, own_registration_ids
from submissions.models.assignment import assigned_submission_ids
from submissions.models.stage import Stage


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> SubmissionQuerySet:
        """Rows ``user`` may know of: organisers all, others their own teams', and
        judges what they are to mark.
        """
        if user.is_organiser:
            return self
        own = Q(registration__in=own_registration_ids(user))
        if user.role == Role.JUDGE:
            own |= Q(pk__in=assigned_submission_ids(user))
        return self.filter(own)


class Submission(StatusRow):
    """The working copy of a team's entry in a stage, and how often it was handed in.

    Lists show team, stage and competition without a join: their names are copied.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        WITHDRAWN = "withdrawn", _("withdrawn")
        VOID = "void", _("void")

    TRANSITIONS: ClassVar = {
        Status.DRAFT: frozenset({Status.SUBMITTED, Status.WITHDRAWN, Status.VOID}),
        Status.SUBMITTED: frozenset({Status.SUBMITTED, Status.WITHDRAWN, Status.VOID}),
        Status.WITHDRAWN: frozenset(),
        Status.VOID: frozenset(),
    }
    OPEN: ClassVar = (Status.DRAFT, Status.SUBMITTED)
    """The statuses in which the team works on it."""

    registration = models.ForeignKey(
        Registration, models.PROTECT, related_name="submissions", editable=False
    )
    stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="submissions", editable=False
    )
    competition = models.ForeignKey(
        Competition, models.PROTECT, related_name="+", editable=False
    )
    team_name = models.CharField(_("team name"), max_length=80, editable=False)
    stage_name = models.CharField(_("stage"), max_length=100, editable=False)
    title = models.CharField(_("title"), max_length=150, editable=False)
    summary = models.TextField(
        _("summary"), max_length=5000, blank=True, editable=False
    )
    link_url = models.URLField(_("link"), max_length=500, blank=True, editable=False)
    files_count = models.PositiveSmallIntegerField(default=0, editable=False)
    files_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status,
        default=Status.DRAFT,
        editable=False,
    )
    version_number = models.PositiveSmallIntegerField(
        _("versions handed in"), default=0, editable=False
    )
    submitted_at = MomentField(_("submitted at"), null=True, editable=False)
    late = models.BooleanField(_("late"), default=False, editable=False)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["stage", "-id"], name="submission_of_stage"),
            models.Index(
                fields=["competition", "-id"], name="submission_of_competition"
            ),
            models.Index(fields=["registration", "-id"], name="submission_of_team"),
            models.Index(fields=["status", "-id"], name="submission_of_status"),
            models.Index(fields=["late", "-id"], name="submission_late"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["registration", "stage"], name="one_submission_per_stage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.team_name})"


class SubmissionFileQuerySet(WrittenOnceQuerySet["SubmissionFile"]):
    def current(self) -> SubmissionFileQuerySet:
        """The files of the working copy."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User) -> SubmissionFileQuerySet:
        """Files of the submissions that ``user`` may know of; to a judge only those
        that were handed in.
        """
        if user.is_organiser:
            return self
        own = Q(registration__in=own_registration_ids(user))
        if user.role == Role.JUDGE:
            own |= Q(submission__in=assigned_submission_ids(user), frozen=True)
        return self.filter(own)


class SubmissionFile(WrittenOnce, Row):
    """A stored file. One that a version holds is never deleted, only taken off the
    working copy; what it is and where it lies never changes.
    """

    CHANGEABLE: ClassVar = frozenset({"frozen", "removed_at", "updated_at"})

    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="files", editable=False
    )
    registration = models.ForeignKey(
        Registration, models.PROTECT, related_name="+", editable=False
    )
    name = models.CharField(_("name"), max_length=150, editable=False)
    size = models.PositiveBigIntegerField(_("bytes"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    content_type = models.CharField(max_length=60, editable=False)
    storage_key = models.CharField(max_length=200, editable=False)
    frozen = models.BooleanField(default=False, editable=False)
    removed_at = MomentField(null=True, editable=False)

    objects = SubmissionFileQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("submission file")
        verbose_name_plural = _("submission files")
        indexes: ClassVar = [
            models.Index(fields=["submission", "id"], name="file_of_submission"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def manifest_entry(self) -> dict[str, Any]:
        """The file as a version keeps it."""
        return {
            "id": str(self.pk),
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "content_type": self.content_type,
        }


class SubmissionVersion(WrittenOnce, Row):
    """What was handed in, frozen: a row that is written once and never changed.

    ``signature`` covers the moment, the number and the hash of every file, so a
    receipt can be checked by anyone, later.
    """

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="versions", editable=False
    )
    stage_name = models.CharField(max_length=100, editable=False)
    stage_id = models.UUIDField(editable=False)
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    title = models.CharField(_("title"), max_length=150, editable=False)
    summary = models.TextField(_("summary"), blank=True, editable=False)
    link_url = models.URLField(_("link"), max_length=500, blank=True, editable=False)
    files = models.JSONField(default=list, editable=False)
    submitted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", editable=False
    )
    submitted_at = MomentField(_("submitted at"), editable=False)
    late = models.BooleanField(_("late"), editable=False)
    code = models.CharField(
        _("receipt code"), max_length=32, unique=True, editable=False
    )
    key_id = models.CharField(max_length=16, editable=False)
    signature = models.CharField(max_length=64, editable=False)

    objects: ClassVar = WrittenOnceQuerySet["SubmissionVersion"].as_manager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        indexes: ClassVar = [
            models.Index(fields=["late", "-id"], name="version_late"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission", "number"], name="version_numbers_are_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"
