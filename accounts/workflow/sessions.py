"""Sessions: opened by a log-in, carried on by refresh tokens, ended for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, QuerySet

from accounts.audit import record
from accounts.models import MailToken, Session, User
from accounts.roles import Role
from competition_site.api.models import IdempotencyKey
from competition_site.db.batches import delete_in_batches
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation

BATCH = 500
_MARGIN = timedelta(hours=1)


def check_credentials(email: str, password: str) -> User:
    """The account of this address and password; an older hash becomes a current one.

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
def open_session(
    user: User, *, at: datetime, device: str, address: str, language: str | None = None
) -> Session:
    """Log a person in on one device; mails follow the ``language`` it asks for."""
    session = Session.objects.create(
        user=user,
        refresh_jti=uuid4().hex,
        rotated_at=at,
        expires_at=at + settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"],
        device=device[:200],
        address=address[:45],
    )
    seen: dict[str, Any] = {"last_login": at}
    if language is not None:
        seen["language"] = language
    User.objects.filter(pk=user.pk).update(**seen)
    return session


def rotate(session_id: UUID, *, jti: str, ver: int, at: datetime) -> Session:
    """Exchange a refresh token for its one successor.

    One compare-and-set decides: of any number of parallel calls one rotates, and the
    others get that same successor for ten seconds (a browser with several tabs).
    Later the token is taken for stolen: its session ends and its owner is told.

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
        _end_stolen(session, at)
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
def _end_stolen(session: Session, at: datetime) -> None:
    if _end(session, at):
        record(session.user, "session.refresh_token_reused", session)
        owner = session.user
        enqueue(
            "token_reused", to=owner.email, language=owner.language, session=session
        )


@retry_on_conflict
@transaction.atomic
def end_session(session: Session, *, by: User | None, at: datetime) -> None:
    """End one session; ending it again changes nothing."""
    if _end(session, at):
        record(by, "session.ended", session)


def _end(session: Session, at: datetime) -> bool:
    live = Session.objects.filter(pk=session.pk, revoked_at=None)
    if not live.update(revoked_at=at, updated_at=at):
        return False
    _void_access_tokens(session, at)
    return True


def _void_access_tokens(session: Session, at: datetime) -> None:
    """Note the end on the person's row, which every request of theirs reads.

    A token that is signed while this runs is younger than ``at``; the margin is for it.
    """
    lifetime: timedelta = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
    until = int((at + lifetime + _MARGIN).timestamp())
    user = User.objects.get(pk=session.user_id)
    others = [ended for ended in user.ended_sessions if ended[1] > at.timestamp()]
    unchanged = User.objects.filter(pk=user.pk, sessions_ended=user.sessions_ended)
    if not unchanged.update(
        ended_sessions=[*others, [session.pk.hex, until]],
        sessions_ended=user.sessions_ended + 1,
    ):
        raise Conflict


def log_out(session_id: UUID, *, at: datetime) -> None:
    """End the session a refresh token belongs to; unknown or ended is the same."""
    session = Session.objects.select_related("user").filter(pk=session_id).first()
    if session is not None:
        end_session(session, by=session.user, at=at)


@retry_on_conflict
@transaction.atomic
def end_all_sessions(user: User, *, by: User | None, at: datetime) -> int:
    """End every session of a person; returns how many were live.

    Raising ``token_version`` ends every access token as well, whatever session it
    names.
    """
    live = Session.objects.live(at).filter(user=user)
    ended = live.update(revoked_at=at, updated_at=at)
    user.change(token_version=F("token_version") + 1)
    record(by, "session.all_ended", user, sessions=ended)
    return ended


def end_everybodys_sessions(*, by: User | None, at: datetime) -> tuple[int, int]:
    """End every session there is, the organisers' in the admin too.

    Each person is a transaction of their own. Returns how many people, and how many
    live sessions of the API they had.
    """
    people = who_may_be_logged_in(at)
    sessions = sum(
        end_all_sessions(user, by=by, at=at)
        for first in range(0, len(people), BATCH)
        for user in User.objects.filter(pk__in=people[first : first + BATCH])
    )
    return len(people), sessions


def who_may_be_logged_in(at: datetime) -> list[UUID]:
    """People with a live session, and organisers: they may be in the admin."""
    live = Session.objects.live(at).values_list("user_id", flat=True)
    organisers = User.objects.filter(role__in=[Role.STAFF, Role.ADMIN])
    return sorted({*live, *organisers.values_list("pk", flat=True)})


def prunable(before: datetime) -> dict[str, QuerySet[Any]]:
    """Sessions, mail tokens and idempotency keys that ended before a moment."""
    return {
        "sessions": Session.objects.filter(expires_at__lt=before),
        "mail tokens": MailToken.objects.filter(expires_at__lt=before),
        "idempotency keys": IdempotencyKey.objects.filter(expires_at__lt=before),
    }


def prune(before: datetime) -> dict[str, int]:
    """Delete what is :func:`prunable`, in batches that hold nobody up."""
    return {name: delete_in_batches(rows) for name, rows in prunable(before).items()}
