"""OutboxMessage: one mail that is to be sent, or was."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from competition_site.clock import now
from competition_site.db.fields import MomentField
from competition_site.db.models import Row


class OutboxMessage(Row):
    """A mail, written with the change that caused it.

    Its parts are emptied once it is sent: they may hold a token, and no token stays at
    rest. A deferred one is only a wish: its writer decides when it is sent whether
    there is anything to say.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("not sent")

    kind = models.CharField(_("kind"), max_length=50, editable=False)
    recipient = models.EmailField(_("recipient"), editable=False)
    language = models.CharField(
        _("language"), max_length=8, default="en", editable=False
    )
    deferred = models.BooleanField(default=False, editable=False)
    subject = models.CharField(_("subject"), max_length=200, blank=True, editable=False)
    body = models.TextField(_("body"), blank=True, editable=False)
    html = models.TextField(_("body as HTML"), blank=True, editable=False)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status,
        default=Status.PENDING,
        editable=False,
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), default=0, editable=False
    )
    due_at = MomentField(_("due at"), default=now, editable=False)
    sent_at = MomentField(_("sent at"), null=True, editable=False)
    error = models.CharField(_("error"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes: ClassVar = [
            models.Index(fields=["status", "due_at", "id"], name="outbox_due"),
            models.Index(fields=["status", "-id"], name="outbox_of_status"),
            models.Index(fields=["recipient", "-id"], name="outbox_of_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient}"
