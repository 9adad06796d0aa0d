"""The rows of registrations."""

from registrations.models.competition import Competition
from registrations.models.document import Document
from registrations.models.invitation import Invitation
from registrations.models.membership import Membership, active_registration_ids
from registrations.models.registration import Registration

__all__ = [
    "Competition",
    "Document",
    "Invitation",
    "Membership",
    "Registration",
    "active_registration_ids",
]
