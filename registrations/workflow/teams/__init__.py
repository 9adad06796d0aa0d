"""Teams: joined by consent, left, handed over, and passed on when a leader goes."""

from registrations.workflow.teams.invitations import (
    accept_invitation,
    accept_own_invitation,
    decline_invitation,
    invite,
    resend_invitation,
    revoke_invitation,
)
from registrations.workflow.teams.members import hand_over, remove_member

__all__ = [
    "accept_invitation",
    "accept_own_invitation",
    "decline_invitation",
    "hand_over",
    "invite",
    "remove_member",
    "resend_invitation",
    "revoke_invitation",
]
