"""Heartbeat: when upkeep ran last. Reminder: a mail that was sent before a deadline."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from competition_site.db.fields import MomentField
from competition_site.db.models import Row


class Heartbeat(models.Model):
    """The last run of a scheduled task, or of ``tick``, which runs them all."""

    name = models.CharField(
        _("name"), primary_key=True, max_length=40, editable=False, db_column="_id"
    )
    started_at = MomentField(_("started at"), editable=False)
    finished_at = MomentField(_("finished at"), null=True, editable=False)
    done = models.PositiveIntegerField(_("done"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("failed"), default=0, editable=False)

    class Meta:
        verbose_name = _("scheduled task")
        verbose_name_plural = _("scheduled tasks")

    def __str__(self) -> str:
        return self.name


class Reminder(Row):
    """Somebody was told, once, of something that is due.

    ``object_id`` is whom it is about (a registration), ``occasion_id`` what is due (the
    registration itself, a stage). A deadline that is moved is another one.
    """

    kind = models.CharField(max_length=40, editable=False)
    object_id = models.UUIDField(editable=False)
    occasion_id = models.UUIDField(editable=False)
    due_at = MomentField(editable=False)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["object_id", "kind", "occasion_id", "due_at"],
                name="one_reminder_of_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
