"""Roles and accounts that are closed: given and taken by admins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import AdminGuard, Session, User
from accounts.roles import Role
from accounts.workflow.followers import Event, tell
from competition_site.clock import now
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.rules import RuleViolation


@retry_on_conflict
@duplicates_refused({("_id",): Conflict})
@transaction.atomic
def set_role(
    user: User, role: str, *, by: User | None, if_version: int | None = None
) -> User:
    """Give a person another role; every token and session of theirs ends at once.

    Raises RuleViolation: own_role, last_admin, stale_version.
    """
    _require_other(user, by)
    user.refresh_from_db()
    if user.role == role:
        return user
    was_admin = user.role == Role.ADMIN
    _change(user, if_version, role=role)
    _end_sessions(user, now())
    if was_admin:
        require_an_admin()
    record(by, "account.role_changed", user, role=role)
    return user


@retry_on_conflict
@duplicates_refused({("_id",): Conflict})
@transaction.atomic
def set_active(
    user: User,
    active: bool,
    *,
    by: User | None,
    at: datetime,
    if_version: int | None = None,
) -> User:
    """Close or reopen an account; closing ends its tokens and sessions at once.

    What other apps do about it happens in the same transaction.

    Raises RuleViolation: own_role, last_admin, stale_version, invalid_transition (its
    owner closed it).
    """
    _require_other(user, by)
    user.refresh_from_db()
    if user.is_active == active:
        return user
    if user.closed_at is not None:
        text = _("Its owner closed this account; there is nobody to open it for.")
        raise RuleViolation("invalid_transition", text)
    _change(user, if_version, is_active=active)
    if not active:
        _end_sessions(user, at)
        if user.role == Role.ADMIN:
            require_an_admin()
        tell(Event.DEACTIVATED, [user], at=at)
    action = "account.reopened" if active else "account.deactivated"
    record(by, action, user)
    return user


def _change(user: User, if_version: int | None, **fields: Any) -> None:
    user.change(if_version=if_version, token_version=F("token_version") + 1, **fields)


def _end_sessions(user: User, at: datetime) -> None:
    live = Session.objects.filter(user=user, revoked_at=None)
    live.update(revoked_at=at, updated_at=at)


def _require_other(user: User, by: User | None) -> None:
    if by is not None and by.pk == user.pk:
        raise RuleViolation("own_role")


def require_an_admin() -> None:
    """Refuse to leave the site without an admin.

    Every transaction that takes an admin away writes the one guard row, so of two that
    race the second starts again and counts what the first one left.
    Raises RuleViolation: last_admin.
    """
    guard = AdminGuard.objects.filter(pk=AdminGuard.ONLY)
    if not guard.update(turns=F("turns") + 1):
        AdminGuard.objects.create(pk=AdminGuard.ONLY)
    if not User.objects.filter(role=Role.ADMIN, is_active=True).exists():
        raise RuleViolation("last_admin")
