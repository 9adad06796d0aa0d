"""Every cell of the table of routes, and that the table is complete."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.http import HttpResponse

from tests.contract.answers import check_answer
from tests.contract.resolver import blanked, routes
from tests.contract.routes import ROWS, UPLOAD, Row
from tests.contract.world import ACTORS, World, names_in

pytestmark = pytest.mark.django_db

SAFE = {"GET", "HEAD"}
ODD_KEYS = ("abc", "-1", "0", "9" * 30, "%00", "0" * 24, "1", "{}", "$ne", "a%2Fb")
WITH_OBJECT = [row for row in ROWS if "{" in row.path]


def ask(world: World, actor: str, row: Row, **given: str) -> HttpResponse:
    """Send the row's request with a body that is good for everybody."""
    client = world.client(actor)
    path = world.path(row.path, **given)
    if row.upload:
        return client.upload(path, *UPLOAD, fields=row.body(world))
    body = row.body(world) if row.body else None
    if row.path.startswith("/health"):
        return client.client.get(path)
    return client.request(row.method, path, body)


def test_every_route_has_a_row_and_every_row_a_route():
    served = {
        (path, method) for path, methods in routes().items() for method in methods
    }
    assert {(blanked(row.route), row.method) for row in ROWS} == served


def test_no_route_stands_twice_in_the_table():
    known = [(blanked(row.route), row.method) for row in ROWS]
    assert len(known) == len(set(known))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_actor_gets_what_the_table_says(row: Row):
    world = World()
    for actor in ACTORS:
        response = ask(world, actor, row)
        check_answer(response, row.method)
        assert (actor, response.status_code, code_of(response)) == (
            actor,
            *row.expected(actor),
        )
        if row.method not in SAFE and response.status_code < 400:
            world = World()  # what it changed is not there for the next one


@pytest.mark.parametrize(
    "row", [row for row in WITH_OBJECT if "404" in row.cells], ids=str
)
def test_a_foreign_object_is_answered_like_a_missing_one(row: Row):
    world = World()
    for actor in [a for a in ACTORS if row.expected(a)[0] == 404]:
        foreign = ask(world, actor, row)
        for name in names_in(row.path):
            missing = ask(world, actor, row, **{name: str(uuid4())})
            assert foreign.status_code == missing.status_code == 404
            assert foreign.content == missing.content
            assert sorted(foreign.headers) == sorted(missing.headers)


@pytest.mark.parametrize("row", WITH_OBJECT, ids=str)
def test_what_is_no_id_is_a_missing_object(row: Row):
    world = World()
    for actor in ("admin", "judge_assigned"):
        for name in names_in(row.path):
            for key in {*ODD_KEYS} - {world.key(name)}:
                path = world.path(row.path, **{name: key})
                response = world.client(actor).request(row.method, path)
                assert response.status_code in {403, 404}, (key, response.content)
                check_answer(response, row.method)


def code_of(response: HttpResponse) -> str | None:
    if response.status_code < 400:
        return None
    return str(response.json()["data"]["code"])
