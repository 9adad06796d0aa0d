"""Seats: two conditional updates take one, so none is ever sold twice.

A place counts twice: in the competition and for the leader's institution. Who takes
one looks first (:func:`refusal`, :func:`has_place`), writes what follows, and counts
last: the competition's row is the one that everybody wants, so it is held for the
shortest time. Where somebody was faster, the whole transaction runs again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from competition_site.db.transactions import Conflict
from competition_site.rules import RuleViolation
from registrations.models import Competition, InstitutionQuota, Registration

Seat = Competition.SeatPolicy


def refusal(competition: Competition, institution_id: UUID | None) -> str | None:
    """Why a team of this institution gets no place now; None where there is one."""
    capacity = competition.capacity
    if capacity is not None and competition.seats_taken >= capacity:
        return "competition_full"
    if _quota_is_full(competition, institution_id):
        return "institution_quota_full"
    return None


def _quota_is_full(competition: Competition, institution_id: UUID | None) -> bool:
    if competition.institution_quota is None or institution_id is None:
        return False
    return (
        InstitutionQuota.objects.filter(
            competition=competition, institution_id=institution_id
        )
        .filter(seats_taken__gte=competition.institution_quota)
        .exists()
    )


def full_institutions(competition: Competition) -> list[UUID]:
    """The institutions whose teams hold as many places as they may."""
    if competition.institution_quota is None:
        return []
    full = InstitutionQuota.objects.filter(
        competition=competition, seats_taken__gte=competition.institution_quota
    )
    return list(full.values_list("institution_id", flat=True))


def require_free(competition: Competition, institution_id: UUID | None) -> None:
    """For staff, who may seat a team before those that wait.

    Raises RuleViolation: competition_full, institution_quota_full.
    """
    if code := refusal(competition, institution_id):
        raise RuleViolation(code)


def has_place(
    competition: Competition, institution_id: UUID | None, at: datetime
) -> bool:
    """Whether a newcomer gets a place; false where they wait for one.

    Nobody overtakes the waiting list: while it takes teams and isn't empty, a newcomer
    stands behind it. Raises RuleViolation: competition_full, institution_quota_full.
    """
    code = refusal(competition, institution_id)
    if competition.takes_waiting(at):
        return code is None and not competition.waitlist_length
    if code:
        raise RuleViolation(code)
    return True


def take(
    registration: Registration, competition: Competition, *, behind_list: bool = False
) -> None:
    """Count the place that a team has just been given.

    With ``behind_list`` only while nobody waits. Raises Conflict where the last one
    went to somebody else since we looked.
    """
    _take_of_institution(competition, registration.institution_id)
    free = Q(capacity=None) | Q(seats_taken__lt=F("capacity"))
    if behind_list:
        free &= Q(waitlist_length=0)
    taken = Competition.objects.filter(free, pk=competition.pk).update(
        seats_taken=F("seats_taken") + 1
    )
    if not taken:
        raise Conflict


def _take_of_institution(competition: Competition, institution_id: UUID | None) -> None:
    if institution_id is None:
        return
    quota = InstitutionQuota.objects.filter(
        competition=competition, institution_id=institution_id
    )
    free = Q()
    if competition.institution_quota is not None:
        free = Q(seats_taken__lt=competition.institution_quota)
    if quota.filter(free).update(seats_taken=F("seats_taken") + 1):
        return
    if quota.exists():
        raise Conflict
    InstitutionQuota.objects.create(
        competition=competition, institution_id=institution_id, seats_taken=1
    )


def give_back(registration: Registration) -> None:
    """Count off the place that a team has just lost."""
    if registration.institution_id is not None:
        InstitutionQuota.objects.filter(
            competition=registration.competition_id,
            institution_id=registration.institution_id,
            seats_taken__gt=0,
        ).update(seats_taken=F("seats_taken") - 1)
    Competition.objects.filter(
        pk=registration.competition_id, seats_taken__gt=0
    ).update(seats_taken=F("seats_taken") - 1)


def merge_quotas(source_id: UUID, target_id: UUID) -> None:
    """Count the places of one institution for another, in every competition."""
    everywhere = list(Competition.objects.values_list("pk", flat=True))
    quotas = InstitutionQuota.objects.filter(competition__in=everywhere)
    for quota in quotas.filter(institution_id=source_id):
        theirs = InstitutionQuota.objects.filter(
            competition=quota.competition_id, institution_id=target_id
        )
        if theirs.update(seats_taken=F("seats_taken") + quota.seats_taken):
            quota.delete()
        else:
            quota.change_where({}, institution_id=target_id)
