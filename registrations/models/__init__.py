"""The rows of registrations."""

from registrations.models.competition import Competition
from registrations.models.document import Document
from registrations.models.invitation import Invitation
from registrations.models.membership import Membership, own_registration_ids
from registrations.models.quota import InstitutionQuota
from registrations.models.registration import Registration

__all__ = [
    "Competition",
    "Document",
    "InstitutionQuota",
    "Invitation",
    "Membership",
    "Registration",
    "own_registration_ids",
]
