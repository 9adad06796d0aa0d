"""Addresses that look alike are one, and mail goes to the stored one only."""

from __future__ import annotations

import unicodedata

import pytest
from django.core import mail

from accounts.models import User
from competition_site.outbox.workflow import send_due
from tests.api import Api
from tests.factories import PASSWORD, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db

STORED = "kiki@mail.example"
SAME = {
    "upper case": "KIKI@MAIL.EXAMPLE",
    "upper domain": "kiki@MAIL.example",
    "blanks around": "  kiki@mail.example\t",
    "line feed after": "kiki@mail.example\n",
    "Kelvin sign": "\u212aiki@mail.example",
    "two Kelvin signs": "\u212ai\u212ai@mail.example",
    "full width": "\uff4b\uff49\uff4b\uff49@mail.example",
    "full-width at": "kiki\uff20mail.example",
    "zero-width blank": "ki\u200bki@mail.example",
    "zero-width joiner": "ki\u200dki@mail.example",
    "soft hyphen": "ki\u00adki@mail.example",
    "byte order mark": "\ufeffkiki@mail.example",
    "right-to-left override": "\u202ekiki@mail.example",
    "word joiner in the domain": "kiki@ma\u2060il.example",
    "mathematical letters": "\U0001d424\U0001d422\U0001d424\U0001d422@mail.example",
}
REFUSED = {
    "dotless i": "k\u0131ki@mail.example",
    "dotted capital i": "k\u0130ki@mail.example",
    "Cyrillic k": "\u043aiki@mail.example",
    "combining accent": unicodedata.normalize("NFD", "kíki@mail.example"),
    "composed accent": unicodedata.normalize("NFC", "kíki@mail.example"),
    "Cyrillic domain": "kiki@m\u0430il.example",
    "ideographic full stop": "kiki@mail\u3002example",
    "dot at the end": "kiki@mail.example.",
    "two ats": "kiki@mail.example@evil.example",
    "a name around it": "Kiki <kiki@mail.example>",
    "a second one": "kiki@mail.example,evil@evil.example",
    "a header": "kiki@mail.example\nBcc: evil@evil.example",
    "NUL": "kiki\0@mail.example",
    "quoted": '"kiki"@mail.example',
    "a comment": "kiki(x)@mail.example",
}


def register(api: Api, email: str) -> tuple[int, str | None]:
    body = {"email": email, "password": PASSWORD, "full_name": "Kiki"}
    answer = api.post("/auth/register", body)
    return answer.status_code, answer.json()["data"].get("code")


@pytest.mark.parametrize("email", SAME.values(), ids=SAME.keys())
def test_a_variant_is_the_same_account(anyone: Api, email: str):
    assert register(anyone, STORED) == (201, None)
    assert register(anyone, email) == (409, "email_taken")
    assert list(User.objects.values_list("email", flat=True)) == [STORED]
    body = {"email": email, "password": PASSWORD}
    assert anyone.post("/auth/login", body).status_code == 200


@pytest.mark.parametrize("email", SAME.values(), ids=SAME.keys())
def test_a_variant_that_comes_first_is_stored_in_the_one_form(anyone: Api, email: str):
    assert register(anyone, email) == (201, None)
    assert User.objects.get().email == STORED
    assert register(anyone, STORED) == (409, "email_taken")


@pytest.mark.parametrize("email", REFUSED.values(), ids=REFUSED.keys())
def test_a_look_alike_is_refused_and_makes_no_second_account(anyone: Api, email: str):
    make_user(email=STORED)
    status, code = register(anyone, email)
    assert status == 400
    assert code in {"validation_error", "malformed_json"}
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "email", [*SAME.values(), *REFUSED.values()], ids=[*SAME, *REFUSED]
)
def test_a_reset_is_mailed_to_the_stored_address_or_to_nobody(anyone: Api, email: str):
    make_user(email=STORED)
    answer = anyone.post("/auth/password/forgot", {"email": email})
    assert answer.status_code in {200, 400}
    send_due()
    assert {to for sent in mail.outbox for to in sent.recipients()} <= {STORED}
    assert len(mail.outbox) == (email in SAME.values())


def test_of_16_parallel_variants_one_is_registered():
    variants = list(SAME.values())
    answers = race(*[lambda email=email: register(Api(), email) for email in variants])
    assert sorted(answers) == [(201, None)] + [(409, "email_taken")] * (
        len(variants) - 1
    )
    assert User.objects.count() == 1


def test_control_without_folding_variants_are_several(anyone: Api, monkeypatch):
    from accounts import serializers
    from accounts.models import user as model
    from accounts.workflow import people

    for module in (serializers, model, people):
        monkeypatch.setattr(module, "normalised_email", lambda text: text.strip())
    assert register(anyone, STORED) == (201, None)
    assert register(anyone, SAME["upper case"]) == (201, None)
    assert User.objects.count() == 2
