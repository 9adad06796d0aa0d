"""AdminGuard and StaffTotp: what keeps the site's own people safe."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition_site.db.models import Row


class AdminGuard(models.Model):
    """One row that every transaction writes which takes an admin away.

    MongoDB's transactions see a snapshot: two that each leave the other's admin would
    both succeed if they wrote nothing in common.
    """

    ONLY: ClassVar = UUID(int=0)

    id = models.UUIDField(primary_key=True, editable=False, db_column="_id")
    turns = models.PositiveIntegerField(default=1, editable=False)

    def __str__(self) -> str:
        return str(self.turns)


class StaffTotp(Row):
    """An organiser's second factor (RFC 6238) at the admin's log-in.

    ``last_step`` is the time step of the last code that was accepted: a code is good
    once.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="totp", editable=False
    )
    secret = models.CharField(max_length=64, editable=False)
    last_step = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.user_id)
