"""Forged, broken and misplaced tokens are 401, each and everywhere, and never 500."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import jwt
import pytest
from django.conf import settings as configured

from accounts import tokens
from accounts.models import User
from tests.api import Api, access_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db

WRONG_KEY = "w" * 48


def claims(user: User) -> dict[str, Any]:
    """The claims of a token that is good."""
    return jwt.decode(
        access_token(user), configured.JWT_SIGNING_KEY, algorithms=["HS256"]
    )


def part(content: object) -> str:
    text = json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(user: User, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token with our own key and other claims; None takes a claim away."""
    payload = {**claims(user), **changes}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, configured.JWT_SIGNING_KEY, "HS256", headers=header)


def by_the_secret_as_rs256(user: User) -> str:
    """HMAC over a header that says RS256: the old confusion of algorithms."""
    head = part({"alg": "RS256", "typ": "JWT"})
    body = part(claims(user))
    hmac = jwt.get_algorithm_by_name("HS256")
    key = hmac.prepare_key(configured.JWT_SIGNING_KEY)
    signature = hmac.sign(f"{head}.{body}".encode(), key)
    return f"{head}.{body}." + base64.urlsafe_b64encode(signature).decode().rstrip("=")


def refresh_token(user: User) -> str:
    return signed(user, token_type="refresh")


FORGED: dict[str, Callable[[User], str]] = {
    "alg none": lambda user: jwt.encode(claims(user), None, "none"),
    "alg none with our signature": lambda user: (
        part({"alg": "none"}) + signed(user)[signed(user).index(".") :]
    ),
    "alg HS512": lambda user: jwt.encode(
        claims(user), configured.JWT_SIGNING_KEY + "0" * 32, "HS512"
    ),
    "alg HS384 by our key": lambda user: jwt.encode(
        claims(user), configured.JWT_SIGNING_KEY, "HS384"
    ),
    "RS256 by the secret": by_the_secret_as_rs256,
    "wrong key": lambda user: jwt.encode(claims(user), WRONG_KEY, "HS256"),
    "Django's key": lambda user: jwt.encode(
        claims(user), configured.SECRET_KEY, "HS256"
    ),
    "empty key": lambda user: f"{part({'alg': 'HS256'})}.{part(claims(user))}.",
    "truncated": lambda user: access_token(user)[:-10],
    "no signature": lambda user: access_token(user).rpartition(".")[0],
    "100 kB": lambda user: access_token(user) + "A" * 100_000,
    "100 kB of dots": lambda _user: "." * 100_000,
    "100 kB claim": lambda user: signed(user, extra="x" * 100_000) + "x",
    "not ASCII": lambda user: access_token(user) + "é",
    "not base64": lambda _user: "!!!.???.###",
    "not JSON": lambda _user: f"{part('x')}.{part([1])}.x",
    "header of nested JSON": lambda _user: (
        base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.x"
    ),
    "unknown critical header": lambda user: signed(user, {"crit": ["x"], "x": 1}),
    "a refresh token": refresh_token,
    "an operator for a user": lambda user: signed(user, id={"$ne": 1}),
    "an operator for a session": lambda user: signed(user, sid={"$ne": 1}),
    "a list for a session": lambda user: signed(user, sid=[claims(user)["sid"]]),
    "a number for a session": lambda user: signed(user, sid=1),
    "no UUID": lambda user: signed(user, sid="1"),
    "NUL in a session": lambda user: signed(user, sid="\0"),
    "an operator for a version": lambda user: signed(user, ver={"$gt": 0}),
    "another version": lambda user: signed(user, ver=2),
    "words for an expiry": lambda user: signed(user, exp="tomorrow"),
    "the past as expiry": lambda user: signed(user, exp=1),
    "an expiry below nought": lambda user: signed(user, exp=-1),
    "not yet issued": lambda user: signed(user, iat=4_000_000_000),
    "not yet valid": lambda user: signed(user, nbf=4_000_000_000),
    "another user": lambda user: signed(user, id=str(make_user(token_version=9).pk)),
    "nobody": lambda user: signed(user, id=str(UUID(int=7))),
    **{
        f"no {claim}": (lambda user, claim=claim: signed(user, **{claim: None}))
        for claim in ("id", "role", "sid", "ver", "jti", "iat", "exp", "token_type")
    },
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_or_broken_token_is_401(anyone: Api, student: User, forge: Any):
    header = f"Bearer {forge(student)}"
    for method, path in (("GET", "/me"), ("PATCH", "/me"), ("GET", "/competitions")):
        answer = anyone.request(method, path, None, Authorization=header)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        code = answer.json()["data"]["code"]
        assert code in {"token_invalid", "token_expired", "token_revoked"}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_or_broken_refresh_token_is_401(
    anyone: Api, student: User, forge: Any
):
    raw = forge(student)
    answer = anyone.post("/auth/refresh", {"refresh": raw})
    # a text in a body has a greatest length, and its field is named
    assert answer.status_code == (400 if len(raw) > 4096 else 401)


SCHEMES = {
    "lower case": "bearer {}",
    "two spaces": "Bearer  {}",
    "trailing space": "Bearer {} ",
    "tab": "Bearer\t{}",
    "no scheme": "{}",
    "another scheme": "Token {}",
    "basic": "Basic {}",
    "twice": "Bearer {0} {0}",
    "a list": "Bearer {0}, Bearer {0}",
    "empty": "Bearer ",
    "bare": "Bearer",
    "nothing": "",
    "quoted": 'Bearer "{}"',
}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES.keys())
def test_a_header_that_is_not_exactly_a_bearer_is_401(
    anyone: Api, student: User, scheme: str
):
    header = scheme.format(access_token(student))
    answer = anyone.get("/me", Authorization=header)
    assert answer.status_code == 401


def test_control_the_same_token_in_its_place_is_200(anyone: Api, student: User):
    header = f"Bearer {access_token(student)}"
    assert anyone.get("/me", Authorization=header).status_code == 200


@pytest.mark.parametrize("name", ["access", "token", "access_token", "jwt", "bearer"])
def test_a_token_elsewhere_is_not_looked_at(anyone: Api, student: User, name: str):
    token = access_token(student)
    assert anyone.get(f"/me?{name}={token}").status_code == 401
    anyone.client.cookies[name] = token
    anyone.client.cookies["Authorization"] = f"Bearer {token}"
    assert anyone.get("/me").status_code == 401
    answer = anyone.request("PATCH", "/me", {name: token, "full_name": "X"})
    assert answer.status_code == 401


def test_the_previous_key_is_read_and_no_other(anyone: Api, student: User, settings):
    old = jwt.encode(claims(student), WRONG_KEY, "HS256")
    settings.JWT_PREVIOUS_SIGNING_KEY = WRONG_KEY
    assert anyone.get("/me", Authorization=f"Bearer {old}").status_code == 200
    settings.JWT_PREVIOUS_SIGNING_KEY = "x" * 48
    assert anyone.get("/me", Authorization=f"Bearer {old}").status_code == 401


def test_another_servers_clock_may_be_two_seconds_off(anyone: Api, student: User):
    moment = claims(student)["iat"]
    ahead = signed(student, iat=moment + 1)
    assert anyone.get("/me", Authorization=f"Bearer {ahead}").status_code == 200
    far = signed(student, iat=moment + 10)
    assert anyone.get("/me", Authorization=f"Bearer {far}").status_code == 401


def test_control_a_reader_that_trusts_the_header_lets_alg_none_in(
    anyone: Api, student: User, monkeypatch
):
    def trusting(self: Any, token: Any, verify: bool = True) -> Any:
        return jwt.decode(token, options={"verify_signature": False})

    monkeypatch.setattr(tokens.SigningBackend, "decode", trusting)
    header = f"Bearer {FORGED['alg none'](student)}"
    assert anyone.get("/me", Authorization=header).status_code == 200
