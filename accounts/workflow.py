"""The verbs of accounts: register, log in, refresh, log out, verify, edit."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F

from accounts.audit import record
from accounts.models import MailToken, Session, User
from accounts.roles import Role
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import retry_on_conflict
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation

MAIL_TOKEN_LIFETIME = timedelta(days=2)


@duplicates_refused({("email",): lambda: RuleViolation("email_taken")})
@retry_on_conflict
@transaction.atomic
def register(*, email: str, password: str | None, at: datetime, **profile: Any) -> User:
    """Open an account and mail the link that proves its address.

    Without a password nobody can log in to it yet. Raises RuleViolation: email_taken.
    """
    user = User.objects.create_user(email, password, **_with_names(profile))
    record(user, "account.registered", user)
    send_verification(user, at=at)
    return user


def check_credentials(email: str, password: str) -> User:
    """The account of this address and password.

    One hash is computed whether or not the address is known, so that the time of the
    answer tells nothing. Raises RuleViolation: invalid_credentials, account_inactive
    (only after the right password).
    """
    user = User.objects.with_email(email)
    if user is None:
        make_password(password)
        raise RuleViolation("invalid_credentials")
    if not user.check_password(password):
        raise RuleViolation("invalid_credentials")
    if not user.is_active:
        raise RuleViolation("account_inactive")
    return user


@retry_on_conflict
@transaction.atomic
def open_session(user: User, *, at: datetime, device: str, address: str) -> Session:
    """Log a person in on one device."""
    session = Session.objects.create(
        user=user,
        refresh_jti=uuid4().hex,
        rotated_at=at,
        expires_at=at + settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"],
        device=device[:200],
        address=address[:45],
    )
    User.objects.filter(pk=user.pk).update(last_login=at)
    return session


def rotate(session_id: UUID, *, jti: str, ver: int, at: datetime) -> Session:
    """Exchange a refresh token for its one successor.

    One compare-and-set decides: of any number of parallel calls one rotates, and the
    others get that same successor for ten seconds (a browser with several tabs).
    Later the token is taken for stolen and its session ends.

    Raises RuleViolation: token_revoked.
    """
    rotated = Session.objects.filter(
        pk=session_id, refresh_jti=jti, revoked_at=None, expires_at__gt=at
    ).update(
        refresh_jti=uuid4().hex,
        previous_jti=jti,
        rotated_at=at,
        expires_at=at + settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"],
        updated_at=at,
    )
    session = Session.objects.select_related("user").filter(pk=session_id).first()
    if session is None or not _is_alive(session, ver, at):
        raise RuleViolation("token_revoked")
    if not rotated and not _is_repeated(session, jti, at):
        revoke(session, reason="refresh_token_reused", at=at)
        raise RuleViolation("token_revoked")
    return session


def _is_alive(session: Session, ver: int, at: datetime) -> bool:
    user = session.user
    return (
        session.revoked_at is None
        and session.expires_at > at
        and user.is_active
        and user.token_version == ver
    )


def _is_repeated(session: Session, jti: str, at: datetime) -> bool:
    """Whether ``jti`` was exchanged a moment ago, so that its successor is its due."""
    grace = timedelta(seconds=settings.REFRESH_REUSE_SECONDS)
    return session.previous_jti == jti and at - session.rotated_at <= grace


@retry_on_conflict
@transaction.atomic
def revoke(session: Session, *, reason: str, at: datetime) -> None:
    """End a session, once; ending it again changes nothing."""
    if Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=at):
        record(session.user, f"session.{reason}", session)


def log_out(session_id: UUID, *, at: datetime) -> None:
    """End the session a refresh token belongs to; unknown or ended is the same."""
    session = Session.objects.select_related("user").filter(pk=session_id).first()
    if session is not None:
        revoke(session, reason="logged_out", at=at)


@retry_on_conflict
@transaction.atomic
def change_profile(
    user: User, *, by: User | None = None, if_version: int | None = None, **fields: Any
) -> User:
    """Change a profile: one's own, or ``by`` an admin.

    Raises RuleViolation: stale_version.
    """
    user.change(if_version=if_version, **_with_names(fields))
    fields_changed = ", ".join(sorted(fields))
    record(by or user, "account.profile_changed", user, fields=fields_changed)
    return user


def _with_names(profile: dict[str, Any]) -> dict[str, Any]:
    """Copy the institution's name beside its key, so that reading needs no join."""
    if "institution" not in profile:
        return profile
    institution = profile["institution"]
    return {**profile, "institution_name": institution.name if institution else ""}


@retry_on_conflict
@transaction.atomic
def send_verification(user: User, *, at: datetime) -> None:
    """Mail the link that proves the address; earlier links stay good until used."""
    if user.email_verified:
        return
    token = secrets.token_urlsafe(32)
    MailToken.objects.create(
        user=user,
        purpose=MailToken.Purpose.VERIFY_EMAIL,
        email=user.email,
        digest=token_digest(token),
        expires_at=at + MAIL_TOKEN_LIFETIME,
    )
    enqueue("verify_email", to=user.email, name=user.full_name, token=token)


@retry_on_conflict
@transaction.atomic
def verify_email(token: str, *, at: datetime) -> User:
    """Take a mailed token as proof of its address.

    Raises RuleViolation: link_invalid (also once the address changed), link_expired.
    """
    held = MailToken.objects.filter(digest=token_digest(token)).first()
    if held is None or held.purpose != MailToken.Purpose.VERIFY_EMAIL:
        raise RuleViolation("link_invalid")
    if held.expires_at <= at:
        raise RuleViolation("link_expired")
    if not MailToken.objects.filter(pk=held.pk, used_at=None).update(used_at=at):
        raise RuleViolation("link_invalid")
    user = User.objects.get(pk=held.user_id)
    if not user.change_where({"email": held.email}, email_verified=True):
        raise RuleViolation("link_invalid")
    record(user, "account.email_verified", user)
    return user


def token_digest(token: str) -> str:
    """How a mailed token is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@retry_on_conflict
@transaction.atomic
def set_role(user: User, role: Role, *, by: User | None) -> User:
    """Give a person another role; every token of theirs ends at once."""
    user.change(role=role, token_version=F("token_version") + 1)
    record(by, "account.role_changed", user, role=role)
    return user


def require_verified_email(user: User) -> None:
    """Raises RuleViolation("email_not_verified") where the setting asks for it."""
    if settings.REQUIRE_VERIFIED_EMAIL and not user.email_verified:
        raise RuleViolation("email_not_verified")


def require_complete_profile(user: User) -> None:
    """Raises RuleViolation("profile_incomplete"), naming the missing fields."""
    if user.missing_fields:
        raise RuleViolation("profile_incomplete", missing_fields=user.missing_fields)
