"""An invitation as the leader and the invited person see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from registrations.models import Invitation


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
