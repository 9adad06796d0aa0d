"""ResultSnapshot: a stage's result as computed at one moment; never changed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from competition_site.db.fields import MomentField
from competition_site.db.models import StatusRow
from registrations.models import Competition
from submissions.models.stage import Stage


class ResultSnapshot(StatusRow):
    """A numbered result. Its rows are always read together, so they live on it.

    Computing changes nothing public; release is a separate act; a correction is a new
    snapshot with a reason. At most one snapshot of a stage is released.
    """

    class Status(models.TextChoices):
        COMPUTED = "computed", _("computed")
        RELEASED = "released", _("released")
        SUPERSEDED = "superseded", _("superseded")
        WITHDRAWN = "withdrawn", _("withdrawn")

    TRANSITIONS: ClassVar = {
        Status.COMPUTED: frozenset(
            {Status.RELEASED, Status.SUPERSEDED, Status.WITHDRAWN}
        ),
        Status.RELEASED: frozenset({Status.SUPERSEDED, Status.WITHDRAWN}),
        Status.SUPERSEDED: frozenset(),
        Status.WITHDRAWN: frozenset(),
    }

    competition = models.ForeignKey(
        Competition, models.PROTECT, related_name="+", editable=False
    )
    stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="snapshots", editable=False
    )
    stage_name = models.CharField(_("stage"), max_length=100, editable=False)
    stage_order = models.PositiveSmallIntegerField(editable=False)
    number = models.PositiveSmallIntegerField(_("number"), editable=False)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=Status,
        default=Status.COMPUTED,
        editable=False,
    )
    rows = models.JSONField(default=list, editable=False)
    blockers = models.JSONField(default=list, editable=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True, editable=False)
    computed_at = MomentField(_("computed at"), editable=False)
    released_at = MomentField(_("released at"), null=True, editable=False)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["competition", "status", "-stage_order"],
                name="snapshot_leaderboard",
            ),
            models.Index(fields=["stage", "status"], name="snapshot_of_stage"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stage", "number"], name="snapshot_numbers_are_unique"
            ),
            models.UniqueConstraint(
                fields=["stage"],
                condition=Q(status="released"),
                name="one_released_snapshot_per_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_name} #{self.number}"
