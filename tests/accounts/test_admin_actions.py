"""What admins do to accounts and institutions from the admin's lists."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from accounts import workflow
from accounts.admin_actions import AccountActions, InstitutionActions
from accounts.models import AuditEvent, Institution, Session, User
from accounts.roles import Role
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations.admin_actions import MergeAction, TargetForm
from tests.api import Api
from tests.factories import (
    PASSWORD,
    make_admin,
    make_institution,
    make_registration,
    make_staff,
    make_user,
)

pytestmark = pytest.mark.django_db


class Noting:
    """Stands for a page: runs the verb on each row and keeps what was refused."""

    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.done: list[str] = []

    def run_on_each(self, request: Any, rows: Any, verb: Any, done: Any) -> None:
        for row in rows.order_by("pk"):
            try:
                verb(row)
            except RuleViolation as violation:
                self.refusals.append(violation.code)
            else:
                self.done.append(str(done % {"count": 1}))


class Accounts(Noting, AccountActions):
    pass


class Institutions(Noting, InstitutionActions, MergeAction):
    pass


def asked_by(user: User, **post: str) -> Any:
    return SimpleNamespace(user=user, received_at=now(), POST=post)


def rows(*chosen: Any) -> Any:
    return type(chosen[0]).objects.filter(pk__in=[row.pk for row in chosen])


def test_only_admins_govern_accounts() -> None:
    page = Accounts()
    may = {role: page.has_govern_permission(asked_by(make_user(role))) for role in Role}
    assert may == {
        Role.PARTICIPANT: False,
        Role.JUDGE: False,
        Role.STAFF: False,
        Role.ADMIN: True,
    }
    for name in AccountActions.actions:
        assert getattr(AccountActions, name).allowed_permissions == ["govern"]
        assert getattr(AccountActions, name).short_description


ACTS: dict[str, Callable[[User], bool]] = {
    "close_accounts": lambda user: not user.is_active,
    "reopen_accounts": lambda user: user.is_active,
    "make_staff": lambda user: user.role == Role.STAFF,
    "make_participants": lambda user: user.role == Role.PARTICIPANT,
    "log_out_everywhere": lambda user: user.token_version > 1,
}


@pytest.mark.parametrize("name", ACTS)
def test_each_act_reaches_the_chosen_and_nobody_else(admin: User, name: str) -> None:
    chosen = [
        make_user(Role.JUDGE, is_active=name != "reopen_accounts") for _n in range(2)
    ]
    other = make_user(Role.JUDGE)
    page = Accounts()
    getattr(page, name)(asked_by(admin), rows(*chosen))
    assert (page.refusals, len(page.done)) == ([], 2)
    for user in chosen:
        user.refresh_from_db()
        assert ACTS[name](user)
        assert AuditEvent.objects.get(object_id=user.pk).actor_id == admin.pk
    before = other.version
    other.refresh_from_db()
    assert other.version == before


@pytest.mark.parametrize("name", ["close_accounts", "make_staff", "make_participants"])
def test_oneself_is_refused_and_the_others_are_served(admin: User, name: str) -> None:
    other = make_user(Role.JUDGE)
    page = Accounts()
    getattr(page, name)(asked_by(admin), rows(admin, other))
    assert page.refusals == ["own_role"]
    assert len(page.done) == 1


def test_closing_ends_the_sessions(admin: User, student: User) -> None:
    api = Api(student)
    Accounts().close_accounts(asked_by(admin), rows(student))
    assert api.get("/me").status_code == 401
    assert not Session.objects.live(now()).filter(user=student).exists()


def test_institutions_are_confirmed(staff: User, student: User) -> None:
    proposed = [workflow.propose_institution(n, by=student) for n in ("Satu", "Dua A")]
    page = Institutions()
    page.confirm(asked_by(staff), rows(*proposed))
    assert Institution.objects.filter(
        confirmed=True, name__in=["Satu", "Dua A"]
    ).count()
    assert len(page.done) == 2


def test_the_ticked_institutions_are_merged_into_the_chosen_one(staff: User) -> None:
    first, second, target = (make_institution() for _n in range(3))
    team = make_registration(leader=make_user(institution=first))
    page = Institutions()
    answer = page.merge(
        asked_by(staff, merge="Merge", target=str(target.pk)), rows(first, second)
    )
    assert answer is None
    team.refresh_from_db()
    assert team.institution_id == target.pk
    assert len(page.done) == 2


@pytest.mark.parametrize("choice", ["", "abc", "own", "missing"])
def test_what_is_no_other_institution_is_refused(choice: str) -> None:
    source = make_institution()
    target = {"own": str(source.pk), "missing": str(make_user().pk)}.get(choice, choice)
    form = TargetForm({"target": target}, sources=rows(source))
    assert not form.is_valid()
    assert list(form.errors) == ["target"]


# --- on the pages themselves --------------------------------------------------------


def entered(user: User) -> Client:
    client = Client()
    form = {"username": user.email, "password": PASSWORD}
    assert client.post("/admin/login/", form).status_code == 302
    return client


def act(client: Client, model: str, action: str, *chosen: Any, **post: str) -> Any:
    form = {"action": action, "_selected_action": [str(r.pk) for r in chosen], **post}
    return client.post(f"/admin/accounts/{model}/", form)


def test_the_pages_offer_them_to_admins_only(student: User) -> None:
    assert set(AccountActions.actions) <= set(_offered(make_admin(), "user"))
    assert not set(AccountActions.actions) & set(_offered(make_staff(), "user"))
    for organiser in (make_admin(), make_staff()):
        assert {"confirm", "merge"} <= set(_offered(organiser, "institution"))


def test_staff_cannot_post_what_they_are_not_offered(student: User) -> None:
    client = entered(make_staff())
    for action in AccountActions.actions:
        act(client, "user", action, student)
    before = student.version
    student.refresh_from_db()
    assert student.version == before


def test_an_admin_closes_accounts_in_the_list(admin: User, student: User) -> None:
    client = entered(admin)
    assert act(client, "user", "close_accounts", student, admin).status_code == 302
    student.refresh_from_db()
    admin.refresh_from_db()
    assert (student.is_active, admin.is_active) == (False, True)
    page = client.get("/admin/accounts/user/").content.decode()
    assert "Closed: 1." in page
    assert "another admin" in page


def test_staff_merge_institutions_over_the_page_between(staff: User) -> None:
    source, target = make_institution("Sum<b>ber"), make_institution()
    team = make_registration(leader=make_user(institution=source))
    client = entered(staff)
    between = act(client, "institution", "merge", source)
    page = between.content.decode()
    assert between.status_code == 200
    assert "Sum&lt;b&gt;ber" in page
    assert 'name="target"' in page
    assert "/admin/autocomplete/" in page
    asked = "app_label=accounts&model_name=user&field_name=institution&term=SUM"
    found = client.get(f"/admin/autocomplete/?{asked}").json()["results"]
    assert [row["id"] for row in found] == [str(source.pk)]
    assert "style=" not in page
    nothing = act(client, "institution", "merge", source, merge="Merge")
    assert nothing.status_code == 200
    assert Institution.objects.filter(pk=source.pk).exists()
    done = act(
        client, "institution", "merge", source, merge="Merge", target=str(target.pk)
    )
    assert done.status_code == 302
    team.refresh_from_db()
    assert team.institution_id == target.pk


def _offered(user: User, model: str) -> list[str]:
    page = admin.site._registry[{"user": User, "institution": Institution}[model]]
    request: Any = SimpleNamespace(user=user, GET={})
    return list(page.get_actions(request))
