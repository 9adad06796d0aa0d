"""The primary dies while clients write: nothing acknowledged is lost."""

from __future__ import annotations

import pytest

from tests.db.mongodb.failover import Told, run


@pytest.fixture(scope="module")
def told() -> Told:
    return run(kills=1, seconds_between=2.5, outage=6)


def test_what_was_acknowledged_is_stored_once(told: Told) -> None:
    assert len(told.acknowledged) > 20
    assert (told.lost, told.doubled, told.given_up) == (0, 0, 0)


def test_an_answer_that_was_lost_is_given_again(told: Told) -> None:
    assert told.dropped > 3
    assert told.replayed > told.dropped / 2
    assert told.doubled == 0


def test_clients_of_the_api_are_asked_to_wait_and_never_told_of_an_error(
    told: Told,
) -> None:
    known = {
        "GET 200",
        "POST 201",
        "GET 503 service_unavailable",
        "POST 503 service_unavailable",
        "POST 409 request_in_progress",  # the lease of the attempt before
    }
    assert set(told.statuses) <= known
    assert told.statuses["GET 503 service_unavailable"] > 0
    assert told.without_retry_after == 0


def test_the_pool_recovers_without_a_restart(told: Told) -> None:
    assert told.ready_again


def test_a_commit_of_unknown_result_is_resolved_by_reading(told: Told) -> None:
    counts = told.orm["counts"]
    assert counts["acknowledged"] > 20
    assert [name for name in counts if name.startswith("failed")] == []
    assert [told.orm[name] for name in ("lost", "halves", "doubled")] == [0, 0, 0]
