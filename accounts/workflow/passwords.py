"""Passwords: forgotten, reset by a mailed link, changed by who knows the old one.

A changed password ends every session, and every link that was mailed before. It is
hashed outside of any transaction.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from accounts.models.user import normalised_email
from accounts.workflow.mail_tokens import Purpose, issue, look_up, spend
from accounts.workflow.sessions import end_all_sessions
from competition_site.clock import now
from competition_site.db.transactions import retry_on_conflict
from competition_site.outbox.models import OutboxMessage
from competition_site.outbox.workflow import defer, enqueue, written
from competition_site.rules import RuleViolation

RESET_MAIL = "reset_password"


def forget_password(email: str) -> None:
    """Ask for a link to reset a password.

    Whether the address has an account is asked by the sender of mails, not here: the
    answer and its time are the same for every address.
    """
    defer(RESET_MAIL, to=normalised_email(email))


@retry_on_conflict
@transaction.atomic
def write_reset_mail(message: OutboxMessage) -> OutboxMessage | None:
    """Write the mail that somebody asked for, if its address has an open account."""
    user = User.objects.with_email(message.recipient)
    if user is None or not user.is_active:
        return None
    token = issue(user, Purpose.RESET_PASSWORD, at=now())
    return written(message, language=user.language, name=user.full_name, token=token)


def reset_password(token: str, new_password: str, *, at: datetime) -> User:
    """Set a password by a mailed link, which proves the address as well.

    Raises RuleViolation: link_invalid (also once the password changed), link_expired.
    """
    look_up(token, Purpose.RESET_PASSWORD, at=at)  # a hash is work that links pay for
    return _reset(token, make_password(new_password), at=at)


@retry_on_conflict
@transaction.atomic
def _reset(token: str, password_hash: str, *, at: datetime) -> User:
    held = spend(token, Purpose.RESET_PASSWORD, at=at)
    user = User.objects.get(pk=held.user_id)
    if user.token_version != held.token_version or not user.is_active:
        raise RuleViolation("link_invalid")
    user.change(password=password_hash, email_verified=True)
    _after_change(user, at=at)
    return user


def change_password(
    user: User, *, current_password: str, new_password: str, at: datetime
) -> User:
    """Change the own password; every session ends, the caller's too.

    Raises RuleViolation: validation_error (``current_password``), token_revoked (the
    sessions ended in the meantime, as by another such change).
    """
    if not user.check_password(current_password):
        raise _wrong_password()
    _change(user, make_password(new_password), if_tokens=user.token_version, at=at)
    return user


@retry_on_conflict
@transaction.atomic
def _change(user: User, password_hash: str, *, if_tokens: int, at: datetime) -> None:
    if not user.change_where({"token_version": if_tokens}, password=password_hash):
        raise RuleViolation("token_revoked")
    _after_change(user, at=at)


def _wrong_password() -> RuleViolation:
    text = _("This is not your password.")
    return RuleViolation("validation_error", errors={"current_password": [text]})


def _after_change(user: User, *, at: datetime) -> None:
    end_all_sessions(user, by=user, at=at)
    record(user, "account.password_changed", user)
    enqueue(
        "password_changed",
        to=user.email,
        language=user.language,
        name=user.full_name,
    )
