"""Opening an account: one address, one account; a sound password; a proven address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from time_machine import travel

from accounts.models import MailToken, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from tests.contract.answers import errors_of, refusal
from tests.factories import PASSWORD, mailed_token, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db

EMAIL = "ani@mail.example"
SPELLINGS = [
    "ani@mail.example",
    "ANI@MAIL.EXAMPLE",
    "  Ani@Mail.Example ",
    "ani@mail.example\t",
    "\uff41\uff4e\uff49@mail.example",
    "ani@\uff4d\uff41\uff49\uff4c.example",
    "ANI@mail.example",
]


def register(anyone, email: str = EMAIL, **fields):
    person = {"email": email, "password": PASSWORD, "full_name": "Ani"}
    return anyone.post("/auth/register", person | fields)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_an_address_is_one_account(anyone, spelling):
    assert register(anyone, spelling).status_code == 201
    assert User.objects.get().email == EMAIL
    for other in SPELLINGS:
        assert refusal(register(anyone, other)) == (409, "email_taken")
        login = {"email": other, "password": PASSWORD}
        assert anyone.post("/auth/login", login).status_code == 200
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "email",
    ["an\u200bi@mail.example", "ani@mail.example\u200b", "a\u00adni@mail.example"],
)
def test_invisible_characters_make_no_second_account(anyone, email):
    register(anyone)
    assert refusal(register(anyone, email))[0] in {400, 409}
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "email",
    [
        "ani@mail.example.",
        "ani",
        "ani@",
        "an\u0131@mail.example",
        "\u00e4ni@mail.example",
        "@mail.example",
        "ani@mail",
        "a b@mail.example",
        "ani@mail.example\nBcc: evil@mail.example",
        "ani\x00@mail.example",
        f"{'a' * 250}@mail.example",
        "",
        None,
        5,
        {"$ne": ""},
        ["ani@mail.example"],
    ],
)
def test_what_is_no_address_is_refused(anyone, email):
    assert refusal(register(anyone, email)) in {
        (400, "validation_error"),
        (400, "malformed_json"),
    }
    assert not User.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    "password",
    ["kuda1", "password", "12345678901", "ani@mail.example", "x" * 129, "", None, 12],
)
def test_a_weak_password_is_named(anyone, password):
    response = register(anyone, password=password)
    assert list(errors_of(response)) == ["password"]
    assert not User.objects.exists()


def test_a_password_is_taken_as_it_is(anyone):
    spaced = "  kuda poni 99 "
    assert register(anyone, password=spaced).status_code == 201
    for password, status in ((spaced, 200), (spaced.strip(), 401)):
        login = {"email": EMAIL, "password": password}
        assert anyone.post("/auth/login", login).status_code == status


def test_an_account_is_a_participant_with_an_unproven_address(anyone):
    data = register(anyone).json()["data"]
    assert (data["user"]["role"], data["user"]["email_verified"]) == (
        "participant",
        False,
    )
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert PASSWORD not in user.password


@pytest.mark.parametrize(
    "name",
    ["\u200b", "\ufeff\u202e", "A\nB", "A\u2028B", "A\x07", " ", "", None, {}, []],
)
def test_a_name_that_cannot_be_seen_on_one_line_is_refused(anyone, name):
    assert list(errors_of(register(anyone, full_name=name))) == ["full_name"]
    assert not User.objects.exists()


def test_of_sixteen_at_once_one_gets_the_address(anyone):
    responses = race(*[lambda: register(anyone)] * 16)
    assert sorted(r.status_code for r in responses) == [201] + [409] * 15
    assert User.objects.count() == OutboxMessage.objects.count() == 1


def verify(anyone, token: str):
    return anyone.post("/auth/email/verify", {"token": token})


def test_a_link_proves_the_address_once(anyone):
    register(anyone)
    token = mailed_token(EMAIL)
    assert verify(anyone, token).status_code == 200
    assert User.objects.get().email_verified
    assert refusal(verify(anyone, token)) == (400, "link_invalid")


def test_a_link_runs_out(anyone):
    register(anyone)
    MailToken.objects.update(expires_at=now())
    assert refusal(verify(anyone, mailed_token(EMAIL))) == (400, "link_expired")
    assert not User.objects.get().email_verified


def test_a_link_is_good_for_two_days(anyone):
    register(anyone)
    token = MailToken.objects.get()
    assert token.expires_at - token.created_at >= timedelta(days=2, seconds=-5)


def test_a_link_to_a_former_address_proves_nothing(anyone):
    register(anyone)
    User.objects.update(email="new@mail.example")
    assert refusal(verify(anyone, mailed_token(EMAIL))) == (400, "link_invalid")
    assert not User.objects.get().email_verified


@pytest.mark.parametrize("token", ["abc", "é", "a\ud7ff", "' OR 1=1", "0" * 43])
def test_a_made_up_link_is_refused(anyone, token):
    register(anyone)
    assert refusal(verify(anyone, token)) == (400, "link_invalid")


def test_the_token_goes_by_mail_only(anyone):
    response = register(anyone)
    token = mailed_token(EMAIL)
    assert token not in response.content.decode()
    assert token not in str(list(MailToken.objects.values()))


def test_of_sixteen_uses_of_a_link_one_counts(anyone):
    register(anyone)
    token = mailed_token(EMAIL)
    responses = race(*[lambda: verify(anyone, token)] * 16)
    assert sorted(r.status_code for r in responses) == [200] + [400] * 15


def test_a_fourth_mail_within_the_hour_is_refused(as_user, settings):
    settings.THROTTLE_LIMITS = {**settings.THROTTLE_LIMITS, "mail_account": "3/1h"}
    person, other = (make_user(email_verified=False) for _ in range(2))
    hour = int(now().timestamp()) // 3600 * 3600
    with travel(hour + 60, tick=False):
        fresh = as_user(person)
        answers = [fresh.post("/auth/email/resend") for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert refusal(answers[-1]) == (429, "throttled")
        assert answers[-1]["Retry-After"] == str(3600 - 60)
        assert as_user(other).post("/auth/email/resend").status_code == 200
    mails = OutboxMessage.objects.filter(recipient=person.email)
    assert mails.count() == 3


def test_a_proven_address_gets_no_further_mail(as_user, student):
    assert as_user(student).post("/auth/email/resend").status_code == 200
    assert not OutboxMessage.objects.exists()
