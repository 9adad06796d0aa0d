"""A keyed POST that runs is a lease: refused beside, taken over when it has run out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Institution
from competition_site.api.idempotency import _take_over
from competition_site.api.models import IdempotencyKey
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations.models import Registration
from tests.contract.answers import refusal
from tests.contract.slow import SlowView
from tests.contract.test_idempotency import enter
from tests.contract.world import World
from tests.racing import race

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def world(db: None) -> World:
    return World()


def hold_lease(world: World, **fields: Any) -> None:
    """Leave a lease behind, as a worker does that is still at it (or died)."""
    api = world.client("owner")
    enter(api, world.competition)
    Registration.objects.all().delete()
    running = {
        "status_code": None,
        "body": "",
        "headers": [],
        "lease": "another worker",
        "lease_until": now() + timedelta(seconds=30),
    }
    IdempotencyKey.objects.update(**running | fields)


def test_a_running_request_is_refused_with_the_time_to_wait(world):
    hold_lease(world)
    response = enter(world.client("owner"), world.competition)
    assert refusal(response) == (409, "request_in_progress")
    assert 28 <= int(response["Retry-After"]) <= 31
    assert not Registration.objects.exists()


def test_another_body_beside_a_running_request_is_refused_for_good(world):
    hold_lease(world)
    response = enter(world.client("owner"), world.competition, team_name="Elang")
    assert refusal(response) == (422, "idempotency_key_reused")


def test_a_lease_that_ran_out_is_taken_over(world):
    hold_lease(world, lease_until=now() - SECOND)
    response = enter(world.client("owner"), world.competition)
    assert response.status_code == 201
    assert "Idempotency-Replayed" not in response
    again = enter(world.client("owner"), world.competition)
    assert again["Idempotency-Replayed"] == "true"
    assert Registration.objects.count() == 1


def test_a_lease_lasts_as_long_as_the_setting_says(world, settings):
    enter(world.client("owner"), world.competition)
    key = IdempotencyKey.objects.get()
    assert timedelta(seconds=60) == settings.IDEMPOTENCY_LEASE
    assert timedelta(hours=24) == settings.IDEMPOTENCY_RETENTION
    assert key.lease_until - key.created_at >= timedelta(seconds=59)
    assert key.expires_at - key.created_at >= timedelta(hours=24) - SECOND


def test_an_answer_is_forgotten_after_its_time(world):
    api = world.client("owner")
    enter(api, world.competition)
    IdempotencyKey.objects.update(expires_at=now() + SECOND * 5)
    assert enter(api, world.competition)["Idempotency-Replayed"] == "true"
    IdempotencyKey.objects.update(expires_at=now() - SECOND)
    second = enter(api, world.competition)
    assert "Idempotency-Replayed" not in second
    assert refusal(second) == (409, "team_name_taken")  # it ran for real


def test_an_expired_key_may_be_used_for_another_body(world):
    api = world.client("owner")
    enter(api, world.competition)
    IdempotencyKey.objects.update(expires_at=now() - SECOND)
    fresh = World().competition
    assert enter(api, fresh, team_name="Elang").status_code == 201
    assert enter(api, fresh, team_name="Elang")["Idempotency-Replayed"] == "true"


@pytest.fixture
def slow(monkeypatch, settings) -> Callable[[Callable[[], object]], None]:
    """``slow(then)``: the next request to ``/slow`` runs ``then`` inside; no other."""
    settings.ROOT_URLCONF = "tests.contract.slow"

    def once(then: Callable[[], object]) -> None:
        waiting = [then]
        run = staticmethod(lambda: waiting.pop()() if waiting else None)
        monkeypatch.setattr(SlowView, "then", run)

    return once


def test_whoever_lost_the_lease_fails_with_all_that_was_done(as_user, student, slow):
    slow(lambda: IdempotencyKey.objects.update(lease="another worker"))
    before = Institution.objects.count()
    response = as_user(student).post("/slow", Idempotency_Key="k")
    assert refusal(response) == (409, "request_in_progress")
    assert Institution.objects.count() == before


def test_a_worker_held_up_past_its_lease_and_its_successor_make_one_row(
    as_user, student, slow, settings
):
    """MongoDB lets the second one through, and the first one fails; SQLite has one
    writer at a time, so there the second one finds the answer of the first.
    """
    settings.IDEMPOTENCY_LEASE = timedelta(0)
    begun, go_on = threading.Event(), threading.Event()
    slow(lambda: (begun.set(), go_on.wait(1)))
    api, before = as_user(student), Institution.objects.count()

    def second() -> Any:
        assert begun.wait(10)
        response = api.post("/slow", Idempotency_Key="k")
        go_on.set()
        return response

    responses = race(lambda: api.post("/slow", Idempotency_Key="k"), second)
    assert sorted(r.status_code for r in responses) == [201, 409]
    assert Institution.objects.count() == before + 1
    (made,) = [r for r in responses if r.status_code == 201]
    again = api.post("/slow", Idempotency_Key="k")
    assert again["Idempotency-Replayed"] == "true"
    assert again.content == made.content


def test_an_answer_that_came_in_time_is_not_taken_over(world):
    """Between reading a lease that ran out and taking it, its holder may answer."""
    hold_lease(world, lease_until=now() - SECOND)
    seen = IdempotencyKey.objects.get()
    IdempotencyKey.objects.update(status_code=201, body="{}")
    with pytest.raises(RuleViolation, match="running"):
        _take_over(seen, {"lease": "mine"})
    assert IdempotencyKey.objects.get().status_code == 201


def test_whoever_takes_a_lease_second_gets_nothing(world):
    """Both read the same lease that had run out."""
    hold_lease(world, lease_until=now() - SECOND)
    seen = IdempotencyKey.objects.get()
    _take_over(seen, {"lease": "first"})
    with pytest.raises(RuleViolation, match="running"):
        _take_over(seen, {"lease": "second"})
    assert IdempotencyKey.objects.get().lease == "first"


def test_of_many_takers_one_gets_the_lease(world):
    hold_lease(world, lease_until=now() - SECOND)
    api = world.client("owner")
    responses = race(*[lambda: enter(api, world.competition)] * 8)
    assert {r.status_code for r in responses} <= {201, 409}
    first = [r for r in responses if "Idempotency-Replayed" not in r]
    assert [r.status_code for r in first].count(201) == 1
    assert Registration.objects.count() == 1
