"""Requests that no honest client sends are survived, quickly and literally."""

from __future__ import annotations

import time

import pytest

from registrations.models import Competition
from tests.contract.answers import check_answer, errors_of, refusal
from tests.contract.lists import rows_of
from tests.contract.world import World
from tests.factories import make_competition, make_institution

pytestmark = pytest.mark.django_db

SECOND = 1.0  # far above what is needed, far below what an attack would take


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": ",".join(["text/x"] * 20_000)},
        {"Accept": "application/json;" + "a=1;" * 20_000},
        {"Accept": '"' * 50_000},
        {"Accept": "application/json; indent=99999999"},
        {"Authorization": "Bearer " + "a." * 50_000},
        {"If-None-Match": '"a",' * 20_000},
        {"If-None-Match": "W/" * 50_000},
        {"Origin": "https://" + "a" * 50_000},
        {"Cookie": "a=1;" * 20_000},
        {"X-Forwarded-For": "1.1.1.1," * 20_000},
        {"X-Request-ID": "a" * 100_000},
        {"Range": "bytes=" + "0-1," * 20_000},
        {"Content-Type": "multipart/form-data; boundary=" + "a" * 50_000},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_absurd_headers_are_answered_at_once(anyone, headers):
    begun = time.thread_time()
    response = anyone.get("/competitions", **headers)
    assert time.thread_time() - begun < SECOND
    assert response.status_code in {200, 401, 406}
    check_answer(response)


@pytest.mark.parametrize(
    "path",
    [
        "/competitions?" + "a=1&" * 10_000,
        "/competitions?" + "&".join(f"a{number}=1" for number in range(10_000)),
        "/competitions?cursor=" + "A" * 100_000,
        "/competitions?page_size=" + "1" * 100_000,
        "/competitions?search=" + "a" * 100_000,
        "/competitions/" + "a" * 1_000_000,
        "/" + "a/" * 100_000,
        "/competitions" + "/" * 10_000,
    ],
    ids=lambda path: path[:24],
)
def test_absurd_paths_are_answered_at_once(anyone, path):
    begun = time.thread_time()
    response = anyone.get(path)
    assert time.thread_time() - begun < SECOND
    assert refusal(response)[0] in {400, 404}


@pytest.mark.parametrize(
    "search", [".*", "(a+)+$", "[", "^", "%", "_", "\\", "a%", "*", "$where", "{}", "'"]
)
def test_search_is_literal(anyone, search):
    make_competition(title="Capture the Flag")
    make_competition(title=f"{search} odd")
    make_institution("Universitas")
    response = anyone.client.get("/api/v1/competitions", {"search": search})
    assert [row["title"] for row in rows_of(response)] == [f"{search} odd"]
    response = anyone.client.get("/api/v1/institutions", {"search": search})
    assert rows_of(response) == []


@pytest.mark.parametrize("search", ["capture", "CAPTURE the", "  Cap", "ＣＡＰ"])  # noqa: RUF001
def test_search_is_a_prefix_in_any_case(anyone, search):
    make_competition(title="Capture the Flag")
    make_competition(title="The Capture")
    response = anyone.client.get("/api/v1/competitions", {"search": search})
    assert [row["title"] for row in rows_of(response)] == ["Capture the Flag"]


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-23T09:00:00",
        "2026-11-23",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-23T24:00:01Z",
        "2026-11-23T23:59:60Z",
        "2026-11-23T09:00:00+99:99",
        "now",
        "",
        1795424400,
        1e308,
        True,
        ["2026-11-23T09:00:00Z"],
        {"$gt": ""},
    ],
)
def test_what_is_no_moment_is_refused(moment):
    world = World()
    path = world.path("/competitions/{competition}")
    response = world.client("staff").patch(path, {"ends_at": moment})
    assert list(errors_of(response)) == ["ends_at"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000Z"),
        ("2030-01-01T07:00:00.1239+07:00", "2030-01-01T00:00:00.123Z"),
        ("2030-01-01T14:00:00+14:00", "2030-01-01T00:00:00.000Z"),
        ("9998-12-31T23:59:59.999Z", "9998-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_comes_back_in_utc_to_the_millisecond(sent, shown):
    world = World()
    path = world.path("/competitions/{competition}")
    response = world.client("staff").patch(path, {"ends_at": sent})
    assert response.status_code == 200, response.content
    for reader in ("staff", "anonymous"):
        assert world.client(reader).get(path).json()["data"]["ends_at"] == shown
    assert Competition.objects.filter(ends_at=shown).exists()
