"""A list costs the same whether it holds one row or three."""

from __future__ import annotations

import pytest

from tests.contract.lists import LISTS, List, rows_of
from tests.contract.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("listing", LISTS, ids=str)
def test_a_list_costs_the_same_whatever_it_holds(
    django_assert_num_queries, listing: List, rows: int
):
    world = World()
    path = world.path(listing.path)
    api = world.client(listing.reader)
    listing.add(world, rows)
    with django_assert_num_queries(listing.queries):
        response = api.get(path)
    assert len(rows_of(response)) >= rows


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/me", 1),
        ("/competitions/{competition}", 2),
        ("/registrations/{draft}", 5),
        ("/submissions/{submission}", 7),
    ],
)
def test_a_detail_costs_this_much(django_assert_num_queries, path, queries):
    world = World()
    asked = world.path(path)
    api = world.client("owner")
    with django_assert_num_queries(queries):
        assert api.get(asked).status_code == 200
