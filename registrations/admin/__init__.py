"""The admin's pages of registrations: every change is a verb of the workflow."""

from registrations.admin.competitions import CompetitionPage
from registrations.admin.documents import DocumentPage
from registrations.admin.institutions import MergingInstitutionPage
from registrations.admin.teams import (
    InvitationPage,
    MembershipPage,
    RegistrationPage,
)

__all__ = [
    "CompetitionPage",
    "DocumentPage",
    "InvitationPage",
    "MembershipPage",
    "MergingInstitutionPage",
    "RegistrationPage",
]
