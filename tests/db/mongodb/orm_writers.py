"""A process of threads that write through the ORM, and say what was acknowledged.

``python -m tests.db.mongodb.orm_writers SECONDS THREADS``; the last line is JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import django


def main(seconds: float, threads: int) -> None:
    django.setup()
    counts: Counter[str] = Counter()
    acknowledged: list[str] = []
    give_up_at = time.monotonic() + seconds
    workers = [
        threading.Thread(target=write, args=(give_up_at, acknowledged, counts))
        for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    told = {"counts": counts, "acknowledged": acknowledged, **verified(acknowledged)}
    sys.stdout.write(json.dumps(told) + "\n")


def write(give_up_at: float, acknowledged: list[str], counts: Counter[str]) -> None:
    """Store pairs of rows; what ends unknown is looked up before it is tried again."""
    from django.db import connections

    from competition_site.db.transactions import (
        TooManyConflicts,
        is_conflict,
        is_unreachable,
    )

    while time.monotonic() < give_up_at:
        key, done = uuid4(), False
        while not done:
            try:
                store(key)
                done = True
            except Exception as error:  # noqa: BLE001 - sorted below
                passing = is_unreachable(error) or is_conflict(error)
                if not (passing or isinstance(error, TooManyConflicts)):
                    counts[f"failed: {type(error).__name__}: {error}"[:200]] += 1
                    break
                counts["unknown"] += 1
                done = _is_stored(key, counts)
        if done:
            acknowledged.append(str(key))
            counts["acknowledged"] += 1
    connections.close_all()


def store(key: UUID) -> None:
    """Two rows in one transaction."""
    from django.db import transaction

    from accounts.models import AuditEvent, Institution
    from competition_site.db.transactions import retry_on_conflict

    @retry_on_conflict
    @transaction.atomic
    def pair() -> None:
        Institution(pk=key, name=str(key), name_key=str(key)).save(force_insert=True)
        AuditEvent.objects.create(
            action="fault", object_type="institution", object_id=key
        )

    pair()


def _is_stored(key: UUID, counts: Counter[str]) -> bool:
    """Read until the database answers: that, and not a second insert, decides."""
    from django.db import DatabaseError

    from accounts.models import Institution

    for _ in range(100):
        try:
            stored = Institution.objects.filter(pk=key).exists()
        except DatabaseError:
            time.sleep(0.1)
        else:
            counts["unknown, was stored" if stored else "unknown, was not"] += 1
            return stored
    counts["failed: never answered again"] += 1
    return True


def verified(acknowledged: list[str]) -> dict[str, Any]:
    """Compare with what is stored: both rows of each, and no row of half a pair."""
    from accounts.models import AuditEvent, Institution

    written = Institution.objects.filter(confirmed=False)  # not those of the fixtures
    stored = {str(pk) for pk in written.values_list("pk", flat=True)}
    events = AuditEvent.objects.filter(action="fault")
    beside = Counter(str(pk) for pk in events.values_list("object_id", flat=True))
    return {
        "lost": len(set(acknowledged) - stored),
        "halves": len(stored ^ set(beside)),
        "doubled": sum(n - 1 for n in beside.values()),
    }


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
