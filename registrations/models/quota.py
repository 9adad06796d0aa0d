"""InstitutionQuota: how many places the teams of one institution hold."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from competition_site.db.models import Row
from registrations.models.competition import Competition


class InstitutionQuota(Row):
    """A counter that decides: places one institution's teams hold in a competition.

    Counted in every competition, with a quota or without, so that a quota set later
    knows what is taken.
    """

    competition = models.ForeignKey(
        Competition, models.CASCADE, related_name="quotas", editable=False
    )
    institution_id = models.UUIDField(editable=False)
    seats_taken = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "institution_id"],
                name="one_quota_per_institution",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id}: {self.seats_taken}"
