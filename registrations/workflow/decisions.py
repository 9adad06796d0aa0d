"""What staff decide about a team: approved, rejected, to be changed, to wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.clock import now
from competition_site.rules import RuleViolation, Text
from registrations.models import Document, Registration
from registrations.workflow import payments, requirements, seats, waitlist
from registrations.workflow.cases import (
    Case,
    case_of,
    impossible,
    require_organiser,
    require_status,
)
from registrations.workflow.notices import tell_leader, tell_team
from registrations.workflow.transitions import transition

Status = Registration.Status
Kind = Document.Kind


def require_approve(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition, team_too_small,
    competition_full, institution_quota_full.
    """
    require_organiser(case)
    require_status(case, Status.SUBMITTED)
    registration, competition = case.registration, case.competition
    requirements.require_roster_size(registration, competition)
    if not registration.seat_taken:
        seats.require_free(competition, registration.institution_id)


def require_submitted(case: Case) -> None:
    """The rule of rejecting and of asking for changes.

    Raises RuleViolation: permission_denied, invalid_transition.
    """
    require_organiser(case)
    require_status(case, Status.SUBMITTED)


def require_waitlist(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition."""
    require_submitted(case)
    if not case.competition.takes_waiting(case.at):
        text = _("This competition has no open waiting list.")
        raise impossible(case.registration, text)


def require_reopen(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition, competition_full,
    institution_quota_full (a rejected team has lost its seat).
    """
    require_organiser(case)
    require_status(case, Status.APPROVED, Status.REJECTED)
    if _needs_seat_again(case):
        seats.require_free(case.competition, case.registration.institution_id)


def _needs_seat_again(case: Case) -> bool:
    """Whether the team would hold a seat, had it not been rejected."""
    registration, policy = case.registration, case.competition.seat_policy
    if registration.status != Status.REJECTED or policy == seats.Seat.ON_APPROVAL:
        return False
    unproved = registration.payment_status == Registration.PaymentStatus.AWAITING
    return not (policy == seats.Seat.ON_PROOF and unproved)


@transition
def approve(
    registration: Registration, *, by: User, at: datetime | None = None
) -> Registration:
    """Accept a submitted team, and take its seat if it has none yet.

    Where no payment was asked for before, it opens now. ``at`` is now if not given.
    Raises RuleViolation: permission_denied, invalid_transition, team_too_small,
    competition_full, institution_quota_full.
    """
    case = case_of(registration, by=by, at=at or now())
    require_approve(case)
    seatless = not registration.seat_taken
    fields: dict[str, Any] = {"seat_taken": True, "note": ""}
    if registration.payment_status == Registration.PaymentStatus.NOT_REQUIRED:
        fields |= payments.opening(registration, case.competition, case.at)
    registration.move_to(Status.APPROVED, only_from=[Status.SUBMITTED], **fields)
    record(by, "registration.approved", registration)
    tell_team(registration, "registration_approved")
    if seatless:
        seats.take(registration, case.competition)
    return registration


@transition
def reject(registration: Registration, *, note: str, by: User, at: datetime) -> None:
    """Turn a submitted team down; its place goes to the next one.

    Raises RuleViolation: permission_denied, invalid_transition.
    """
    case = case_of(registration, by=by, at=at)
    require_submitted(case)
    held_seat = registration.seat_taken
    registration.move_to(
        Status.REJECTED, only_from=[Status.SUBMITTED], seat_taken=False, note=note
    )
    record(by, "registration.rejected", registration)
    tell_team(registration, "registration_rejected")
    if held_seat:
        waitlist.pass_on(registration, at)


@transition
def send_to_waitlist(
    registration: Registration, *, note: str, by: User, at: datetime
) -> None:
    """Let a submitted team wait, at the end of the list; its place goes to the next.

    It is offered a place again after as many hours as an offer stands, and not the one
    that it has just lost.
    Raises RuleViolation: permission_denied, invalid_transition.
    """
    case = case_of(registration, by=by, at=at)
    require_waitlist(case)
    held_seat = registration.seat_taken
    pause = timedelta(hours=case.competition.offer_hours)
    waitlist.enter(case, seat_taken=False, note=note, offer_again_at=at + pause)
    if held_seat:
        waitlist.pass_on(registration, at)


@transition
def reopen(registration: Registration, *, note: str, by: User, at: datetime) -> None:
    """Take a decision back: an approved or rejected team is submitted once more.

    A rejected one gets its seat again where the policy gave it one, and time to pay.
    Raises RuleViolation: permission_denied, invalid_transition, competition_full,
    institution_quota_full.
    """
    case = case_of(registration, by=by, at=at)
    require_reopen(case)
    before, reseated = registration.status, _needs_seat_again(case)
    fields: dict[str, Any] = {"note": note}
    if before == Status.REJECTED:
        fields |= payments.renewal(registration, case.competition, at)
    if reseated:
        fields["seat_taken"] = True
    registration.move_to(Status.SUBMITTED, only_from=[before], **fields)
    record(by, "registration.reopened", registration, **{"from": before})
    tell_leader(registration, "registration_reopened")
    if reseated:
        seats.take(registration, case.competition)


@transition
def request_changes(
    registration: Registration,
    *,
    by: User,
    at: datetime,
    fields: Mapping[str, str] | None = None,
    documents: Mapping[str, str] | None = None,
    note: str = "",
) -> None:
    """Hand a team back to its leader, who may change exactly what is named.

    ``fields`` and ``documents`` say why, by ``team_name`` or ``answers.<key>``, and by
    the document's id. A named document counts no more until another one of its kind and
    member is handed in.
    Raises RuleViolation: permission_denied, invalid_transition, validation_error.
    """
    case = case_of(registration, by=by, at=at)
    require_submitted(case)
    fields, documents = dict(fields or {}), dict(documents or {})
    named = _named_documents(case, fields, documents)
    pairs = [*_replaced_before(registration), *map(list, documents.items())]
    registration.documents_to_change = pairs
    for document in named:
        if document.can_move_to(Document.Status.REFUSED):
            reason = documents[str(document.pk)]
            document.move_to(Document.Status.REFUSED, reason=reason[:500])
    registration.move_to(
        Status.CHANGES_REQUESTED,
        only_from=[Status.SUBMITTED],
        note=note,
        fields_to_change=[list(pair) for pair in fields.items()],
        documents_to_change=pairs,
        documents_complete=requirements.documents_are_complete(
            registration, case.competition, case.documents
        ),
    )
    names = ", ".join([*fields, *documents])
    record(by, "registration.changes_requested", registration, named=names)
    tell_leader(registration, "changes_requested", **_told(case, fields, documents))


def _replaced_before(registration: Registration) -> list[list[str]]:
    """Documents that were replaced at an earlier request: they never count again."""
    return [[key, ""] for key, _note in registration.documents_to_change]


def _named_documents(
    case: Case, fields: Mapping[str, str], documents: Mapping[str, str]
) -> list[Document]:
    """Raises RuleViolation("validation_error") for what can't be asked to change."""
    known = changeable_fields(case)
    own = {str(d.pk): d for d in case.documents if _is_replaceable(d)}
    errors: dict[str, list[Text]] = {
        f"fields.{name}": [_("There is no such field.")]
        for name in fields.keys() - known
    }
    for key in documents.keys() - own.keys():
        errors[f"documents.{key}"] = [_("There is no such document.")]
    if not fields and not documents:
        errors["non_field_errors"] = [_("Name a field or a document.")]
    if errors:
        raise RuleViolation("validation_error", errors=errors)
    return [document for key, document in own.items() if key in documents]


def changeable_fields(case: Case) -> set[str]:
    """The names that ``fields`` may have."""
    questions = case.competition.questions
    return {"team_name", *(f"answers.{question['key']}" for question in questions)}


def _is_replaceable(document: Document) -> bool:
    proof = document.kind == Kind.PAYMENT_PROOF  # its status follows the payment
    return not proof and document.status != Document.Status.PURGED


def _told(
    case: Case, fields: Mapping[str, str], documents: Mapping[str, str]
) -> dict[str, Any]:
    """What is to change and why, as the mail says it."""
    labels = {f"answers.{q['key']}": q["label"] for q in case.competition.questions}
    names = {m["id"]: m["full_name"] for m in case.registration.roster}
    return {
        "team_name_note": fields.get("team_name", ""),
        "answers": [(labels[n], why) for n, why in fields.items() if n in labels],
        "documents": [
            (Kind(d.kind).label, names.get(str(d.member_id), ""), documents[str(d.pk)])
            for d in case.documents
            if str(d.pk) in documents
        ],
    }
