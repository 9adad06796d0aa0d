"""Every route, whatever is asked of it, answers in the envelope, never with a 5xx."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from django.http import HttpResponse
from django.test import Client

from competition_site.rules import CODES as OUR_CODES
from tests.contract import faulty
from tests.contract.answers import CODES, check_answer, check_envelope, check_headers
from tests.contract.resolver import blanked, routes
from tests.contract.routes import ROWS
from tests.contract.world import World

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
EXAMPLES = {blanked(row.route): row.route for row in ROWS}
HEALTH = ("/health/live", "/health/ready")
PATHS = [path for path in routes() if path.startswith("/api/")]
UNSERVED = ("/api", "/api/v1", "/api/v1/nowhere", "/api/v2/me", "/health", "/health/x")


@dataclass(frozen=True)
class Asking:
    """One way to ask: as whom, with which headers, body and path."""

    actor: str = "anonymous"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "application/json"
    path: Callable[[str], str] = lambda path: path


ASKINGS = {
    "no token": Asking(),
    "bad token": Asking(headers={"Authorization": "Bearer abc"}),
    "wrong body": Asking("owner", body=b'{"nothing": [1]}'),
    "wrong body, staff": Asking("staff", body=b'{"nothing": [1]}'),
    "wrong body, judge": Asking("judge_assigned", body=b'{"nothing": [1]}'),
    "no object as body": Asking("owner", body=b'["nothing"]'),
    "form body": Asking("owner", body=b"a=1", content_type="text/plain"),
    "unknown Accept": Asking("owner", {"Accept": "text/html"}),
    "malformed JSON": Asking("owner", body=b'{"a": '),
    "malformed JSON, staff": Asking("staff", body=b'{"a": '),
    "malformed JSON, judge": Asking("judge_assigned", body=b'{"a": '),
    "trailing slash": Asking("owner", path=lambda path: f"{path}/"),
    "unknown parameter": Asking("staff", path=lambda path: f"{path}?nothing=1"),
    "broken conditions": Asking(headers={"If-Match": "x", "If-None-Match": '"'}),
    "dates of yore": Asking(headers={"If-Unmodified-Since": "Thu, 1 Jan 1970"}),
}


@pytest.mark.parametrize("path", [*PATHS, *HEALTH, *UNSERVED])
def test_every_answer_keeps_the_promises(path: str):
    world = World()
    api = Client(raise_request_exception=False, enforce_csrf_checks=True)
    asked = _example(world, path)
    for asking in ASKINGS.values():
        headers = {**_bearer(world, asking.actor), **asking.headers}
        for method in METHODS:
            response = api.generic(
                method,
                asking.path(asked),
                asking.body,
                content_type=asking.content_type,
                headers=headers,
            )
            check_answer(response, method)


def test_a_foreign_host_gets_the_envelope_too():
    for path in (*routes(), *UNSERVED):
        asked = path.replace("{}", "any")
        response = Client().get(asked, headers={"Host": "evil.example"})
        assert response.status_code == 400
        check_answer(response)


@pytest.mark.parametrize("path", ["/broken/view", "/broken/function"])
def test_an_unforeseen_error_tells_the_request_id_and_nothing_else(
    anyone, settings, caplog, path
):
    settings.ROOT_URLCONF = "tests.contract.faulty"
    caplog.set_level("ERROR")
    response = anyone.get(path)
    body = response.json()
    assert response.status_code == 500
    check_headers(response)
    check_envelope(response)
    assert body["data"] == {
        "code": "server_error",
        "errors": {},
        "request_id": response["X-Request-ID"],
    }
    assert response["X-Request-ID"] in body["message"]
    assert faulty.DETAIL not in response.content.decode()


def test_our_codes_are_the_contracts():
    assert set(OUR_CODES) <= CODES


def test_the_check_sees_what_is_wrong():
    broken = [
        {"success": True, "data": None, "message": "OK", "more": 1},
        {"success": False, "data": {"code": "oops", "errors": {}}, "message": "No."},
        {"success": False, "data": {"code": "not_found"}, "message": "No."},
        {"success": True, "data": 1, "message": "OK"},
        {"success": False, "data": None, "message": "No."},
    ]
    for body in broken:
        response = HttpResponse(json.dumps(body), content_type="application/json")
        response.status_code = 200 if body["success"] else 404
        with pytest.raises(AssertionError):
            check_envelope(response)


def _example(world: World, path: str) -> str:
    return world.path(EXAMPLES.get(path, path))


def _bearer(world: World, actor: str) -> dict[str, str]:
    token = world.client(actor).token
    return {"Authorization": f"Bearer {token}"} if token else {}
