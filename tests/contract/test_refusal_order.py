"""A request that may be refused for two reasons hears of the earlier one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.answers import refusal
from tests.contract.world import World

pytestmark = pytest.mark.django_db

NOBODY = "/registrations/01900000-0000-7000-8000-000000000000"
FOREIGN = {"Origin": "https://evil.example"}
HTML = {"Accept": "text/html"}
STALE = {"If-Match": '"999"'}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def _no_more_writes(settings: Any) -> None:
    settings.THROTTLE_LIMITS = {**settings.THROTTLE_LIMITS, "write_user": "0/1m"}


def send(api: Any, method: str, path: str, content: bytes = b"", **asked: Any) -> Any:
    """A request with bytes as its body, whatever they are."""
    headers = asked.pop("headers", {})
    if api.token:
        headers = {"Authorization": f"Bearer {api.token}", **headers}
    kind = asked.pop("content_type", "application/json")
    path = f"/api/v1{path}"
    return api.client.generic(method, path, content, content_type=kind, headers=headers)


def test_the_host_comes_before_the_origin(anyone):
    headers = {"Host": "evil.example", **FOREIGN}
    response = send(anyone, "POST", "/auth/login", headers=headers)
    assert refusal(response) == (400, "validation_error")


def test_the_origin_comes_before_the_path(anyone):
    response = send(anyone, "POST", "/nowhere", headers=FOREIGN)
    assert refusal(response) == (403, "origin_not_allowed")


def test_the_path_comes_before_the_accepted_type(anyone):
    response = send(anyone, "GET", "/nowhere", headers=HTML)
    assert refusal(response) == (404, "not_found")


@pytest.mark.parametrize("token", [None, "abc"])
def test_the_accepted_type_comes_before_the_token(anyone, token):
    anyone.token = token
    response = send(anyone, "GET", "/me", headers=HTML)
    assert refusal(response) == (406, "not_acceptable")


def test_the_token_comes_before_the_role(anyone):
    anyone.token = "abc"
    assert refusal(send(anyone, "POST", "/competitions")) == (401, "token_invalid")


@pytest.mark.usefixtures("_no_more_writes")
def test_the_role_comes_before_the_request_limit(world):
    response = send(world.client("owner"), "POST", "/competitions")
    assert refusal(response) == (403, "permission_denied")


@pytest.mark.usefixtures("_no_more_writes")
def test_the_request_limit_comes_before_the_method(world):
    response = send(world.client("staff"), "DELETE", "/competitions")
    assert refusal(response) == (429, "throttled")
    assert int(response["Retry-After"]) > 0


def test_the_method_comes_before_the_object(world):
    response = send(world.client("owner"), "PUT", NOBODY)
    assert refusal(response) == (405, "method_not_allowed")
    assert "PATCH" in response["Allow"]


def test_a_hidden_object_comes_before_what_may_be_done_with_it(world):
    path = world.path("/registrations/{draft}")
    response = send(world.client("stranger"), "PATCH", path)
    assert refusal(response) == (404, "not_found")


def test_what_may_be_done_comes_before_the_version(world):
    path = world.path("/registrations/{draft}")
    response = send(world.client("mate"), "PATCH", path, b"{", headers=STALE)
    assert refusal(response) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"{", "application/json", (400, "malformed_json")),
        (b'{"nothing": 1}', "application/json", (400, "validation_error")),
        (b"a", "text/plain", (415, "unsupported_media_type")),
        (b" " * (1024 * 1024 + 1), "application/json", (413, "payload_too_large")),
    ],
    ids=["malformed", "invalid", "type", "size"],
)
def test_the_version_comes_before_the_body(world, content, content_type, expected):
    path = world.path("/registrations/{draft}")
    owner, asked = world.client("owner"), {"content_type": content_type}
    stale = send(owner, "PATCH", path, content, headers=STALE, **asked)
    current = send(owner, "PATCH", path, content, **asked)
    assert refusal(stale) == (412, "stale_version")
    assert refusal(current) == expected


def test_the_body_comes_before_the_rule(world):
    path, owner = world.path("/registrations/{submitted}"), world.client("owner")
    assert refusal(owner.patch(path, {"nothing": 1}))[0] == 400
    by_rule = owner.patch(path, {"team_name": "Late"})
    assert refusal(by_rule) == (409, "invalid_transition")


@pytest.mark.parametrize(
    ("asking", "expected"),
    [
        (("owner", f"{NOBODY}/submit"), 404),
        (("stranger", "/registrations/{draft}/submit"), 404),
        (("mate", "/registrations/{draft}/submit"), 403),
        (("owner", f"{NOBODY}/documents"), 404),
        (("staff", "/competitions/no-such/stages"), 404),
        (("owner", "/competitions/no-such/stages"), 403),
    ],
)
@pytest.mark.parametrize("key", [None, "k1", "not visible"])
def test_a_key_changes_nothing_in_the_order(world, asking, expected, key):
    actor, path = asking
    headers = {"Idempotency-Key": key} if key else {}
    response = send(
        world.client(actor), "POST", world.path(path), b"{", headers=headers
    )
    assert refusal(response)[0] == expected


@pytest.mark.usefixtures("_no_more_writes")
def test_the_request_limit_comes_before_a_bad_key(world):
    headers = {"Idempotency-Key": "not visible"}
    response = send(world.client("owner"), "POST", "/registrations", headers=headers)
    assert refusal(response)[0] == 429
