"""The waiting list: who waits, in which order, and who is offered a place.

The order is that of ``waitlisted_at``, then of the keys. A team that can't take the
place (its institution has all of its own, its roster is too small) is passed over and
keeps its turn; so does, for a while, a team that declined. An offered team holds the
place already, so that nobody else takes it meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.audit import record
from accounts.models import User
from competition_site.rules import RuleViolation
from registrations.models import Competition, Registration
from registrations.workflow import payments, requirements, seats
from registrations.workflow.cases import (
    Case,
    case_of,
    require_leader,
    require_status,
)
from registrations.workflow.notices import tell_leader, tell_team
from registrations.workflow.transitions import transition

Status = Registration.Status

OFFERS_AT_ONCE = 10
"""So many in one transaction, which holds the competition's row."""


def position(registration: Registration) -> int | None:
    """The team's place in the list, 1 the next; None where it doesn't wait."""
    if registration.status != Status.WAITLISTED:
        return None
    since = registration.waitlisted_at
    earlier = Q(waitlisted_at__lt=since) | Q(
        waitlisted_at=since, pk__lt=registration.pk
    )
    waiting = Registration.objects.filter(
        competition=registration.competition_id, status=Status.WAITLISTED
    )
    return waiting.filter(earlier).count() + 1


def enter(case: Case, *, note: str = "", **fields: Any) -> None:
    """Put a team at the end of the list."""
    registration = case.registration
    registration.move_to(
        Status.WAITLISTED,
        only_from=[registration.status],
        waitlisted_at=case.at,
        **{"offer_again_at": None, "note": note, **fields},
    )
    record(case.by, "registration.waitlisted", registration)
    place = position(registration)
    tell_leader(registration, "registration_waitlisted", position=place)
    lengthen(registration, 1)


def lengthen(registration: Registration, teams: int) -> None:
    """Count one team more, or one less, on the list."""
    Competition.objects.filter(pk=registration.competition_id).update(
        waitlist_length=F("waitlist_length") + teams
    )


def promote(competition_id: Any, at: datetime, *, most: int = OFFERS_AT_ONCE) -> int:
    """Offer the free places to the next teams; returns how many offers were made.

    Called at the end of the transaction that freed a place.
    """
    offered = 0
    while offered < most and (team := _next_team(competition_id, at)):
        _offer(*team, at)
        offered += 1
    return offered


def _next_team(
    competition_id: Any, at: datetime
) -> tuple[Registration, Competition] | None:
    """The first team that can take a place, if there are both."""
    competition = Competition.objects.get(pk=competition_id)
    if not competition.waitlist_length or not competition.takes_waiting(at):
        return None
    if seats.refusal(competition, None):
        return None
    team = waiting(competition, at).first()
    return (team, competition) if team else None


def waiting(competition: Competition, at: datetime) -> QuerySet[Registration]:
    """The teams that may be offered a place now, in their order."""
    teams = Registration.objects.filter(
        Q(offer_again_at=None) | Q(offer_again_at__lte=at),
        competition=competition,
        status=Status.WAITLISTED,
        roster_complete=True,
    )
    if full := seats.full_institutions(competition):
        teams = teams.filter(Q(institution_id=None) | ~Q(institution_id__in=full))
    return teams.order_by("waitlisted_at", "id")


def _offer(team: Registration, competition: Competition, at: datetime) -> None:
    end = competition.waitlist_closes_at or competition.starts_at
    team.move_to(
        Status.OFFERED,
        seat_taken=True,
        offer_again_at=None,
        offer_expires_at=min(at + timedelta(hours=competition.offer_hours), end),
    )
    record(None, "registration.offered", team)
    tell_team(team, "place_offered")
    lengthen(team, -1)
    seats.take(team, competition)


def due_promotions(at: datetime) -> QuerySet[Competition]:
    """The competitions whose list is open and not empty; most have no free place."""
    closes = Q(waitlist_closes_at__gt=at) | Q(waitlist_closes_at=None, starts_at__gt=at)
    return Competition.objects.filter(closes, waitlist_open=True, waitlist_length__gt=0)


@transition
def promote_waitlist(competition: Competition, *, at: datetime) -> int:
    """Offer places that became free without anybody leaving, such as new ones.

    Returns how many offers were made, at most ``OFFERS_AT_ONCE``.
    """
    return promote(competition.pk, at)


def promote_all(competition: Competition, *, at: datetime) -> int:
    """Offer every free place, some in each transaction; returns how many."""
    offered = 0
    while more := promote_waitlist(competition, at=at):
        offered += more
    return offered


def possible_offers(competition: Competition, at: datetime) -> int:
    """How many offers could be made now, by the counters read last; only to tell."""
    teams = waiting(competition, at).count()
    if competition.capacity is None:
        return teams
    return min(teams, max(0, competition.capacity - competition.seats_taken))


def require_accept(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition, offer_expired,
    team_too_small.
    """
    require_decline(case)
    requirements.require_roster_size(case.registration, case.competition)


def require_decline(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition, offer_expired."""
    require_leader(case)
    require_status(case, Status.OFFERED)
    if has_run_out(case.registration, case.at):
        raise RuleViolation("offer_expired")


def has_run_out(registration: Registration, at: datetime) -> bool:
    """Whether an offer is over, be it noted or not."""
    end: datetime | None = registration.offer_expires_at
    return end is not None and at >= end


@transition
def accept_offer(registration: Registration, *, by: User, at: datetime) -> None:
    """Take the offered place; the payment opens, unless approval is what opens it.

    Raises RuleViolation: permission_denied, invalid_transition, offer_expired,
    team_too_small.
    """
    case = case_of(registration, by=by, at=at)
    require_accept(case)
    later = case.competition.seat_policy == seats.Seat.ON_APPROVAL
    opening = {} if later else payments.opening(registration, case.competition, at)
    registration.move_to(
        Status.SUBMITTED, only_from=[Status.OFFERED], offer_expires_at=None, **opening
    )
    record(by, "registration.offer_accepted", registration)
    tell_leader(registration, "offer_accepted")


@transition
def decline_offer(registration: Registration, *, by: User, at: datetime) -> None:
    """Let the offered place go to the next team, and go on waiting in one's turn.

    No place is offered again before as many hours as an offer stands.
    Raises RuleViolation: permission_denied, invalid_transition, offer_expired.
    """
    case = case_of(registration, by=by, at=at)
    require_decline(case)
    registration.move_to(
        Status.WAITLISTED,
        only_from=[Status.OFFERED],
        seat_taken=False,
        offer_expires_at=None,
        offer_again_at=at + timedelta(hours=case.competition.offer_hours),
    )
    record(by, "registration.offer_declined", registration)
    tell_leader(registration, "offer_declined", position=position(registration))
    lengthen(registration, 1)
    pass_on(registration, at)


def pass_on(registration: Registration, at: datetime) -> None:
    """Give a team's place to the next one that waits."""
    seats.give_back(registration)
    promote(registration.competition_id, at, most=1)
