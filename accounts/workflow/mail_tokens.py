"""Mailed links: random, typed, single-use, hashed at rest, and void in time."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.audit import record
from accounts.models import MailToken, User
from competition_site.db.transactions import retry_on_conflict
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation

Purpose = MailToken.Purpose

LIFETIMES = {
    Purpose.VERIFY_EMAIL: timedelta(days=2),
    Purpose.RESET_PASSWORD: timedelta(hours=2),
}


def token_digest(token: str) -> str:
    """How a mailed token is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def issue(user: User, purpose: MailToken.Purpose, *, at: datetime) -> str:
    """A new token's text, which goes into a mail and nowhere else."""
    token = secrets.token_urlsafe(32)
    MailToken.objects.create(
        user=user,
        purpose=purpose,
        email=user.email,
        token_version=user.token_version,
        digest=token_digest(token),
        expires_at=at + LIFETIMES[purpose],
    )
    return token


def look_up(token: str, purpose: MailToken.Purpose, *, at: datetime) -> MailToken:
    """The row of a token that may still be used.

    Raises RuleViolation: link_invalid (unknown, of another type, used), link_expired.
    """
    held = MailToken.objects.filter(digest=token_digest(token)).first()
    if held is None or held.purpose != purpose or held.used_at is not None:
        raise RuleViolation("link_invalid")
    if held.expires_at <= at:
        raise RuleViolation("link_expired")
    return held


def spend(token: str, purpose: MailToken.Purpose, *, at: datetime) -> MailToken:
    """Use a token up, inside the transaction of what it allows.

    Raises RuleViolation: as :func:`look_up`.
    """
    held = look_up(token, purpose, at=at)
    if not MailToken.objects.filter(pk=held.pk, used_at=None).update(used_at=at):
        raise RuleViolation("link_invalid")
    return held


@retry_on_conflict
@transaction.atomic
def send_verification(user: User, *, at: datetime) -> None:
    """Mail the link that proves the address; earlier links stay good until used."""
    if user.email_verified:
        return
    token = issue(user, Purpose.VERIFY_EMAIL, at=at)
    enqueue(
        "verify_email",
        to=user.email,
        language=user.language,
        name=user.full_name,
        token=token,
    )


@retry_on_conflict
@transaction.atomic
def verify_email(token: str, *, at: datetime) -> User:
    """Take a mailed token as proof of its address.

    Raises RuleViolation: link_invalid (also once the address changed), link_expired.
    """
    held = spend(token, Purpose.VERIFY_EMAIL, at=at)
    user = User.objects.get(pk=held.user_id)
    if not user.change_where({"email": held.email}, email_verified=True):
        raise RuleViolation("link_invalid")
    record(user, "account.email_verified", user)
    return user
