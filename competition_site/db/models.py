"""Abstract rows: the key, the timestamps, the version and the status machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from competition_site.clock import now
from competition_site.db.fields import MomentField
from competition_site.rules import RuleViolation


class Row(models.Model):
    """A row with a UUIDv7 key, which sorts by creation.

    The column is ``_id``: MongoDB's native key, and so its native index.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid7, editable=False, db_column="_id"
    )
    created_at = MomentField(default=now, editable=False)
    updated_at = MomentField(default=now, editable=False)

    class Meta:
        abstract = True

    def change_where(self, conditions: Mapping[str, Any], **fields: Any) -> bool:
        """Change own columns in one conditional UPDATE; false where nothing matched.

        The instance is read again, so that it shows what the row holds now. Raises
        RuleViolation("not_found") where somebody has deleted it.
        """
        changed = (
            type(self)
            ._base_manager.filter(pk=self.pk, **conditions)
            .update(updated_at=now(), **fields)
        )
        self.read_again()
        return bool(changed)

    def read_again(self) -> Self:
        """Show what the row holds now.

        Raises RuleViolation("not_found") where somebody has deleted it.
        """
        try:
            self.refresh_from_db()
        except type(self).DoesNotExist as error:
            raise RuleViolation("not_found") from error
        return self


class VersionedRow(Row):
    """A row whose every change is counted, for ``ETag`` and ``If-Match``."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True

    def change_where(self, conditions: Mapping[str, Any], **fields: Any) -> bool:
        return super().change_where(
            conditions, **{"version": F("version") + 1, **fields}
        )

    def change(self, *, if_version: int | None = None, **fields: Any) -> Self:
        """Change own columns; with ``if_version`` only where nobody else did before.

        Raises RuleViolation("stale_version").
        """
        conditions = {} if if_version is None else {"version": if_version}
        if not self.change_where(conditions, **fields):
            raise RuleViolation("stale_version")
        return self


class StatusRow(VersionedRow):
    """A row with a status that moves along ``TRANSITIONS`` and in no other way.

    Subclasses declare ``status`` and ``TRANSITIONS``: status → the statuses it may
    become.
    """

    TRANSITIONS: ClassVar[Mapping[str, frozenset[str]]]
    status: Any
    get_status_display: Any

    class Meta:
        abstract = True

    def move_to(
        self, target: str, *, only_from: Collection[str] = (), **fields: Any
    ) -> None:
        """Change status in one conditional UPDATE: of two racing callers, one wins.

        ``only_from`` are the statuses that the caller's verb begins in, where others
        lead to ``target`` too. Raises RuleViolation("invalid_transition") where the
        current status does not lead to ``target``.
        """
        sources = [
            status
            for status, targets in self.TRANSITIONS.items()
            if target in targets and (not only_from or status in only_from)
        ]
        if not self.change_where({"status__in": sources}, status=target, **fields):
            raise RuleViolation(
                "invalid_transition",
                _("The current status is %(status)s.")
                % {"status": self.get_status_display()},
            )

    def can_move_to(self, target: str) -> bool:
        """Whether the status read last leads to ``target``; only to explain."""
        return target in self.TRANSITIONS.get(self.status, frozenset())
