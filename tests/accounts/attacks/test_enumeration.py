"""Whether an address has an account is told by no answer, no work and no mail count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import workflow
from accounts.models import User
from competition_site.api import throttles
from competition_site.outbox.models import OutboxMessage
from competition_site.outbox.workflow import send_due
from tests.api import Api
from tests.factories import PASSWORD, make_registration, make_user

pytestmark = pytest.mark.django_db

TIMES = 200
INVITATIONS = 20


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for every password hash that is computed."""
    computed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        computed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return computed


def addresses() -> dict[str, str]:
    """A known address, an unknown one, that of a closed account, and one that has no
    password."""
    passwordless = make_user()
    passwordless.set_unusable_password()
    passwordless.save()
    return {
        "known": make_user().email,
        "unknown": "nobody@mail.example",
        "inactive": make_user(is_active=False).email,
        "passwordless": passwordless.email,
    }


def seen(call: Callable[[], Any]) -> tuple[int, str, int]:
    """What a caller may see of a request, and how many commands it cost."""
    with CaptureQueriesContext(connection) as commands:
        answer = call()
    return answer.status_code, answer.content.decode(), len(commands)


def test_a_wrong_password_is_the_same_for_known_unknown_and_inactive(
    anyone: Api, hashes: list[str]
):
    answers = set()
    for email in addresses().values():
        body = {"email": email, "password": "a wrong guess"}
        hashes.clear()
        for _time in range(TIMES):
            answers.add(seen(lambda body=body: anyone.post("/auth/login", body)))
        assert len(hashes) == TIMES
    assert len(answers) == 1
    assert answers.pop()[0] == 401


def test_a_closed_account_is_named_to_who_knows_the_password_only(
    anyone: Api, hashes: list[str]
):
    body = {"email": make_user(is_active=False).email, "password": PASSWORD}
    hashes.clear()
    answer = anyone.post("/auth/login", body)
    assert answer.json()["data"]["code"] == "account_inactive"
    assert len(hashes) == 1


def test_a_forgotten_password_is_the_same_and_one_wish_each(
    anyone: Api, hashes: list[str]
):
    answers = set()
    for email in addresses().values():
        hashes.clear()
        for _time in range(TIMES):
            answers.add(
                seen(
                    lambda email=email: anyone.post(
                        "/auth/password/forgot", {"email": email}
                    )
                )
            )
        assert hashes == []
        wishes = OutboxMessage.objects.filter(recipient=email)
        assert wishes.count() == TIMES
        assert set(wishes.values_list("deferred", "subject", "body")) == {
            (True, "", "")
        }
    assert len(answers) == 1
    assert answers.pop()[0] == 200


def test_only_an_open_account_is_written_to(anyone: Api):
    found = addresses()
    for email in found.values():
        anyone.post("/auth/password/forgot", {"email": email})
    send_due()
    told = {to for sent in mail.outbox for to in sent.recipients()}
    assert told == {found["known"], found["passwordless"]}


def test_asking_for_the_link_again_is_the_same_for_verified_and_unverified(as_user):
    answers = set()
    for verified in (True, False):
        api = as_user(make_user(email_verified=verified))
        answer = api.post("/auth/email/resend")
        answers.add((answer.status_code, answer.content))
    assert len(answers) == 1
    assert answers.pop()[0] == 200


def test_an_invitation_is_the_same_for_known_unknown_and_inactive(
    as_user, hashes: list[str]
):
    shapes = set()
    for email in addresses().values():
        for _time in range(INVITATIONS):
            registration = make_registration()
            api = as_user(registration.leader)
            path = f"/registrations/{registration.pk}/invitations"
            before = OutboxMessage.objects.filter(recipient=email).count()
            hashes.clear()
            answer = api.post(path, {"email": email})
            invitation = answer.json()["data"]
            shape = {key: type(value) for key, value in invitation.items()}
            shapes.add((answer.status_code, tuple(shape.items())))
            assert invitation["email"] == email
            assert hashes == []
            after = OutboxMessage.objects.filter(recipient=email).count()
            assert after == before + 1
    assert len(shapes) == 1
    assert shapes.pop()[0] == 201


def test_control_a_log_in_that_skips_the_hash_is_found_out(
    anyone: Api, hashes: list[str], monkeypatch
):
    monkeypatch.setattr(workflow.sessions, "make_password", lambda password: password)
    body = {"email": "nobody@mail.example", "password": "a wrong guess"}
    anyone.post("/auth/login", body)
    assert hashes == []


# --- mails an hour -----------------------------------------------------------------
@pytest.fixture
def _three_an_hour(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.THROTTLE_LIMITS = {**settings.THROTTLE_LIMITS, "mail_account": "3/1h"}
    monkeypatch.setattr(throttles.time, "time", lambda: 1_000_000.0)


def resets(api: Api, email: str, times: int = 100) -> set[tuple[int, bytes]]:
    spellings = [email, email.upper(), f" {email} ", email.replace("k", "\u212a")]
    answers = [
        api.post("/auth/password/forgot", {"email": spellings[n % len(spellings)]})
        for n in range(times)
    ]
    return {(answer.status_code, answer.content) for answer in answers}


@pytest.mark.usefixtures("_three_an_hour")
@pytest.mark.parametrize("known", [True, False])
def test_100_resets_are_200_and_three_mails(anyone: Api, known: bool):
    email = "kiki@mail.example"
    if known:
        make_user(email=email)
    [(status, _body)] = resets(anyone, email)
    assert status == 200
    assert OutboxMessage.objects.count() == 3
    send_due()
    assert len(mail.outbox) == (3 if known else 0)


@pytest.mark.usefixtures("_three_an_hour")
def test_the_hour_after_allows_three_more(anyone: Api, monkeypatch):
    make_user(email="kiki@mail.example")
    resets(anyone, "kiki@mail.example", 5)
    monkeypatch.setattr(throttles.time, "time", lambda: 1_003_600.0)
    resets(anyone, "kiki@mail.example", 5)
    assert OutboxMessage.objects.count() == 6


@pytest.mark.usefixtures("_three_an_hour")
def test_control_without_the_limit_all_are_mailed(anyone: Api, monkeypatch):
    make_user(email="kiki@mail.example")
    monkeypatch.setattr(throttles, "count", lambda *_args: None)
    resets(anyone, "kiki@mail.example", 20)
    assert OutboxMessage.objects.count() == 20


@pytest.mark.usefixtures("_three_an_hour")
def test_the_fourth_link_of_an_hour_is_429(as_user):
    user = make_user(email_verified=False)
    api = as_user(user)
    statuses = [api.post("/auth/email/resend").status_code for _time in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert OutboxMessage.objects.filter(recipient=user.email).count() == 3
    assert User.objects.count() == 1
