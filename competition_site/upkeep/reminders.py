"""Reminders: a mail some hours before a deadline, once for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation
from competition_site.upkeep.models import Reminder


@dataclass(frozen=True)
class Deadline:
    """What is due, from whom (``object_id``) and for what (``occasion_id``)."""

    kind: str
    object_id: UUID
    occasion_id: UUID
    started_at: datetime
    due_at: datetime

    def is_near(self, at: datetime) -> bool:
        """Whether it is time to remind: REMIND_BEFORE the end, but never in the first
        half of the time given, when the mail that began it is still fresh.
        """
        half = self.started_at + (self.due_at - self.started_at) / 2
        earliest = max(half, self.due_at - settings.REMIND_BEFORE)
        return earliest <= at < self.due_at

    @property
    def key(self) -> tuple[str, UUID, UUID, datetime]:
        return (self.kind, self.object_id, self.occasion_id, self.due_at)


def untold(deadlines: Iterable[Deadline]) -> Iterator[Deadline]:
    """Those that nobody was told of yet; only to save the attempt."""
    asked = list(deadlines)
    rows = Reminder.objects.filter(object_id__in={d.object_id for d in asked})
    told = set(rows.values_list("kind", "object_id", "occasion_id", "due_at"))
    return (deadline for deadline in asked if deadline.key not in told)


def _told_already() -> RuleViolation:
    return RuleViolation("invalid_transition")


@duplicates_refused({("object_id", "kind", "occasion_id", "due_at"): _told_already})
@retry_on_conflict
@transaction.atomic
def tell_once(deadline: Deadline, write: Callable[[], bool]) -> bool:
    """Call ``write``, which enqueues the mail, together with the note that it did so.

    It returns false where there is nothing to say any more. One unique index decides
    between two that remind at once. Raises RuleViolation: invalid_transition (told
    already).
    """
    if not write():
        return False
    kind, object_id, occasion_id, due_at = deadline.key
    Reminder.objects.create(
        kind=kind, object_id=object_id, occasion_id=occasion_id, due_at=due_at
    )
    return True
