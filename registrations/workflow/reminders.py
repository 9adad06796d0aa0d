"""Leaders are reminded of what ends soon: registering, paying, an offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from competition_site.db.batches import in_batches
from competition_site.upkeep.reminders import Deadline, tell_once, untold
from registrations.models import Competition, Registration
from registrations.workflow import payments
from registrations.workflow.notices import tell_leader

Status = Registration.Status
Payment = Registration.PaymentStatus

Meant = tuple[Registration, Deadline]


def due_reminders(at: datetime) -> Iterator[Meant]:
    """Teams that are to be reminded at a moment, each with its deadline."""
    soon = (at, at + settings.REMIND_BEFORE)
    closing = Competition.objects.filter(
        status=Competition.Status.PUBLISHED,
        registration_closes_at__gt=soon[0],
        registration_closes_at__lte=soon[1],
    )
    drafts = _rows("registration_closing").filter(competition__in=list(closing))
    unpaid = _rows("payment_due").filter(
        payment_due_at__gt=soon[0], payment_due_at__lte=soon[1]
    )
    offers = _rows("offer_expiring").filter(
        offer_expires_at__gt=soon[0], offer_expires_at__lte=soon[1]
    )
    yield from _near(drafts, _registering, at)
    yield from _near(unpaid, _paying, at)
    yield from _near(offers, _accepting, at)


def _rows(kind: str) -> QuerySet[Registration]:
    """The teams that a kind of reminder is for."""
    conditions: dict[str, dict[str, Any]] = {
        "registration_closing": {"status": Status.DRAFT},
        "payment_due": {
            "payment_status": Payment.AWAITING,
            "status__in": payments.TIMED,
        },
        "offer_expiring": {"status": Status.OFFERED},
    }
    return Registration.objects.filter(**conditions[kind])


def _near(
    rows: QuerySet[Registration],
    deadline_of: Callable[[Registration, Competition], Deadline],
    at: datetime,
) -> Iterator[Meant]:
    for batch in in_batches(rows):
        yield from _untold(batch, deadline_of, at)


def _untold(
    teams: Sequence[Registration],
    deadline_of: Callable[[Registration, Competition], Deadline],
    at: datetime,
) -> Iterator[Meant]:
    known = Competition.objects.in_bulk({team.competition_id for team in teams})
    deadlines = {
        team.pk: deadline_of(team, known[team.competition_id]) for team in teams
    }
    near = [d for d in deadlines.values() if d.is_near(at)]
    by_key = {team.pk: team for team in teams}
    for deadline in untold(near):
        yield by_key[deadline.object_id], deadline


def _registering(team: Registration, competition: Competition) -> Deadline:
    end = competition.registration_closes_at
    return Deadline("registration_closing", team.pk, team.pk, team.created_at, end)


def _paying(team: Registration, competition: Competition) -> Deadline:
    end: datetime = team.payment_due_at
    start = end - timedelta(hours=competition.payment_due_hours)
    return Deadline("payment_due", team.pk, team.pk, start, end)


def _accepting(team: Registration, competition: Competition) -> Deadline:
    end: datetime = team.offer_expires_at
    start = end - timedelta(hours=competition.offer_hours)
    return Deadline("offer_expiring", team.pk, team.pk, start, end)


def remind(registration: Registration, deadline: Deadline) -> bool:
    """Mail the leader, once; false where the deadline no longer concerns the team.

    Raises RuleViolation: invalid_transition (told already).
    """

    def write() -> bool:
        team = _rows(deadline.kind).filter(pk=registration.pk).first()
        if team is not None:
            tell_leader(team, deadline.kind, due_at=deadline.due_at)
        return team is not None

    return tell_once(deadline, write)
