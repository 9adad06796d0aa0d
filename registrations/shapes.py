"""The answers of registrations: each key of the contract, always sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.models import User
from registrations.models import Competition, Document, Invitation, Registration
from registrations.workflow.possibilities import can, next_actions


def competition_row(competition: Competition, *, at: datetime) -> dict[str, Any]:
    """A competition in a list."""
    return {
        "id": competition.pk,
        "slug": competition.slug,
        "title": competition.title,
        "summary": competition.summary,
        "category": competition.category,
        "phase": str(competition.phase_at(at)),
        "registration_opens_at": competition.registration_opens_at,
        "registration_closes_at": competition.registration_closes_at,
        "starts_at": competition.starts_at,
        "ends_at": competition.ends_at,
        "team_size_min": competition.team_size_min,
        "team_size_max": competition.team_size_max,
        "capacity": competition.capacity,
        "seats_taken": competition.seats_taken,
        "fee": competition.fee,
    }


def competition_detail(competition: Competition, *, at: datetime) -> dict[str, Any]:
    """A competition with all that its page shows."""
    return {
        **competition_row(competition, at=at),
        "description": competition.description,
        "status": competition.status,
        "questions": competition.questions,
        "required_documents": competition.required_documents,
        "stages": competition.stages,
        "announcements": [],
        "payment_instructions": competition.payment_instructions,
        "roster_locks_at": competition.roster_locks_at,
        "seat_policy": competition.seat_policy,
        "waitlist": {"open": False, "length": 0},
        "eligibility": {
            "institutions": [],
            "email_domains": [],
            "entry_year_min": None,
            "entry_year_max": None,
            "mixed_institutions": True,
        },
        "version": competition.version,
    }


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


def document_rows(documents: Iterable[Document], *, user: User) -> list[dict[str, Any]]:
    return [document_row(document, user=user) for document in documents]


def document_row(document: Document, *, user: User) -> dict[str, Any]:
    """A document; its name, hash and link only for its owner and organisers."""
    shown = document.is_seen_by(user)
    return {
        "id": document.pk,
        "kind": document.kind,
        "member": document.member_id,
        "status": document.status,
        "uploaded_at": document.uploaded_at,
        "file_name": document.file_name if shown else None,
        "size": document.size if shown else None,
        "sha256": document.sha256 if shown else None,
        "reason": (document.reason or None) if shown else None,
        "href": f"/api/v1/documents/{document.pk}/file" if shown else None,
    }


def invitation_row(invitation: Invitation, *, at: datetime) -> dict[str, Any]:
    """An invitation as the leader and the invited person see it."""
    return {
        "id": invitation.pk,
        "competition": {
            "slug": invitation.competition_slug,
            "title": invitation.competition_title,
        },
        "team_name": invitation.team_name,
        "email": invitation.email,
        "status": str(invitation.status_at(at)),
        "expires_at": invitation.expires_at,
    }
