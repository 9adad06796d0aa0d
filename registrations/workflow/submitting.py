"""Submitting: a complete draft takes its seat, waits for one, or comes back changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.audit import record
from accounts.models import User
from accounts.workflow import require_complete_profile
from registrations.models import Competition, Registration
from registrations.questions import require_complete
from registrations.workflow import (
    eligibility,
    payments,
    requirements,
    seats,
    waitlist,
)
from registrations.workflow.cases import (
    Case,
    case_of,
    require_leader,
    require_status,
)
from registrations.workflow.notices import tell_leader
from registrations.workflow.transitions import transition

Status = Registration.Status


def require_submit(case: Case) -> None:
    """Everything a team needs to be handed to the organisers.

    Raises RuleViolation: permission_denied, invalid_transition, registration_not_open,
    profile_incomplete, not_eligible, team_too_small, answers_incomplete,
    documents_missing, competition_full, institution_quota_full (where it can't wait).
    """
    require_leader(case)
    require_status(case, Status.DRAFT, Status.CHANGES_REQUESTED)
    registration, competition = case.registration, case.competition
    first = registration.status == Status.DRAFT
    if first:
        requirements.require_open(competition, case.at)
    if case.by is not None:
        require_complete_profile(case.by)
    eligibility.require_team(competition, registration)
    requirements.require_roster_size(registration, competition)
    require_complete(competition.questions, registration.answers_by_key)
    requirements.require_documents(registration, competition, case.documents)
    if first:
        _has_place(case)


def _has_place(case: Case) -> bool:
    """Whether a draft gets a place, or need not have one yet; false where it waits.

    Raises RuleViolation: competition_full, institution_quota_full.
    """
    if case.competition.seat_policy == seats.Seat.ON_APPROVAL:
        return True
    return seats.has_place(case.competition, _institution(case), case.at)


def _institution(case: Case) -> UUID | None:
    """The leader's institution of now: it counts from the submission on."""
    return case.by.institution_id if case.by else None


@transition
def submit(registration: Registration, *, by: User, at: datetime) -> Registration:
    """Hand a complete draft to the organisers, or one that was changed as they asked.

    A draft takes its seat if that is the policy, or joins the waiting list.
    Raises RuleViolation: what :func:`require_submit` raises.
    """
    submit_case(case_of(registration, by=by, at=at))
    return registration


def submit_case(case: Case) -> None:
    """Submit what was read in this very transaction, which may run again.

    Raises RuleViolation: what :func:`require_submit` raises.
    """
    require_submit(case)
    registration = case.registration
    if registration.status == Status.CHANGES_REQUESTED:
        _submit_again(case)
    elif _has_place(case):
        _submit_seated(case)
    else:
        waitlist.enter(case, submitted_at=case.at, institution_id=_institution(case))
        waitlist.promote(registration.competition_id, case.at, most=1)
        registration.refresh_from_db()


def _submit_seated(case: Case) -> None:
    registration, competition, at = case.registration, case.competition, case.at
    seated = _is_seated_by_submitting(competition)
    fields: dict[str, Any] = {"seat_taken": seated}
    if competition.seat_policy != seats.Seat.ON_APPROVAL:
        fields |= payments.opening(registration, competition, at)
    registration.move_to(
        Status.SUBMITTED,
        only_from=[Status.DRAFT],
        submitted_at=at,
        institution_id=_institution(case),
        **fields,
    )
    record(case.by, "registration.submitted", registration)
    tell_leader(registration, "registration_submitted", leader=case.by)
    if seated:
        waits = competition.takes_waiting(at)
        seats.take(registration, competition, behind_list=waits)


def _is_seated_by_submitting(competition: Competition) -> bool:
    """On submit; where nothing is to be paid, submitting proves as much as a proof."""
    policy = competition.seat_policy
    free_of_charge = policy == seats.Seat.ON_PROOF and not competition.fee
    return policy == seats.Seat.ON_SUBMIT or free_of_charge


def _submit_again(case: Case) -> None:
    """The requests are met; documents that were replaced never count again."""
    registration = case.registration
    replaced = [[key, ""] for key, _why in registration.documents_to_change]
    registration.move_to(
        Status.SUBMITTED,
        only_from=[Status.CHANGES_REQUESTED],
        note="",
        fields_to_change=[],
        documents_to_change=replaced,
        **payments.renewal(registration, case.competition, case.at),
    )
    record(case.by, "registration.submitted", registration)
    tell_leader(registration, "registration_submitted", leader=case.by)
