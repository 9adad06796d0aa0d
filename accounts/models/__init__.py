"""The rows of accounts."""

from accounts.models.audit import AuditEvent
from accounts.models.institution import Institution
from accounts.models.session import MailToken, Session
from accounts.models.user import User

__all__ = ["AuditEvent", "Institution", "MailToken", "Session", "User"]
