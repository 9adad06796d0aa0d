"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import translation

from accounts.models import User
from competition_site.api import counters
from competition_site.configuration import caches_of
from tests.api import Api
from tests.factories import make_admin, make_staff, make_user
from tests.redis_server import (
    NO_REDIS,
    RedisServer,
    find_redis_server,
    started_redis,
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if find_redis_server() is None:
        terminalreporter.write_line(f"skipped what needs Redis: {NO_REDIS}")


@pytest.fixture(autouse=True)
def _settings_of_tests(settings: Any) -> Iterator[None]:
    """Cheap password hashes, and request limits that no test counts up to unawares."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.THROTTLE_LIMITS = dict.fromkeys(settings.THROTTLE_LIMITS, "1000000/1m")
    yield
    caches["local"].clear()


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[RedisServer]:
    server = started_redis()
    yield server
    server.stop()


@pytest.fixture
def redis_server(_redis_server: RedisServer) -> RedisServer:
    """An empty Redis, of which the settings know nothing."""
    _redis_server.start()
    _redis_server.flush()
    return _redis_server


@pytest.fixture
def shared_counts(
    redis_server: RedisServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> RedisServer:
    """The Redis in which two worker processes, as it were, count requests."""
    settings.REDIS_URL = redis_server.url
    settings.CACHES = caches_of(redis_server.url)
    settings.WORKERS = 2
    monkeypatch.setattr(counters, "_redis", counters.RedisCounter())
    return redis_server


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Django leaves a request's language active on its thread, which tests share."""
    yield
    translation.deactivate()


@pytest.fixture
def anyone(db: None) -> Api:
    """The API without a token."""
    return Api()


@pytest.fixture
def as_user(db: None) -> type[Api]:
    """``as_user(user)``: the API with that person's token."""
    return Api


@pytest.fixture
def student(db: None) -> User:
    return make_user()


@pytest.fixture
def staff(db: None) -> User:
    return make_staff()


@pytest.fixture
def admin(db: None) -> User:
    return make_admin()
