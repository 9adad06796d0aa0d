"""When scheduled tasks ran last, and whether that is too long ago."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from competition_site.clock import now
from competition_site.upkeep.models import Heartbeat

TICK = "tick"


def start(name: str) -> None:
    """Note that a task begins. Outside of any transaction."""
    _note(name, started_at=now())


def finish(name: str, *, done: int, failed: int) -> None:
    """Note that a task has come to its end, and how."""
    _note(name, finished_at=now(), done=done, failed=failed)


def _note(name: str, **fields: Any) -> None:
    if Heartbeat.objects.filter(pk=name).update(**fields):
        return
    try:
        Heartbeat.objects.create(pk=name, **{"started_at": now(), **fields})
    except IntegrityError:  # somebody else's first run was faster
        Heartbeat.objects.filter(pk=name).update(**fields)


def last_tick() -> datetime | None:
    """When ``tick`` last came to its end; None where it never did."""
    rows = Heartbeat.objects.filter(pk=TICK).values_list("finished_at", flat=True)
    return rows.first()


def last_successes(names: Iterable[str]) -> dict[str, datetime]:
    """When tasks ended, of those whose last run had no failure."""
    rows = Heartbeat.objects.filter(pk__in=list(names), failed=0)
    ends = rows.values_list("name", "finished_at")
    return {name: end for name, end in ends if end is not None}


def is_late(finished_at: datetime | None, *, at: datetime) -> bool:
    """Whether ``tick`` should have run since: see TICK_LATE_AFTER in the settings."""
    if settings.TICK_LATE_AFTER is None:
        return False
    return finished_at is None or at - finished_at > settings.TICK_LATE_AFTER
