"""Roles and closed accounts: the last admin, oneself, and what ends at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts import tokens, workflow
from accounts.models import AuditEvent, Session, User
from accounts.roles import Role
from competition_site.clock import now
from competition_site.rules import RuleViolation
from tests.api import Api
from tests.factories import make_admin, make_staff, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(RuleViolation) as refused:
        call()
    return refused.value.code


def active_admins() -> int:
    return User.objects.filter(role=Role.ADMIN, is_active=True).count()


# --- the last admin -----------------------------------------------------------------
@pytest.mark.parametrize("by_name", ["nobody", "other"])
def test_the_last_admin_keeps_the_role(admin: User, by_name: str) -> None:
    by = None if by_name == "nobody" else make_admin(is_active=False)
    assert refusal(lambda: workflow.set_role(admin, "staff", by=by)) == "last_admin"
    admin.refresh_from_db()
    assert (admin.role, admin.token_version) == (Role.ADMIN, 1)


def test_the_last_admins_account_stays_open(admin: User) -> None:
    session = Session.objects.get(pk=_session(admin))
    close = lambda: workflow.set_active(admin, False, by=None, at=now())  # noqa: E731
    assert refusal(close) == "last_admin"
    admin.refresh_from_db()
    session.refresh_from_db()
    assert admin.is_active
    assert session.revoked_at is None
    assert not AuditEvent.objects.filter(action="account.deactivated").exists()


def test_a_closed_admin_is_no_admin_to_count(admin: User) -> None:
    other = make_admin()
    workflow.set_active(other, False, by=admin, at=now())
    assert refusal(lambda: workflow.set_role(admin, "judge", by=None)) == "last_admin"
    workflow.set_role(other, "staff", by=admin)  # closed: nobody is lost


def test_the_second_last_admin_may_go(admin: User) -> None:
    other = make_admin()
    workflow.set_role(other, "participant", by=admin)
    assert active_admins() == 1


Take = Callable[[User, User], User]
TAKES: dict[str, Take] = {
    "demote": lambda user, by: workflow.set_role(user, "staff", by=by),
    "close": lambda user, by: workflow.set_active(user, False, by=by, at=now()),
}


@pytest.mark.parametrize("first", TAKES)
@pytest.mark.parametrize("second", TAKES)
def test_of_two_admins_who_take_each_others_away_one_stays(
    first: str, second: str
) -> None:
    for _round in range(8):
        User.objects.filter(role=Role.ADMIN).update(role=Role.STAFF)
        ani, budi = make_admin(), make_admin()
        outcomes = race(
            partial(TAKES[first], _again(budi), ani),
            partial(TAKES[second], _again(ani), budi),
        )
        assert active_admins() == 1
        refused = [o for o in outcomes if isinstance(o, RuleViolation)]
        assert [r.code for r in refused] == ["last_admin"]


def test_many_who_take_each_other_away_leave_one() -> None:
    admins = [make_admin() for _n in range(6)]
    race(
        *[
            lambda user=user: workflow.set_role(_again(user), "judge", by=None)
            for user in admins
        ]
    )
    assert active_admins() == 1


# --- oneself ------------------------------------------------------------------------
def test_nobody_changes_the_own_role_or_account(admin: User) -> None:
    make_admin()
    assert refusal(lambda: workflow.set_role(admin, "staff", by=admin)) == "own_role"
    close = lambda: workflow.set_active(admin, False, by=admin, at=now())  # noqa: E731
    assert refusal(close) == "own_role"


# --- what ends at once --------------------------------------------------------------
END = {
    "promoted": lambda user, admin: workflow.set_role(user, "judge", by=admin),
    "demoted": lambda user, admin: workflow.set_role(user, "participant", by=admin),
    "closed": lambda user, admin: workflow.set_active(user, False, by=admin, at=now()),
    "logged out": lambda user, admin: workflow.end_all_sessions(
        user, by=admin, at=now()
    ),
}


@pytest.mark.parametrize("event", END)
def test_every_token_ends_at_once(admin: User, event: str) -> None:
    user = make_staff()
    api = Api(user)
    session = Session.objects.get(user=user)
    refresh = str(tokens.pair(session, at=now())["refresh"])
    assert api.get("/me").status_code == 200
    END[event](user, admin)
    for response in (
        api.get("/me"),
        api.patch("/me", {"full_name": "Still me"}),
        Api().post("/auth/refresh", {"refresh": refresh}),
    ):
        assert response.status_code == 401
        assert response.json()["data"]["code"] == "token_revoked"
    assert not Session.objects.live(now()).filter(user=user).exists()


def test_a_reopened_account_needs_a_new_log_in(admin: User) -> None:
    user = make_user()
    api = Api(user)
    workflow.set_active(user, False, by=admin, at=now())
    workflow.set_active(user, True, by=admin, at=now())
    assert api.get("/me").status_code == 401
    assert Api(user).get("/me").status_code == 200


def test_the_same_again_changes_nothing_and_ends_no_session(admin: User) -> None:
    user = make_staff()
    api = Api(user)
    workflow.set_role(user, "staff", by=admin)
    workflow.set_active(user, True, by=admin, at=now())
    assert api.get("/me").status_code == 200
    assert not AuditEvent.objects.filter(object_id=user.pk).exists()


def test_each_change_is_recorded_once_with_who_did_it(admin: User) -> None:
    user = make_user()
    workflow.set_role(user, "staff", by=admin)
    workflow.set_active(user, False, by=admin, at=now())
    workflow.set_active(user, True, by=None, at=now())
    events = AuditEvent.objects.filter(object_id=user.pk).order_by("id")
    assert [(e.action, e.actor_id, e.changes) for e in events] == [
        ("account.role_changed", admin.pk, [["role", "staff"]]),
        ("account.deactivated", admin.pk, []),
        ("account.reopened", None, []),
    ]


def _again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def _session(user: User) -> Any:
    return workflow.open_session(user, at=now(), device="", address="").pk
