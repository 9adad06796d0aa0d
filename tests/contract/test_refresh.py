"""Refresh tokens rotate: one token, one successor, and a stolen one ends it all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditEvent, Session
from competition_site.clock import now
from tests.contract.answers import refusal
from tests.contract.forged import claims_of, signed, signed_by_hand, unsigned
from tests.factories import PASSWORD
from tests.racing import race

pytestmark = pytest.mark.django_db

REVOKED = (401, "token_revoked")
INVALID = (401, "token_invalid")


@pytest.fixture
def given(anyone, student) -> dict[str, str]:
    """What a log-in gave."""
    login = {"email": student.email, "password": PASSWORD}
    return anyone.post("/auth/login", login).json()["data"]


def refresh(anyone, token: str):
    return anyone.post("/auth/refresh", {"refresh": token})


def exchanged(anyone, token: str) -> dict[str, str]:
    response = refresh(anyone, token)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def let_pass(seconds: float) -> None:
    """Let the last rotation be that long ago."""
    Session.objects.update(rotated_at=now() - timedelta(seconds=seconds))


def test_a_pair_has_the_contracts_keys_and_claims(anyone, given, student):
    assert given.keys() == {"access", "refresh", "access_expires_in", "user"}
    assert given["access_expires_in"] == 24 * 3600
    assert given["user"].keys() == {
        "id",
        "email",
        "role",
        "full_name",
        "email_verified",
    }
    pair = exchanged(anyone, given["refresh"])
    assert pair.keys() == {"access", "refresh", "access_expires_in"}
    names = {"id", "role", "sid", "ver", "jti", "iat", "exp", "token_type"}
    for token in (given["access"], given["refresh"], pair["access"], pair["refresh"]):
        assert claims_of(token).keys() == names
        assert claims_of(token)["id"] == str(student.pk)
    claims = claims_of(given["refresh"])
    assert claims["exp"] - claims["iat"] == 7 * 24 * 3600


def test_a_token_has_one_successor(anyone, given):
    first = exchanged(anyone, given["refresh"])
    again = exchanged(anyone, given["refresh"])
    assert first["refresh"] == again["refresh"] != given["refresh"]
    second = exchanged(anyone, first["refresh"])
    assert second["refresh"] not in {first["refresh"], given["refresh"]}
    for pair in (first, again, second):
        anyone.token = pair["access"]
        assert anyone.get("/me").status_code == 200


@pytest.mark.parametrize("seconds", [0, 9])
def test_within_ten_seconds_the_same_token_gives_the_same_successor(
    anyone, given, seconds
):
    first = exchanged(anyone, given["refresh"])
    let_pass(seconds)
    again = exchanged(anyone, given["refresh"])
    names = ("jti", "sid", "exp")
    assert [claims_of(again["refresh"])[n] for n in names] == [
        claims_of(first["refresh"])[n] for n in names
    ]
    assert Session.objects.get().revoked_at is None


def test_after_ten_seconds_reuse_ends_the_whole_family(anyone, given):
    first = exchanged(anyone, given["refresh"])
    let_pass(10.1)
    assert refusal(refresh(anyone, given["refresh"])) == REVOKED
    assert Session.objects.get().revoked_at is not None
    assert AuditEvent.objects.filter(action="session.refresh_token_reused").count() == 1
    assert refusal(refresh(anyone, first["refresh"])) == REVOKED
    for pair in (given, first):
        assert refusal(anyone.get("/me", Authorization=f"Bearer {pair['access']}")) == (
            REVOKED
        )


def test_the_grandfather_of_a_token_ends_the_family_at_once(anyone, given):
    first = exchanged(anyone, given["refresh"])
    exchanged(anyone, first["refresh"])
    assert refusal(refresh(anyone, given["refresh"])) == REVOKED
    assert Session.objects.get().revoked_at is not None


def test_another_session_of_the_same_person_goes_on(anyone, given, student):
    login = {"email": student.email, "password": PASSWORD}
    other = anyone.post("/auth/login", login).json()["data"]
    exchanged(anyone, given["refresh"])
    let_pass(11)
    refresh(anyone, given["refresh"])
    assert refresh(anyone, other["refresh"]).status_code == 200


def test_there_is_no_grace_once_the_session_has_ended(anyone, given):
    first = exchanged(anyone, given["refresh"])
    anyone.post("/auth/logout", {"refresh": first["refresh"]})
    for token in (given["refresh"], first["refresh"]):
        assert refusal(refresh(anyone, token)) == REVOKED


def test_of_sixteen_at_once_all_get_one_successor(anyone, given):
    responses = race(*[lambda: refresh(anyone, given["refresh"])] * 16)
    assert {r.status_code for r in responses} == {200}
    assert len({r.json()["data"]["refresh"] for r in responses}) == 1


def test_what_is_no_refresh_token_is_refused(anyone, given):
    claims = claims_of(given["refresh"])
    for token in (
        given["access"],
        unsigned(claims),
        signed(claims, key="x" * 64),
        signed({**claims, "sid": claims["jti"]}),
        given["refresh"][:-1],
        "abc",
        "a.b.c",
        "é",
        "Bearer " + given["refresh"],
    ):
        assert refusal(refresh(anyone, token))[0] == 401
    expired = signed({**claims, "exp": int(now().timestamp()) - 3})
    assert refusal(refresh(anyone, expired)) == (401, "token_expired")
    assert refresh(anyone, given["refresh"]).status_code == 200


@pytest.mark.parametrize("claim", ["id", "sid", "ver", "jti", "exp", "token_type"])
@pytest.mark.parametrize("value", [None, [], {"$ne": 1}, -1, "x\x00", 10**30])
def test_a_claim_of_another_kind_gets_no_token(anyone, given, claim, value):
    token = signed_by_hand({**claims_of(given["refresh"]), claim: value})
    assert refusal(refresh(anyone, token))[0] == 401


@pytest.mark.parametrize(
    "body", [{}, {"refresh": None}, {"refresh": ["a"]}, {"refresh": ""}, []]
)
def test_a_body_without_a_token_is_a_bad_value(anyone, body):
    response = anyone.post("/auth/refresh", body)
    assert refusal(response) == (400, "validation_error")


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh"])
def test_whoever_holds_an_ended_bearer_may_still_get_a_new_one(
    anyone, given, student, path
):
    anyone.token = "ended"
    body = {
        "/auth/login": {"email": student.email, "password": PASSWORD},
        "/auth/refresh": {"refresh": given["refresh"]},
    }[path]
    assert anyone.post(path, body).status_code == 200
