"""Session and MailToken: what a person holds to be let in."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition_site.clock import now
from competition_site.db.fields import MomentField
from competition_site.db.models import Row


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self, at: datetime) -> SessionQuerySet:
        """Sessions that can still be carried on."""
        return self.filter(revoked_at=None, expires_at__gt=at)


class Session(Row):
    """One log-in: a family of refresh tokens of which only the newest is good.

    The row knows tokens by their ``jti`` only, so nobody who reads it can log in.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions"
    )
    refresh_jti = models.CharField(max_length=32, editable=False)
    previous_jti = models.CharField(max_length=32, blank=True, editable=False)
    rotated_at = MomentField(default=now, editable=False)
    expires_at = MomentField(editable=False)
    revoked_at = MomentField(null=True, editable=False)
    device = models.CharField(_("device"), max_length=200, blank=True, editable=False)
    address = models.CharField(_("address"), max_length=45, blank=True, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="session_of_user"),
            models.Index(fields=["expires_at"], name="session_expiry"),
        ]

    def __str__(self) -> str:
        return self.device or str(self.pk)


class MailToken(Row):
    """A single-use link that was mailed; only its hash is stored.

    ``token_version`` is the person's when it was written: a changed password, which
    raises theirs, makes it void.
    """

    class Purpose(models.TextChoices):
        VERIFY_EMAIL = "verify_email", _("confirm e-mail")
        RESET_PASSWORD = "reset_password", _("reset password")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_tokens"
    )
    purpose = models.CharField(max_length=20, choices=Purpose, editable=False)
    email = models.EmailField(editable=False)
    token_version = models.PositiveIntegerField(default=1, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = MomentField(editable=False)
    used_at = MomentField(null=True, editable=False)

    class Meta:
        verbose_name = _("mail token")
        verbose_name_plural = _("mail tokens")
        indexes: ClassVar = [
            models.Index(fields=["purpose", "-id"], name="mail_token_purpose"),
            models.Index(fields=["expires_at"], name="mail_token_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.email}"
