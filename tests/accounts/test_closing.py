"""Accounts closed by their owner: who it was is told by no row any more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core import mail
from django.core.serializers import serialize
from django.test import Client

from accounts import workflow
from accounts.models import AuditEvent, MailToken, Session, StaffTotp, User
from accounts.workflow.closing import NAME
from competition_site.api import throttles
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.outbox.workflow import send_due
from competition_site.rules import RuleViolation
from tests.api import Api
from tests.contract.answers import errors_of, refusal
from tests.factories import (
    PASSWORD,
    add_member,
    make_admin,
    make_approved,
    make_assignment,
    make_competition,
    make_document,
    make_registration,
    make_user,
)

pytestmark = pytest.mark.django_db

CANARIES = {
    "full_name": "Canary Kenari",
    "email": "canary@kenari.example",
    "phone": "+62 4711 0815",
    "student_number": "kenari-number",
    "study_program": "Kenarilogy",
}


@pytest.fixture
def canary(db: None) -> User:
    return make_user(**CANARIES)


def close(user: User, password: str = PASSWORD, **headers: str) -> Any:
    return Api(user).delete("/me", {"password": password}, **headers)


def everything() -> str:
    """Every row of our own tables as text."""
    apps_of_ours = ("accounts", "registrations", "submissions", "outbox", "api")
    rows = [
        serialize("json", model._base_manager.all())
        for label in apps_of_ours
        for model in apps.get_app_config(label).get_models()
    ]
    return "\n".join(rows)


def told(word: str) -> list[str]:
    """The lines of the whole database in which a word stands."""
    rows = [row for rows in everything().splitlines() for row in json.loads(rows)]
    return [str(row) for row in rows if word.lower() in str(row).lower()]


# --- what is forgotten --------------------------------------------------------------
def test_no_row_names_who_closed_the_account(canary):
    team = make_registration(leader=canary)
    add_member(team)
    other = make_registration()
    make_document(other, by=add_member(other, canary))
    refused = make_registration()
    Api(refused.leader).post(
        f"/registrations/{refused.pk}/invitations", {"email": canary.email}
    )
    approved = make_approved(make_registration(make_competition()))
    add_member(approved, canary)
    workflow.forget_password(canary.email)
    make_assignment(judge=None)
    api = Api(canary)
    api.patch("/me", {"phone": CANARIES["phone"]})
    assert all(told(word) for word in CANARIES.values())
    waiting = OutboxMessage.objects.exclude(recipient=canary.email)
    assert api.delete("/me", {"password": PASSWORD}).status_code == 200
    waiting.filter(status="pending").update(body="", html="")  # they are sent
    assert [word for word in CANARIES.values() if told(word)] == []


def test_what_remains_is_a_closed_account_with_the_same_id(canary):
    assert close(canary).json()["data"] is None
    gone = User.objects.get(pk=canary.pk)
    assert (gone.full_name, gone.is_active, gone.role) == (NAME, False, "participant")
    assert gone.closed_at is not None
    assert not gone.has_usable_password()
    assert gone.email.endswith("@closed.invalid")
    assert not gone.email_verified


def test_the_acts_of_a_closed_account_stay_without_its_name(canary):
    make_registration(leader=canary)
    close(canary)
    events = AuditEvent.objects.filter(actor=canary)
    assert {"registration.created", "account.closed"} <= set(
        events.values_list("action", flat=True)
    )
    assert set(events.values_list("actor_name", flat=True)) == {NAME}


def test_others_stay_as_they_were(canary):
    other = make_user()
    Api(other).get("/me")
    team = make_registration(leader=other)
    card = make_document(team)
    workflow.forget_password(other.email)
    before = User.objects.filter(pk=other.pk).values().get()
    close(canary)
    assert User.objects.filter(pk=other.pk).values().get() == before
    assert Session.objects.filter(user=other).exists()
    assert OutboxMessage.objects.filter(recipient=other.email, status="pending")
    card.refresh_from_db()
    assert card.status == "uploaded"


def test_the_address_is_free_for_another_account(canary, anyone):
    close(canary)
    body = {"email": canary.email, "password": "gajah duduk 77", "full_name": "New"}
    answer = anyone.post("/auth/register", body)
    assert answer.status_code == 201
    assert answer.json()["data"]["user"]["id"] != str(canary.pk)


def test_mails_that_wait_are_not_sent(canary):
    workflow.forget_password(canary.email)
    workflow.send_verification(make_user(email_verified=False), at=now())
    close(canary)
    send_due()
    assert [to for sent in mail.outbox for to in sent.recipients()] != []
    assert canary.email not in [to for sent in mail.outbox for to in sent.recipients()]
    assert OutboxMessage.objects.filter(kind="reset_password").get().status == "dropped"


# --- what ends ----------------------------------------------------------------------
def test_every_token_ends_at_once(canary, anyone):
    body = {"email": canary.email, "password": PASSWORD}
    pair = anyone.post("/auth/login", body).json()["data"]
    other_device = Api(canary)
    close(canary)
    assert refusal(other_device.get("/me")) == (401, "token_revoked")
    assert refusal(other_device.delete("/me", {"password": PASSWORD}))[0] == 401
    refreshed = anyone.post("/auth/refresh", {"refresh": pair["refresh"]})
    assert refusal(refreshed) == (401, "token_revoked")
    assert refusal(anyone.post("/auth/login", body)) == (401, "invalid_credentials")
    for model in (Session, MailToken, StaffTotp):
        assert not model.objects.filter(user=canary).exists()


def test_an_admins_pages_close_with_the_account(admin):
    make_admin()
    browser = Client()
    browser.force_login(admin, django_settings.AUTHENTICATION_BACKENDS[0])
    assert browser.get("/admin/").status_code == 200
    assert close(admin).status_code == 200
    assert browser.get("/admin/").status_code == 302


def test_a_closed_account_is_not_opened_again(canary, admin):
    close(canary)
    answer = Api(admin).patch(f"/users/{canary.pk}", {"is_active": True})
    assert refusal(answer) == (409, "invalid_transition")
    deactivated = make_user(is_active=False)
    path = f"/users/{deactivated.pk}"
    assert Api(admin).patch(path, {"is_active": True}).status_code == 200


# --- what is refused ----------------------------------------------------------------
def unchanged(user: User) -> bool:
    return (
        User.objects.filter(pk=user.pk, is_active=True, closed_at=None).exists()
        and not AuditEvent.objects.filter(action="account.closed").exists()
        and not OutboxMessage.objects.filter(status="dropped").exists()
    )


@pytest.mark.parametrize("password", ["wrong", "", "x" * 200, None, 5])
def test_without_the_password_nothing_is_closed(canary, password):
    workflow.forget_password(canary.email)
    assert list(errors_of(close(canary, password))) == ["password"]
    assert unchanged(canary)


@pytest.mark.parametrize(
    "body", [{}, None, {"password": PASSWORD, "id": "x"}, {"Password": PASSWORD}, []]
)
def test_the_body_is_the_password_alone(canary, body):
    assert refusal(Api(canary).delete("/me", body)) == (400, "validation_error")
    assert unchanged(canary)


def test_the_last_admin_stays(admin):
    make_admin(is_active=False)
    assert refusal(close(admin)) == (409, "last_admin")
    assert unchanged(admin)
    make_admin()
    assert close(admin).status_code == 200


def test_closing_may_ask_for_a_version(canary):
    assert refusal(close(canary, If_Match='"9"')) == (412, "stale_version")
    assert unchanged(canary)
    assert close(canary, If_Match='"1"').status_code == 200


def test_guesses_of_the_password_are_counted(canary, settings, monkeypatch):
    limits = {**settings.THROTTLE_LIMITS, "login_account": "3/1h"}
    settings.THROTTLE_LIMITS = limits
    monkeypatch.setattr(throttles.time, "time", lambda: 1_000_000.0)
    statuses = [close(canary, "wrong").status_code for _ in range(4)]
    assert statuses == [400, 400, 400, 429]
    assert close(canary).status_code == 429


def test_sessions_that_ended_meanwhile_close_nothing(canary):
    stale = User.objects.get(pk=canary.pk)
    workflow.end_all_sessions(canary, by=canary, at=now())
    with pytest.raises(RuleViolation) as refused:
        workflow.close_account(stale, password=PASSWORD, at=now())
    assert refused.value.code == "token_revoked"
    assert unchanged(canary)
