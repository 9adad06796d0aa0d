"""GET /server-time: the clock of deadlines, which everybody asks at the last minute."""

from __future__ import annotations

import pytest
from django.test import Client

from competition_site.clock import iso, now
from tests.api import Api

pytestmark = pytest.mark.django_db


def test_it_is_the_clock_that_requests_are_stamped_with(anyone: Api):
    before = iso(now())
    shown = anyone.get("/server-time").json()["data"]
    assert list(shown) == ["now"]
    assert before <= shown["now"] <= iso(now())


def test_it_is_never_cached(anyone: Api):
    response = anyone.get("/server-time")
    assert response["Cache-Control"] == "private, no-store"
    assert "ETag" not in response
    assert "Last-Modified" not in response


def test_it_asks_no_database_even_with_a_token(django_assert_num_queries, student):
    for api in (Api(), Api(student)):
        with django_assert_num_queries(0):
            assert api.get("/server-time").status_code == 200


def test_a_token_that_ran_out_is_not_looked_at():
    headers = {"Authorization": "Bearer nonsense"}
    response = Client().get("/api/v1/server-time", headers=headers)
    assert response.status_code == 200


def test_it_takes_no_parameters(anyone: Api):
    assert anyone.get("/server-time?zone=wib").status_code == 400
