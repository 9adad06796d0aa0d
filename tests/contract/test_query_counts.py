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
    ("actor", "path", "queries"),
    [
        ("owner", "/me", 1),
        ("owner", "/competitions/{competition}", 2),
        ("owner", "/registrations/{draft}", 5),
        ("owner", "/registrations/{submitted}", 5),
        ("owner", "/registrations/{waiting}", 6),
        ("staff", "/registrations/{submitted}", 4),
        ("owner", "/submissions/{submission}", 8),
        ("owner", "/competitions/{announced}/leaderboard", 3),
        ("anonymous", "/competitions/{announced}/leaderboard", 2),
        ("judge_assigned", "/submissions/{assigned}", 12),
        ("judge_assigned", "/judging/assignments/{reviewed}/review", 8),
    ],
)
def test_a_detail_costs_this_much(django_assert_num_queries, actor, path, queries):
    world = World()
    asked = world.path(path)
    api = world.client(actor)
    with django_assert_num_queries(queries):
        assert api.get(asked).status_code == 200
