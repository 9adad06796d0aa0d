"""The bearer token: any but a good one of a living session is 401, never 500."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts import tokens, workflow
from accounts.models import Session, User
from accounts.workflow import end_session
from competition_site.clock import now
from tests.contract.answers import refusal
from tests.contract.forged import claims_of, headed, signed, signed_by_hand, unsigned
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

OTHER_KEY = "another-key-of-enough-length-0123456789-0123456789-0123456789-01"
INVALID = (401, "token_invalid")


def with_header(anyone, value: str):
    return anyone.get("/me", Authorization=value)


@pytest.fixture
def good(as_user, student) -> str:
    return as_user(student).token


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  {}",
        "Bearer {} ",
        " Bearer {}x",
        "Bearer {} {}",
        "bearer {}",
        "BEARER {}",
        "Bearer\t{}",
        "Token {}",
        "Basic {}",
        "Bearer {},{}",
        "Bearer é{}",
        "Bearer {}é",
        "Bearer \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "Bearer null",
        "Bearer undefined",
        "Bearer ..",
        "Bearer a.b.c",
        "Bearer " + "a" * 100_000,
        "Bearer " + "." * 100_000,
        "{}",
    ],
)
def test_a_malformed_header_is_refused(anyone, good, header):
    response = with_header(anyone, header.replace("{}", good))
    assert refusal(response) == INVALID


@pytest.mark.parametrize("cut", [1, 10, 43, 44])
def test_a_cut_or_altered_token_is_refused(anyone, good, cut):
    middle = len(good) // 2
    swapped = "A" if good[middle] != "A" else "B"
    altered = f"{good[:middle]}{swapped}{good[middle + 1 :]}"
    for token in (good[:-cut], good[cut:], good + "A" * 4, altered):
        assert refusal(with_header(anyone, f"Bearer {token}")) == INVALID


def test_another_algorithm_or_key_is_refused(anyone, good):
    claims = claims_of(good)
    forged = [
        unsigned(claims),
        unsigned(claims, "None"),
        unsigned(claims, "HS256"),
        signed(claims, alg="HS512", key="x" * 64),
        signed(claims, alg="HS384", key="x" * 64),
        signed(claims, key=OTHER_KEY),
        headed(good, alg="none"),
        headed(good, alg="RS256", typ="JWT"),
        headed(good, alg="HS512", typ="JWT"),
        headed(good, alg=["HS256"]),
        headed(good, alg="HS256", crit=["exp"], b64=False),
        headed(good, alg="HS256", kid="../../dev/null", jku="https://evil.example"),
    ]
    for token in forged:
        assert refusal(with_header(anyone, f"Bearer {token}")) == INVALID


def test_the_same_algorithm_with_our_key_but_longer_is_refused(anyone, good, settings):
    settings.JWT_SIGNING_KEY = settings.JWT_SIGNING_KEY * 2
    stronger = signed(claims_of(good), alg="HS512")
    assert refusal(with_header(anyone, f"Bearer {stronger}")) == INVALID


def test_the_django_secret_signs_no_token(anyone, good, settings):
    token = signed(claims_of(good), key=settings.SECRET_KEY)
    assert refusal(with_header(anyone, f"Bearer {token}")) == INVALID


@pytest.mark.parametrize(
    "claim", ["id", "role", "sid", "ver", "jti", "iat", "exp", "token_type"]
)
def test_a_claim_of_another_kind_is_never_an_error(anyone, good, claim):
    """Even whoever held the key could not break the server with it."""
    claims = claims_of(good)
    for value in (None, "", [], {"$ne": 1}, -1, "x", 10**30, False):
        token = signed_by_hand({**claims, claim: value})
        response = with_header(anyone, f"Bearer {token}")
        if response.status_code == 200:
            assert claim in {"role", "jti", "iat"}  # read from the row, or unused
        else:
            assert refusal(response)[0] == 401
    del claims[claim]
    missing = with_header(anyone, f"Bearer {signed_by_hand(claims)}")
    assert refusal(missing) == INVALID


def test_the_role_of_a_token_is_not_believed(anyone, good):
    anyone.token = signed({**claims_of(good), "role": "admin"})
    assert refusal(anyone.post("/competitions", {}))[0] == 403


def test_a_token_elsewhere_than_in_the_header_is_none(anyone, good):
    for name in ("access_token", "token", "access", "jwt"):
        assert refusal(anyone.get(f"/me?{name}={good}")) == (401, "not_authenticated")
        anyone.client.cookies[name] = good
    assert refusal(anyone.get("/me")) == (401, "not_authenticated")
    response = anyone.client.get("/api/v1/me", headers={"X-Access-Token": good})
    assert refusal(response) == (401, "not_authenticated")


def test_a_refresh_token_is_never_a_bearer(anyone, student):
    at = now()
    session = workflow.open_session(student, at=at, device="", address="")
    anyone.token = tokens.pair(session, at=at)["refresh"]
    assert refusal(anyone.get("/me")) == INVALID


def test_a_token_ends_at_its_time(anyone, good, settings):
    claims = claims_of(good)
    lifetime = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds()
    assert claims["exp"] - claims["iat"] == lifetime == 24 * 3600
    for ended in (3, 3600):  # two seconds are leeway between servers' clocks
        token = signed({**claims, "exp": int(now().timestamp()) - ended})
        response = with_header(anyone, f"Bearer {token}")
        assert refusal(response) == (401, "token_expired")
    token = signed({**claims, "exp": int(now().timestamp()) + 60})
    assert with_header(anyone, f"Bearer {token}").status_code == 200


def test_the_previous_signing_key_is_read_but_signs_nothing(anyone, student, settings):
    login = {"email": student.email, "password": PASSWORD}
    old = anyone.post("/auth/login", login).json()["data"]
    previous, settings.JWT_SIGNING_KEY = settings.JWT_SIGNING_KEY, OTHER_KEY
    anyone.token = old["access"]
    assert refusal(anyone.get("/me")) == INVALID
    settings.JWT_PREVIOUS_SIGNING_KEY = previous
    assert anyone.get("/me").status_code == 200
    new = anyone.post("/auth/refresh", {"refresh": old["refresh"]}).json()["data"]
    settings.JWT_PREVIOUS_SIGNING_KEY = ""
    anyone.token = new["access"]
    assert anyone.get("/me").status_code == 200
    settings.JWT_PREVIOUS_SIGNING_KEY = previous
    expired = signed({**claims_of(old["access"]), "exp": 1}, key=previous)
    assert refusal(with_header(anyone, f"Bearer {expired}")) == (401, "token_expired")
    foreign = signed(claims_of(old["access"]), key="z" * 40)
    assert refusal(with_header(anyone, f"Bearer {foreign}")) == INVALID


def test_an_ended_token_is_called_so_beside_a_previous_key(anyone, good, settings):
    settings.JWT_PREVIOUS_SIGNING_KEY = "p" * 40
    token = signed({**claims_of(good), "exp": int(now().timestamp()) - 60})
    assert refusal(with_header(anyone, f"Bearer {token}")) == (401, "token_expired")


EVENTS = {
    "log-out": lambda user: end_session(Session.objects.get(), by=user, at=now()),
    "deactivation": lambda user: User.objects.update(is_active=False),
    "new version": lambda user: User.objects.update(token_version=2),
}


@pytest.mark.parametrize("event", EVENTS)
def test_what_ends_a_session_is_seen_at_once(anyone, student, event):
    login = {"email": student.email, "password": PASSWORD}
    given = anyone.post("/auth/login", login).json()["data"]
    anyone.token = given["access"]
    assert anyone.get("/me").status_code == 200
    EVENTS[event](student)
    assert refusal(anyone.get("/me")) == (401, "token_revoked")
    changed = anyone.patch("/me", {"full_name": "Ghost"})
    assert refusal(changed) == (401, "token_revoked")
    refreshed = anyone.post("/auth/refresh", {"refresh": given["refresh"]})
    assert refusal(refreshed) == (401, "token_revoked")


def test_a_new_role_is_seen_at_once(as_user, student):
    api = as_user(student)
    assert refusal(api.post("/competitions", {}))[0] == 403
    User.objects.filter(pk=student.pk).update(role="staff")
    assert refusal(api.post("/competitions", {}))[0] == 400
    User.objects.filter(pk=student.pk).update(role="participant")
    assert refusal(api.post("/competitions", {}))[0] == 403


def test_logging_out_ends_this_session_and_no_other(anyone, student):
    login = {"email": student.email, "password": PASSWORD}
    here, there = (anyone.post("/auth/login", login).json()["data"] for _ in range(2))
    for _ in range(2):  # a second time is the same
        response = anyone.post("/auth/logout", {"refresh": here["refresh"]})
        assert (response.status_code, response.json()["data"]) == (200, None)
    answers = []
    for given in (here, there):
        anyone.token = given["access"]
        answers.append(anyone.get("/me").status_code)
    assert answers == [401, 200]


def test_a_session_ends_with_its_last_refresh_token(anyone, student):
    """An access token may outlive neither its session nor its own time."""
    login = {"email": student.email, "password": PASSWORD}
    given = anyone.post("/auth/login", login).json()["data"]
    Session.objects.update(expires_at=now() - timedelta(seconds=1))
    refreshed = anyone.post("/auth/refresh", {"refresh": given["refresh"]})
    assert refusal(refreshed) == (401, "token_revoked")
