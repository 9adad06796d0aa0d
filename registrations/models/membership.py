"""Membership: who is in which team; unique per person and competition."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import Row
from registrations.models.competition import Competition


class Membership(Row):
    """A person's one place in a competition: in a team, or as its judge.

    ``active`` counts for the rule of one place per person and competition, so nobody
    is in two teams, and nobody judges what they take part in. It ends when the person
    leaves (``left_at``) or when the team withdraws or expires; a team that has ended is
    still seen by those who didn't leave it.
    """

    class Role(models.TextChoices):
        LEADER = "leader", _("leader")
        MEMBER = "member", _("member")
        JUDGE = "judge", _("judge")

    registration = models.ForeignKey(
        "registrations.Registration",
        models.CASCADE,
        null=True,
        related_name="memberships",
    )
    competition = models.ForeignKey(Competition, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, editable=False)
    active = models.BooleanField(_("active"), default=True, editable=False)
    joined_at = MomentField(_("joined at"), editable=False)
    left_at = MomentField(_("left at"), null=True, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        indexes: ClassVar = [
            models.Index(fields=["user", "left_at"], name="membership_of_user"),
            models.Index(fields=["competition", "user"], name="membership_lookup"),
            models.Index(fields=["role", "-id"], name="membership_of_role"),
            models.Index(fields=["active", "-id"], name="membership_active"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "user"],
                condition=Q(active=True),
                name="one_team_per_person_and_competition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.registration}"


def own_registration_ids(user: User) -> list[UUID]:
    """The registrations whose member ``user`` is, or was when they ended."""
    return list(
        Membership.objects.filter(user=user, left_at=None)
        .exclude(registration=None)
        .values_list("registration_id", flat=True)
    )
