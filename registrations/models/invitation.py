"""Invitation: a team asks somebody to join, by e-mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import StatusRow
from registrations.models.registration import Registration


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, user: User) -> InvitationQuerySet:
        """Organisers all; others those of teams they lead, and to their own address
        once it is proven.
        """
        if user.is_organiser:
            return self
        own = Q(leader_id=user.pk)
        if user.email_verified:
            own |= Q(email=user.email)
        return self.filter(own)

    def open_for(self, user: User, at: datetime) -> InvitationQuerySet:
        """What ``user`` may answer: open ones to their proven address."""
        if not user.email_verified:
            return self.none()
        return self.filter(
            email=user.email, status=Invitation.Status.PENDING, expires_at__gt=at
        )


class Invitation(StatusRow):
    """A question to one address. The token goes by mail only; its hash is kept."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        REVOKED = "revoked", _("revoked")
        EXPIRED = "expired", _("expired")

    TRANSITIONS: ClassVar = {
        Status.PENDING: frozenset(
            {Status.ACCEPTED, Status.DECLINED, Status.REVOKED, Status.EXPIRED}
        ),
    }

    registration = models.ForeignKey(
        Registration, models.CASCADE, related_name="invitations", editable=False
    )
    leader_id = models.UUIDField(editable=False)
    competition_slug = models.SlugField(max_length=60, editable=False)
    competition_title = models.CharField(max_length=150, editable=False)
    team_name = models.CharField(_("team name"), max_length=80, editable=False)
    email = models.EmailField(_("e-mail address"), editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status,
        default=Status.PENDING,
        editable=False,
    )
    expires_at = MomentField(_("expires at"), editable=False)
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="invitation_of_status"),
            models.Index(fields=["registration", "-id"], name="invitation_of_team"),
            models.Index(fields=["registration", "email"], name="invitation_of_email"),
            models.Index(fields=["email", "status", "-id"], name="invitation_for"),
            models.Index(fields=["leader_id", "-id"], name="invitation_by"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["registration", "email"],
                condition=Q(status="pending"),
                name="one_open_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.team_name}"

    def is_for(self, user: Any) -> bool:
        """Whether it asks this person: by an address that they have proven."""
        return bool(user.email_verified and user.email == self.email)

    def status_at(self, at: datetime) -> str:
        """The status, counting an open invitation past its end as expired."""
        if self.status == self.Status.PENDING and at >= self.expires_at:
            return self.Status.EXPIRED
        return str(self.status)
