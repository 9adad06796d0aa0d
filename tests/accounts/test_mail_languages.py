"""Whose language a mail is in: the reader's, whoever caused it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts import workflow
from accounts.models import User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.outbox.workflow import send_due
from competition_site.rules import RuleViolation
from registrations import workflow as registrations
from tests.api import Api
from tests.factories import (
    PASSWORD,
    add_member,
    make_competition,
    make_document,
    make_registration,
    make_staff,
    make_user,
)

pytestmark = pytest.mark.django_db

ACCOUNT = {"email": "sari@mail.example", "password": PASSWORD, "full_name": "Sari Dewi"}


def newest(kind: str) -> OutboxMessage:
    found = OutboxMessage.objects.filter(kind=kind).order_by("-id").first()
    assert found is not None
    return found


def register(api: Api, **headers: str) -> User:
    assert api.post("/auth/register", ACCOUNT, **headers).status_code == 201
    return User.objects.get(email=ACCOUNT["email"])


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("id", "id"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("en-GB", "en"),
        ("fr, id;q=0.5", "id"),
        ("fr", "en"),
        ("xx" * 300, "en"),
    ],
)
def test_an_account_speaks_the_language_it_was_opened_in(anyone, header, language):
    user = register(anyone, Accept_Language=header)
    assert user.language == language
    assert newest("verify_email").language == language


def test_without_the_header_an_account_speaks_english(anyone):
    assert register(anyone).language == "en"


@pytest.mark.parametrize(
    ("header", "language"), [({}, "id"), ({"Accept_Language": "en"}, "en")]
)
def test_a_log_in_changes_the_language_only_where_it_names_one(
    anyone, header: dict[str, str], language: str
):
    user = make_user(language="id")
    body = {"email": user.email, "password": PASSWORD}
    assert anyone.post("/auth/login", body, **header).status_code == 200
    user.refresh_from_db()
    assert user.language == language


def test_a_body_cannot_name_the_language(anyone):
    answer = anyone.post("/auth/register", {**ACCOUNT, "language": "id"})
    assert answer.status_code == 400


def test_a_reset_is_mailed_in_the_owners_language_whoever_asks(anyone):
    user = make_user(language="id")
    anyone.post("/auth/password/forgot", {"email": user.email}, Accept_Language="en")
    send_due()
    assert [sent.subject for sent in mail.outbox] == ["Buat kata sandi baru"]


def test_a_stolen_session_is_told_in_the_owners_language():
    user = make_user(language="id")
    at = now()
    session = workflow.open_session(user, at=at, device="x", address="")
    used = session.refresh_jti
    workflow.rotate(session.pk, jti=used, ver=1, at=at)
    with pytest.raises(RuleViolation):
        workflow.rotate(session.pk, jti=used, ver=1, at=at + timedelta(minutes=1))
    assert newest("token_reused").language == "id"


def test_the_leader_reads_their_own_language_whoever_approves(as_user):
    leader = make_user(language="id")
    registration = make_registration(leader=leader)
    registrations.submit(registration, by=leader, at=now())
    path = f"/registrations/{registration.pk}/approve"
    answer = as_user(make_staff()).post(path, Accept_Language="en")
    assert answer.status_code == 200
    assert newest("registration_submitted").language == "id"
    approval = newest("registration_approved")
    assert approval.language == "id"
    assert "disetujui" in approval.body
    assert 'lang="id"' in approval.html


def test_an_invitation_is_in_the_invited_persons_language_where_known():
    leader = make_user(language="en")
    registration = make_registration(make_competition(), leader=leader)
    known = make_user(language="id")
    invite(registration, known.email)
    assert newest("invitation").language == "id"
    invite(registration, "nobody.yet@mail.example")
    assert newest("invitation").language == "en"


def invite(registration: Any, email: str) -> None:
    registrations.invite(registration, email=email, by=registration.leader, at=now())


def test_who_joins_and_whose_document_is_refused_are_told_in_their_language():
    leader = make_user(language="id")
    registration = make_registration(make_competition(), leader=leader)
    add_member(registration)
    assert newest("member_joined").language == "id"
    document = make_document(registration)
    registrations.refuse_document(document, reason="Blurred.", by=make_staff())
    assert newest("document_refused").language == "id"
