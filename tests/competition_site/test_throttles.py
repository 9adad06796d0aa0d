"""Request limits: exact under parallel use, and kept when Redis is away."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from rest_framework.exceptions import Throttled

from competition_site.api import counters, throttles
from tests.redis_server import RedisServer

THREADS = 16


def limit(settings: Any, text: str) -> None:
    settings.THROTTLE_LIMITS = {**settings.THROTTLE_LIMITS, "login": text}


def admitted(uses: int, who: str = "sari") -> int:
    """How many of so many parallel uses are let through."""
    with ThreadPoolExecutor(THREADS) as threads:
        counts = [threads.submit(throttles.count, "login", who) for _ in range(uses)]
    results = [count.exception() for count in counts]
    assert {type(result) for result in results} <= {type(None), Throttled}
    return results.count(None)


def failing_after(count: int) -> int:
    """How many uses in turn are let through, of ``count``."""
    passed = 0
    for _use in range(count):
        try:
            throttles.count("login", "sari")
        except Throttled:
            continue
        passed += 1
    return passed


# --- counting ----------------------------------------------------------------------
def test_of_200_parallel_uses_the_limit_is_admitted(settings):
    limit(settings, "5/1d")
    assert admitted(200) == 5


def test_of_200_parallel_uses_the_limit_is_admitted_with_redis(
    settings, shared_counts: RedisServer
):
    limit(settings, "5/1d")
    assert admitted(200) == 5


def test_control_reading_and_then_writing_admits_more(settings, monkeypatch):
    def read_then_write(cache: Any, key: str, lifetime: int) -> int:
        uses = cache.get(key, 0) + 1
        time.sleep(0.01)  # as long as Redis may be away
        cache.set(key, uses, lifetime)
        return int(uses)

    limit(settings, "5/1d")
    monkeypatch.setattr(counters, "_increment", read_then_write)
    assert admitted(200) > 5


def test_each_caller_and_each_window_has_its_own_count(settings, monkeypatch):
    limit(settings, "1/1m")
    moment = 600.0
    monkeypatch.setattr(throttles.time, "time", lambda: moment)
    throttles.count("login", "sari")
    throttles.count("login", "budi")
    with pytest.raises(Throttled) as refused:
        throttles.count("login", "sari")
    assert refused.value.wait == 60
    moment = 660.0
    throttles.count("login", "sari")


def test_300_other_callers_push_no_count_out(settings):
    """Django's memory cache forgets a third of what it holds beyond 300 keys."""
    limit(settings, "1/1d")
    throttles.count("login", "sari")
    for number in range(1000):
        throttles.count("login", str(number))
    with pytest.raises(Throttled):
        throttles.count("login", "sari")


# --- Redis away --------------------------------------------------------------------
def test_without_redis_a_process_admits_its_share(settings):
    limit(settings, "10/1d")
    settings.WORKERS = 4
    assert failing_after(20) == 2


def test_a_share_is_one_at_least(settings):
    settings.WORKERS = 8
    assert counters.share_of(3) == 1


def test_a_dead_redis_leaves_the_share_and_comes_back_by_itself(
    settings, shared_counts: RedisServer, monkeypatch
):
    limit(settings, "10/1d")
    shared_counts.stop()
    assert failing_after(20) == 5
    shared_counts.start()
    monkeypatch.setattr(counters, "PAUSE_SECONDS", 0.0)
    counters._redis._ask_again_at = 0.0
    throttles.count("login", "budi")
    keys = shared_counts.client().keys()
    assert len(keys) == 1


def test_a_hanging_redis_costs_half_a_second_once(settings, shared_counts: RedisServer):
    limit(settings, "10/1d")
    throttles.count("login", "sari")
    shared_counts.pause()
    try:
        started = time.monotonic()
        throttles.count("login", "sari")
        first = time.monotonic() - started
        passed = failing_after(20)
        rest = time.monotonic() - started - first
    finally:
        shared_counts.resume()
    assert first < 2.0
    assert rest < 1.0  # not half a second each
    assert passed == 3  # of a share of five, two were used


def test_a_flushed_redis_forgives_nobody_what_this_process_has_seen(
    settings, shared_counts: RedisServer
):
    limit(settings, "5/1d")
    assert failing_after(6) == 5
    shared_counts.flush()
    assert failing_after(3) == 0


def test_a_flush_between_the_two_commands_starts_the_count_anew(
    settings, shared_counts: RedisServer, monkeypatch
):
    limit(settings, "5/1d")
    cache = caches["default"]
    add, times = cache.add, []

    def add_and_lose(*args: Any, **kwargs: Any) -> Any:
        added = add(*args, **kwargs)
        times.append(added)
        if len(times) == 1:
            shared_counts.flush()
        return added

    monkeypatch.setattr(cache, "add", add_and_lose)
    throttles.count("login", "sari")
    assert times == [True, True]


def test_an_error_of_redis_is_not_ours(settings, shared_counts: RedisServer):
    """Full, read-only, or a key of another type: commands fail, the log-in doesn't."""
    limit(settings, "10/1d")
    shared_counts.client().config_set("maxmemory", 1)
    try:
        assert failing_after(20) == 5
    finally:
        shared_counts.client().config_set("maxmemory", 0)


def test_the_loss_is_logged_once_a_minute(
    settings, shared_counts: RedisServer, caplog, monkeypatch
):
    limit(settings, "100/1d")
    monkeypatch.setattr(counters, "PAUSE_SECONDS", 0.0)
    shared_counts.stop()
    with caplog.at_level(logging.WARNING, logger=counters.logger.name):
        failing_after(20)
        assert len(caplog.records) == 1
        counters._redis._log_again_at = 0.0
        failing_after(20)
    assert len(caplog.records) == 2
    assert caplog.records[0].fields["divided_by"] == 2


@pytest.mark.django_db
def test_log_in_works_while_redis_dies(anyone, student, shared_counts: RedisServer):
    body = {"email": student.email, "password": "kuda poni 99"}
    assert anyone.post("/auth/login", body).status_code == 200
    shared_counts.stop()
    for _attempt in range(3):
        assert anyone.post("/auth/login", body).status_code == 200


@pytest.mark.django_db
def test_a_dead_redis_is_named_and_the_server_stays_ready(
    client, shared_counts: RedisServer
):
    assert client.get("/health/ready").json()["data"]["status"] == "ready"
    shared_counts.stop()
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    state = answer.json()["data"]
    assert (state["status"], state["down"]) == ("degraded", ["cache"])


@pytest.mark.django_db
def test_a_dead_redis_hides_nothing_else(
    client, settings, tmp_path, shared_counts: RedisServer
):
    shared_counts.stop()
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    settings.MEDIA_ROOT = blocked
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["data"]["down"] == ["cache", "storage"]
