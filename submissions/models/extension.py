"""Extension: a later end of one stage for one team."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import VersionedRow
from registrations.models import Registration
from submissions.models.stage import Stage


class Extension(VersionedRow):
    """Until when, why, and who allowed it: a team's own ``closes_at`` of a stage."""

    stage = models.ForeignKey(
        Stage, models.PROTECT, related_name="extensions", editable=False
    )
    registration = models.ForeignKey(
        Registration, models.PROTECT, related_name="extensions", editable=False
    )
    team_name = models.CharField(_("team name"), max_length=80, editable=False)
    stage_name = models.CharField(_("stage"), max_length=100, editable=False)
    until = MomentField(_("until"))
    reason = models.CharField(_("reason"), max_length=500)
    granted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["registration", "-id"], name="extension_of_team"),
            models.Index(fields=["until"], name="extension_end"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stage", "registration"], name="one_extension_per_team"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team_name}: {self.until}"
