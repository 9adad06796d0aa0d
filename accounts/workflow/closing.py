"""Accounts closed by their owner: nobody is named any more, what teams did stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import AuditEvent, MailToken, Session, StaffTotp, User
from accounts.roles import Role
from accounts.workflow.followers import Event, tell
from accounts.workflow.roles import require_an_admin
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.outbox.workflow import forget_recipient
from competition_site.rules import RuleViolation

NAME = "Closed account"
"""Who the person was to be called wherever their name was shown."""


def close_account(
    user: User, *, password: str, at: datetime, if_version: int | None = None
) -> None:
    """Close the own account for good and forget who it was.

    Tokens, sessions and waiting mails end; teams are left or passed on and personal
    documents purged by the apps that hold them, in the same transaction. The address is
    free for a new account. Raises RuleViolation: validation_error (``password``),
    token_revoked (the sessions ended in the meantime), stale_version, last_admin.
    """
    if not user.check_password(password):
        text = _("This is not your password.")
        raise RuleViolation("validation_error", errors={"password": [text]})
    _close(user, if_tokens=user.token_version, if_version=if_version, at=at)


@retry_on_conflict
@duplicates_refused({("_id",): Conflict})
@transaction.atomic
def _close(user: User, *, if_tokens: int, if_version: int | None, at: datetime) -> None:
    user.refresh_from_db()
    if user.token_version != if_tokens or not user.is_active:
        raise RuleViolation("token_revoked")
    if if_version is not None and user.version != if_version:
        raise RuleViolation("stale_version")
    email, was_admin = user.email, user.role == Role.ADMIN
    tell(Event.CLOSING, [user], at=at)
    _end_access(user)
    if not user.change_where({"token_version": if_tokens}, **_nobody(user, at)):
        raise Conflict
    tell(Event.RENAMED, [user], at=at)
    forget_recipient(email, instead=user.email)
    AuditEvent.objects.filter(actor=user).update(actor_name=NAME)
    if was_admin:
        require_an_admin()
    record(user, "account.closed", user)


def closed_address(user: User) -> str:
    """What stands where the address of a closed account stood: no mail goes there."""
    return f"{user.pk.hex}@closed.invalid"


def _end_access(user: User) -> None:
    for model in (Session, MailToken, StaffTotp):
        model._default_manager.filter(user=user).delete()


def _nobody(user: User, at: datetime) -> dict[str, Any]:
    return {
        "email": closed_address(user),
        "email_verified": False,
        "full_name": NAME,
        "phone": "",
        "institution": None,
        "institution_name": "",
        "student_number": "",
        "study_program": "",
        "entry_year": None,
        "role": Role.PARTICIPANT,
        "is_active": False,
        "closed_at": at,
        "last_login": None,
        "ended_sessions": [],
        "password": make_password(None),
        "token_version": F("token_version") + 1,
    }
