"""Proofs of payment: handed in by the team, verified, refused or waived by staff.

The proof is a document whose status follows the payment, which is a state of its own
beside the registration's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.rules import RuleViolation
from registrations.models import Document, Registration
from registrations.workflow import seats, waitlist
from registrations.workflow.cases import (
    Case,
    case_of,
    impossible,
    require_organiser,
    require_status,
)
from registrations.workflow.notices import tell_leader
from registrations.workflow.payments import PAYABLE, due_again, is_overdue
from registrations.workflow.transitions import transition

Status = Registration.Status
Payment = Registration.PaymentStatus


def require_payable(case: Case) -> None:
    """What a proof of payment needs.

    Raises RuleViolation: invalid_transition (nothing is to be paid now),
    payment_expired (even before anybody has noted it), competition_full and
    institution_quota_full (where the proof takes the seat).
    """
    registration = case.registration
    require_status(case, *PAYABLE)
    if registration.payment_status != Payment.AWAITING:
        text = _("No payment is awaited.")
        raise impossible(registration, text)
    if is_overdue(registration, case.at):
        raise RuleViolation("payment_expired")
    if is_seated_by_proof(case):
        _require_place(case)


def is_seated_by_proof(case: Case) -> bool:
    """Whether a settled payment is what gives this team its seat."""
    policy = case.competition.seat_policy
    return policy == seats.Seat.ON_PROOF and not case.registration.seat_taken


def _require_place(case: Case) -> None:
    """Where the team would have to wait, it must be able to."""
    registration, competition = case.registration, case.competition
    institution = registration.institution_id
    if seats.has_place(competition, institution, case.at):
        return
    if not registration.can_move_to(Status.WAITLISTED):
        raise RuleViolation(
            seats.refusal(competition, institution) or "competition_full"
        )


def hand_in_proof(case: Case) -> None:
    """Move the payment on by a proof; for :func:`~.documents.add_document`.

    Where the proof takes the seat and there is none, the team waits for one.
    """
    registration, proved = (
        case.registration,
        {
            "payment_status": Payment.PROOF_SUBMITTED,
            "payment_reason": "",
        },
    )
    record(case.by, "payment.proof_submitted", registration)
    tell_leader(registration, "payment_proof_received")
    if not is_seated_by_proof(case):
        _move(case, Payment.AWAITING, **proved)
        return
    competition, institution = case.competition, registration.institution_id
    if seats.has_place(competition, institution, case.at):
        _move(case, Payment.AWAITING, seat_taken=True, **proved)
        waits = competition.takes_waiting(case.at)
        seats.take(registration, competition, behind_list=waits)
    else:
        waitlist.enter(case, **proved)
        waitlist.promote(competition.pk, case.at, most=1)


def require_verify(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition."""
    require_organiser(case)
    _require_payment(case, Payment.PROOF_SUBMITTED)


def require_refuse(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition."""
    require_verify(case)
    _require_alive(case)


def require_waive(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition, competition_full,
    institution_quota_full (where the payment takes the seat).
    """
    require_organiser(case)
    _require_payment(case, *Registration.OPEN_PAYMENTS)
    _require_alive(case)
    if _is_seated_by_waiver(case):
        seats.require_free(case.competition, case.registration.institution_id)


def _require_payment(case: Case, *statuses: str) -> None:
    if case.registration.payment_status not in statuses:
        text = _("The payment's current status is %(status)s.")
        shown = {"status": case.registration.get_payment_status_display()}
        raise impossible(case.registration, text % shown)


def _require_alive(case: Case) -> None:
    require_status(case, *Registration.ACTIVE, Status.REJECTED)


def _is_seated_by_waiver(case: Case) -> bool:
    return is_seated_by_proof(case) and case.registration.status in PAYABLE


@transition
def verify_payment(registration: Registration, *, by: User, at: datetime) -> None:
    """Accept the proof of a payment.

    Raises RuleViolation: permission_denied, invalid_transition.
    """
    case = case_of(registration, by=by, at=at)
    require_verify(case)
    verified = {"payment_status": Payment.VERIFIED, "payment_reason": ""}
    _move(case, Payment.PROOF_SUBMITTED, **verified)
    _follow(registration, Document.Status.VERIFIED)
    record(by, "payment.verified", registration, amount=registration.amount_due)
    tell_leader(registration, "payment_verified")


@transition
def refuse_payment(
    registration: Registration, *, reason: str, by: User, at: datetime
) -> None:
    """Refuse the proof of a payment: the team has its time to pay once more.

    It keeps a seat that the proof had given it, until that time is over: whoever paid
    and sent the wrong picture should not lose the place.
    Raises RuleViolation: permission_denied, invalid_transition.
    """
    case = case_of(registration, by=by, at=at)
    require_refuse(case)
    awaiting = {
        "payment_status": Payment.AWAITING,
        "payment_reason": reason,
        "payment_due_at": due_again(registration, case.competition, at),
    }
    _move(case, Payment.PROOF_SUBMITTED, **awaiting)
    _follow(registration, Document.Status.REFUSED, reason=reason)
    record(by, "payment.refused", registration)
    tell_leader(registration, "payment_refused")


@transition
def waive_payment(registration: Registration, *, by: User, at: datetime) -> None:
    """Let a team take part without paying; it counts as paid, seat included.

    Raises RuleViolation: permission_denied, invalid_transition, competition_full,
    institution_quota_full.
    """
    case = case_of(registration, by=by, at=at)
    require_waive(case)
    seated = _is_seated_by_waiver(case)
    fields: dict[str, Any] = {"payment_status": Payment.WAIVED, "payment_reason": ""}
    if seated:
        fields["seat_taken"] = True
    _move(case, *Registration.OPEN_PAYMENTS, **fields)
    _follow(registration, Document.Status.VERIFIED)
    record(by, "payment.waived", registration)
    tell_leader(registration, "payment_waived")
    if seated:
        seats.take(registration, case.competition)


def _move(case: Case, *sources: str, **fields: Any) -> None:
    """One conditional UPDATE: of two staff who decide at once, one wins."""
    status = {"status": case.registration.status, "payment_status__in": sources}
    if not case.registration.change_where(status, **fields):
        raise impossible(case.registration)


def _follow(registration: Registration, status: str, **fields: Any) -> None:
    proofs = registration.documents.filter(
        kind=Document.Kind.PAYMENT_PROOF, status=Document.Status.UPLOADED
    )
    for proof in proofs:
        proof.move_to(status, **fields)
