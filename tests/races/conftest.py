"""The servers of the races: the real one, and those of the controls."""

import os
from typing import Any

import pytest

from tests.database import ENGINE
from tests.races.crowd import tables
from tests.servers import *  # noqa: F403 - the fixture and the hook
from tests.servers import NO_LIMITS, Server, StartServer

PROCESSES = {"sqlite": "2", "mongodb": "4"}[ENGINE]
"""More than a machine of two cores has in production: what one process serialises by
itself, its threads' lines and locks, must hold between processes as well.
"""


@pytest.fixture(scope="package")
def _guarded(start_server: StartServer) -> Server:
    return start_server(WEB_CONCURRENCY=PROCESSES, **NO_LIMITS)


def _unguarded(start_server: StartServer, guards: str) -> Server:
    return start_server(
        "tests.races.unguarded:application",
        REMOVED_GUARDS=guards,
        WEB_CONCURRENCY=PROCESSES,
        **NO_LIMITS,
    )


@pytest.fixture(scope="package")
def _without_updates(start_server: StartServer) -> Server:
    return _unguarded(start_server, "updates")


@pytest.fixture(scope="package")
def _without_keys(start_server: StartServer) -> Server:
    return _unguarded(start_server, "keys")


@pytest.fixture
def server(_guarded: Server, db: None) -> Server:
    """The product in several processes."""
    return _guarded


@pytest.fixture
def check_then_act(_without_updates: Server, db: None) -> Server:
    """The product without conditional updates and transactions."""
    return _without_updates


@pytest.fixture
def keyless(_without_keys: Server, db: None) -> Server:
    """The product without Idempotency-Key."""
    return _without_keys


def pytest_terminal_summary(terminalreporter: Any) -> None:
    long = {"RACE_ROUNDS", "DEADLINE_SUBMISSIONS", "RUSH_TEAMS"}
    if tables and long & os.environ.keys():
        terminalreporter.section("races")
        terminalreporter.write("\n".join(tables) + "\n")
