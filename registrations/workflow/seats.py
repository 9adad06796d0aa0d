"""Seats: one conditional update takes one, so none is ever sold twice."""

from __future__ import annotations

from django.db.models import F, Q

from competition_site.rules import RuleViolation
from registrations.models import Competition, Registration


def take(registration: Registration) -> None:
    """Take a seat for a team that has none.

    The last statement of its transaction: the competition's row is the one that
    everybody wants, so it is held for the shortest time.
    Raises RuleViolation: competition_full.
    """
    if registration.seat_taken:
        return
    registration.change_where({"seat_taken": False}, seat_taken=True)
    has_seat = Q(capacity=None) | Q(seats_taken__lt=F("capacity"))
    taken = Competition.objects.filter(has_seat, pk=registration.competition_id).update(
        seats_taken=F("seats_taken") + 1
    )
    if not taken:
        raise RuleViolation("competition_full")


def require_free(competition: Competition) -> None:
    """Explain beforehand what :func:`take` would refuse."""
    if (
        competition.capacity is not None
        and competition.seats_taken >= competition.capacity
    ):
        raise RuleViolation("competition_full")
