"""What registrations know of a person, for the export of their data."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.export import export_with
from accounts.models import User
from competition_site.clock import now
from registrations.models import Document, Invitation, Membership
from registrations.shapes.documents import document_row
from registrations.shapes.invitations import invitation_row


def registrations(user: User) -> list[dict[str, Any]]:
    """Their teams, those they left too; of the other members nothing."""
    places = Membership.objects.filter(user=user).exclude(registration=None)
    return [
        _place(place) for place in places.select_related("registration").order_by("-id")
    ]


def _place(place: Membership) -> dict[str, Any]:
    team = place.registration
    left = place.left_at is not None
    return {
        "id": team.pk,
        "competition": {"slug": team.competition_slug, "title": team.competition_title},
        "team_name": team.team_name,
        "role": place.role,
        "joined_at": place.joined_at,
        "left_at": place.left_at,
        "status": None if left else team.status,
        "payment_status": None if left else team.payment_status,
        "submitted_at": None if left else team.submitted_at,
        "answers": None if left else team.answers_by_key,
    }


def invitations(user: User) -> list[dict[str, Any]]:
    """What their proven address was asked, and what they accepted."""
    own = Q(accepted_by=user)
    if user.email_verified:
        own |= Q(email=user.email)
    at = now()
    rows = Invitation.objects.filter(own).order_by("-id")
    return [invitation_row(row, at=at) for row in rows]


def documents(user: User) -> list[dict[str, Any]]:
    """What is known of the files that are theirs or that they handed in."""
    rows = Document.objects.filter(Q(member=user) | Q(uploaded_by=user))
    return [
        {"registration": row.registration_id, **document_row(row, user=user)}
        for row in rows.order_by("-id")
    ]


export_with("registrations", registrations)
export_with("invitations", invitations)
export_with("documents", documents)
