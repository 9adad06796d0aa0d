"""A competition as anyone sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registrations.models import Competition


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
        "waitlist": {
            "open": competition.waitlist_open,
            "length": competition.waitlist_length,
        },
        "eligibility": competition.eligibility,
        "version": competition.version,
    }
