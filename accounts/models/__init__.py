"""The rows of accounts."""

from accounts.models.audit import AuditEvent
from accounts.models.guard import AdminGuard, StaffTotp
from accounts.models.institution import Institution, InstitutionAlias
from accounts.models.session import MailToken, Session
from accounts.models.user import User

__all__ = [
    "AdminGuard",
    "AuditEvent",
    "Institution",
    "InstitutionAlias",
    "MailToken",
    "Session",
    "StaffTotp",
    "User",
]
