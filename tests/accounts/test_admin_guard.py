"""The guard row of the last admin, where snapshots would hide one change from another.

SQLite has one writer at a time: these meetings cannot happen there.
"""

from __future__ import annotations

import threading

import pytest

from accounts import workflow
from accounts.models import User
from accounts.roles import Role
from accounts.workflow import roles
from competition_site.rules import RuleViolation
from tests.factories import make_admin
from tests.racing import race

pytestmark = pytest.mark.django_db


def active_admins() -> int:
    return User.objects.filter(role=Role.ADMIN, is_active=True).count()


def _again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_without_the_guard_row_both_succeed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: counting in a snapshot is what the guard row is there against."""
    both_changed = threading.Barrier(2)

    def count_only() -> None:
        both_changed.wait(timeout=4)
        if not User.objects.filter(role=Role.ADMIN, is_active=True).exists():
            raise RuleViolation("last_admin")

    monkeypatch.setattr(roles, "require_an_admin", count_only)
    ani, budi = make_admin(), make_admin()
    outcomes = race(
        lambda: workflow.set_role(_again(budi), "staff", by=ani),
        lambda: workflow.set_role(_again(ani), "staff", by=budi),
    )
    assert [type(o) for o in outcomes] == [User, User]
    assert active_admins() == 0


def test_with_the_guard_row_the_same_two_leave_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same meeting point as in the control: here it is the guard that decides."""
    both_changed = threading.Barrier(2)
    guard = roles.require_an_admin
    met: set[int] = set()

    def meet_once_then_guard() -> None:
        if threading.get_ident() not in met:
            met.add(threading.get_ident())
            both_changed.wait(timeout=4)
        guard()

    monkeypatch.setattr(roles, "require_an_admin", meet_once_then_guard)
    ani, budi = make_admin(), make_admin()
    outcomes = race(
        lambda: workflow.set_role(_again(budi), "staff", by=ani),
        lambda: workflow.set_role(_again(ani), "staff", by=budi),
    )
    assert active_admins() == 1
    codes = [o.code for o in outcomes if isinstance(o, RuleViolation)]
    assert codes == ["last_admin"]
