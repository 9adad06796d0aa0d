"""Which sites may read answers in a browser, and which may change something."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from tests.contract.answers import check_headers, refusal
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

GOOD = "https://good.example"
TWINS = [
    "null",
    "https://good.example.evil",
    "https://evilgood.example",
    "https://sub.good.example",
    "http://good.example",
    "https://good.example:8443",
    "https://GOOD.example",
    "https://good.example.",
    "https://good.example, https://evil.example",
    "*",
]
PERSON = {"email": "new@mail.example", "password": PASSWORD, "full_name": "New"}


@pytest.fixture(autouse=True)
def _one_origin(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [GOOD]


def preflight(anyone, origin: str, **headers: str):
    asked = {"Access-Control-Request-Method": "PATCH", **headers}
    return anyone.client.options("/api/v1/me", headers={"Origin": origin, **asked})


@pytest.mark.parametrize("path", ["/competitions", "/me", "/nowhere"])
def test_a_listed_site_may_read(anyone, path):
    response = anyone.get(path, Origin=GOOD)
    assert response["Access-Control-Allow-Origin"] == GOOD
    exposed = set(response["Access-Control-Expose-Headers"].split(", "))
    assert exposed == {
        "ETag",
        "Location",
        "Content-Disposition",
        "Retry-After",
        "X-Request-ID",
        "Idempotency-Replayed",
    }
    assert "Access-Control-Allow-Credentials" not in response
    assert "origin" in response["Vary"].lower()


@pytest.mark.parametrize("origin", TWINS)
def test_another_site_may_not_read(anyone, origin):
    for response in (
        anyone.get("/competitions", Origin=origin),
        preflight(anyone, origin),
    ):
        assert response.status_code == 200
        assert "Access-Control-Allow-Origin" not in response
        assert "Access-Control-Allow-Credentials" not in response
        assert "origin" in response["Vary"].lower()


def test_an_answer_without_an_origin_varies_all_the_same(anyone):
    assert "origin" in anyone.get("/competitions")["Vary"].lower()
    assert "origin" in anyone.get("/me")["Vary"].lower()


def test_a_preflight_lists_what_is_used(anyone):
    response = preflight(anyone, GOOD)
    assert response.status_code == 200
    assert response.content == b""
    assert response["Access-Control-Allow-Origin"] == GOOD
    assert response["Access-Control-Max-Age"] == "7200"
    assert set(response["Access-Control-Allow-Headers"].split(", ")) == {
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "x-request-id",
    }
    methods = set(response["Access-Control-Allow-Methods"].split(", "))
    assert methods == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert "Access-Control-Allow-Credentials" not in response
    check_headers(response)


def test_a_preflight_needs_no_token_and_is_answered_anywhere(anyone):
    asked = {"Origin": GOOD, "Access-Control-Request-Method": "POST"}
    response = anyone.client.options("/api/v1/nowhere", headers=asked)
    assert response["Access-Control-Allow-Origin"] == GOOD


@pytest.mark.parametrize("origin", [*TWINS, "https://good.example/"])
def test_a_change_from_another_site_is_refused_before_it_runs(anyone, origin):
    response = anyone.post("/auth/register", PERSON, Origin=origin)
    assert refusal(response) == (403, "origin_not_allowed")
    assert not User.objects.exists()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_every_writing_method_is_held_to_it(as_user, student, method):
    api = as_user(student)
    response = api.request(method, "/me", {"full_name": "Evil"}, Origin="null")
    assert refusal(response) == (403, "origin_not_allowed")
    student.refresh_from_db()
    assert student.full_name != "Evil"


@pytest.mark.parametrize(
    "headers", [{"Origin": GOOD}, {"Origin": "http://testserver"}, {}]
)
def test_listed_sites_the_own_and_no_browser_may_change(anyone, headers):
    assert anyone.post("/auth/register", PERSON, **headers).status_code == 201


def test_a_refused_site_cannot_read_why(anyone):
    response = anyone.post("/auth/register", PERSON, Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "testserver@evil.example"},
        {"Host": "testserver evil"},
    ],
)
def test_a_forged_host_is_refused(anyone, headers):
    assert refusal(anyone.get("/competitions", **headers)) == (400, "validation_error")


def test_forwarded_hosts_are_not_believed(anyone):
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    origin = {"Origin": "https://evil.example"}
    response = anyone.client.post("/api/v1/auth/login", headers={**headers, **origin})
    assert refusal(response) == (403, "origin_not_allowed")
