"""Versions guard against lost updates: ETag on the detail, If-Match on the change."""

from __future__ import annotations

import pytest

from tests.contract.answers import refusal
from tests.contract.world import World
from tests.racing import race

pytestmark = pytest.mark.django_db

CHANGES = {
    "/me": ("owner", "full_name"),
    "/registrations/{draft}": ("owner", "team_name"),
    "/submissions/{submission}": ("mate", "title"),
    "/stages/{stage}": ("staff", "name"),
    "/competitions/{competition}": ("staff", "summary"),
}


@pytest.fixture(params=CHANGES)
def change(request, db):
    """``(api, path, body)`` of a change to each changeable resource."""
    world = World()
    path = world.path(request.param)
    actor, field = CHANGES[request.param]
    return world.client(actor), path, lambda text: {field: text}


def test_a_detail_sends_its_version_as_etag(change):
    api, path, body = change
    response = api.get(path)
    version = response.json()["data"]["version"] if "version" in _keys(response) else 1
    assert response["ETag"] == f'"{version}"'
    changed = api.patch(path, body("A"))
    assert changed["ETag"] == f'"{version + 1}"'
    assert api.get(path)["ETag"] == changed["ETag"]


def test_the_current_version_goes_through(change):
    api, path, body = change
    for form in ("{}", "W/{}", ' "0", {} ', "*", '"x",W/{}'):
        tag = form.replace("{}", api.get(path)["ETag"])
        assert api.patch(path, body(f"A{len(form)}"), If_Match=tag).status_code == 200


def test_without_the_header_a_change_goes_through(change):
    api, path, body = change
    assert api.patch(path, body("A")).status_code == 200
    assert api.patch(path, body("B")).status_code == 200


def test_a_stale_version_is_refused_and_changes_nothing(change):
    api, path, body = change
    stale = api.get(path)["ETag"]
    before = api.patch(path, body("A"))
    for form in ("{}", "W/{}", '"0", {}', "1", "", '""', '"2026"', "x", "**"):
        response = api.patch(path, body("B"), If_Match=form.replace("{}", stale))
        assert refusal(response) == (412, "stale_version")
    after = api.get(path)
    assert after.json()["data"] == before.json()["data"]
    assert after["ETag"] == before["ETag"]


def test_of_two_changes_to_one_version_one_wins(change):
    api, path, body = change
    tag = api.get(path)["ETag"]
    responses = race(
        *(lambda t=t: api.patch(path, body(t), If_Match=tag) for t in ("A", "B", "C"))
    )
    assert sorted(r.status_code for r in responses) == [200, 412, 412]


def _keys(response) -> set[str]:
    return set(response.json()["data"])
