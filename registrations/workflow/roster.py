"""The roster as the registration's row shows it, and who counts as complete."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import User
from competition_site.clock import iso
from registrations.models import Competition, Membership, Registration


def entry(user: User, role: Membership.Role, joined_at: datetime) -> dict[str, Any]:
    """A member as the registration's row carries it.

    Who closed their account stays where a roster is locked, without a name.
    """
    member = {
        "id": str(user.pk),
        "full_name": user.full_name,
        "role": role.value,
        "institution": user.institution_name or None,
        "joined_at": iso(joined_at),
    }
    return member if user.closed_at is None else {**member, "account_closed": True}


def is_complete(members_count: int, competition: Competition) -> bool:
    """Whether a roster of this size is within the competition's limits."""
    return competition.team_size_min <= members_count <= competition.team_size_max


def enrol(
    registration: Registration, user: User, role: Membership.Role, at: datetime
) -> None:
    """Write the membership; its unique index holds one team per person."""
    Membership.objects.create(
        registration=registration,
        competition_id=registration.competition_id,
        user=user,
        role=role,
        joined_at=at,
    )
