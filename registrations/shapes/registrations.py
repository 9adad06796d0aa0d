"""A registration as its members and organisers see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from registrations.models import Competition, Registration
from registrations.shapes.documents import document_rows
from registrations.workflow.possibilities import can, next_actions


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
    documents = list(registration.documents.order_by("id"))
    possible = can(registration, competition, documents, by=user, at=at)
    return {
        **registration_row(registration),
        "answers": registration.answers_by_key,
        "members": registration.roster,
        "documents": document_rows(documents, user=user),
        "payment": {
            "status": registration.payment_status,
            "amount_due": registration.amount_due,
            "reference": None,
            "due_at": None,
            "reason": None,
        },
        "note": registration.note or None,
        "changes_requested": None,
        "waitlist_position": None,
        "offer_expires_at": None,
        "can": possible,
        "next_actions": next_actions(registration, competition, possible),
        "version": registration.version,
    }
