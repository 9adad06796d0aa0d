"""A registration as its members and organisers see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from registrations.models import Competition, Registration
from registrations.shapes.documents import document_rows
from registrations.workflow.cases import Case
from registrations.workflow.next_actions import next_actions
from registrations.workflow.possibilities import can
from registrations.workflow.waitlist import position

_SHOWN_OF_MEMBERS = ("id", "full_name", "role", "institution", "joined_at")


def registration_row(registration: Registration) -> dict[str, Any]:
    """A registration in a list."""
    names = {member["id"]: member["full_name"] for member in registration.roster}
    leader_id = str(registration.leader_id)
    return {
        "id": registration.pk,
        "competition": {
            "slug": registration.competition_slug,
            "title": registration.competition_title,
        },
        "team_name": registration.team_name,
        "status": registration.status,
        "payment_status": registration.payment_status,
        "competing": registration.competing,
        "leader": {"id": leader_id, "full_name": names.get(leader_id)},
        "members": [
            {key: member[key] for key in ("id", "full_name", "role")}
            for member in registration.roster
        ],
        "created_at": registration.created_at,
        "submitted_at": registration.submitted_at,
    }


def registration_detail(
    registration: Registration, *, user: User, at: datetime
) -> dict[str, Any]:
    """A registration with all that its page shows, and what may be done now."""
    competition = Competition.objects.get(pk=registration.competition_id)
    case = Case(registration, competition, user, at)
    possible = can(case)
    return {
        **registration_row(registration),
        "answers": registration.answers_by_key,
        "members": [
            {key: member[key] for key in _SHOWN_OF_MEMBERS}
            for member in registration.roster
        ],
        "documents": document_rows(case.documents, user=user),
        "payment": payment_shape(registration),
        "note": registration.note or None,
        "changes_requested": _changes_requested(registration),
        "waitlist_position": position(registration),
        "offer_expires_at": registration.offer_expires_at,
        "can": possible,
        "next_actions": next_actions(case, possible),
        "version": registration.version,
    }


def payment_shape(registration: Registration) -> dict[str, Any]:
    """The payment: a state of its own beside the registration's."""
    awaited = registration.payment_status == Registration.PaymentStatus.AWAITING
    return {
        "status": registration.payment_status,
        "amount_due": registration.amount_due,
        "reference": registration.payment_reference or None,
        "due_at": registration.payment_due_at if awaited else None,
        "reason": registration.payment_reason or None,
    }


def _changes_requested(registration: Registration) -> dict[str, Any] | None:
    """What staff ask to be changed, while they ask; replaced documents have no note."""
    if registration.status != Registration.Status.CHANGES_REQUESTED:
        return None
    documents = registration.documents_to_change
    return {
        "fields": dict(registration.fields_to_change),
        "documents": {key: note for key, note in documents if note},
    }
