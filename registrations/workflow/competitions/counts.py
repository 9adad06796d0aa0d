"""How a competition stands, in numbers: each counted within an index."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, QuerySet

from registrations.models import Competition, Document, Registration


def statistics(competition: Competition) -> dict[str, Any]:
    """Registrations and payments by status, documents that wait, places, waiting list.

    Every status is there, with 0 where it has no row.
    """
    teams = Registration.objects.filter(competition=competition)
    free = None
    if competition.capacity is not None:
        free = max(0, competition.capacity - competition.seats_taken)
    return {
        "registrations": _by(teams, "status", Registration.Status.values),
        "payments": _by(teams, "payment_status", Registration.PaymentStatus.values),
        "documents_waiting": _waiting(competition),
        "seats": {
            "capacity": competition.capacity,
            "taken": competition.seats_taken,
            "free": free,
        },
        "waitlist": {
            "open": competition.waitlist_open,
            "length": competition.waitlist_length,
        },
    }


def _by(rows: QuerySet[Any], column: str, values: list[str]) -> dict[str, int]:
    counted = rows.order_by().values_list(column).annotate(Count("pk"))
    return {**dict.fromkeys(values, 0), **dict(counted)}


def _waiting(competition: Competition) -> dict[str, int]:
    """Documents that nobody has looked at yet, by kind.

    Two look-ups as long as the queue of all competitions: a document knows only its
    team.
    """
    queue = list(
        Document.objects.filter(status=Document.Status.UPLOADED)
        .order_by()
        .values_list("registration_id", "kind")
    )
    teams = {team for team, _kind in queue}
    own = set(
        Registration.objects.filter(pk__in=teams, competition=competition).values_list(
            "pk", flat=True
        )
    )
    counted = Counter(kind for team, kind in queue if team in own)
    return {kind: counted[kind] for kind in Document.Kind.values}
