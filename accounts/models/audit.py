"""AuditEvent: who did what, written with the change itself."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from competition_site.db.models import Row


class AuditEvent(Row):
    """One act, kept for good. ``changes`` never holds a secret."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        db_index=False,
        editable=False,
        related_name="+",
        verbose_name=_("actor"),
    )
    actor_name = models.CharField(_("by"), max_length=150, blank=True, editable=False)
    action = models.CharField(_("action"), max_length=60, editable=False)
    object_type = models.CharField(_("object"), max_length=40, editable=False)
    object_id = models.UUIDField(_("object id"), editable=False)
    changes = models.JSONField(_("changes"), default=list, editable=False)
    request_id = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes: ClassVar = [
            models.Index(fields=["actor", "-id"], name="audit_of_actor"),
            models.Index(fields=["object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
