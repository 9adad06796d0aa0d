"""Another program writes to SQLite: short locks are waited for, long ones are 503."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from django.db import connection

from tests.api import access_token
from tests.factories import make_competition, make_registration
from tests.faults.patience import Patient
from tests.faults.unavailable import require_unavailable
from tests.servers import Server, StartServer

SQLITE_PATIENCE = 5


@contextmanager
def foreign_writer() -> Iterator[None]:
    """Another program that holds SQLite's one write lock."""
    path = connection.settings_dict["NAME"]
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture(scope="package")
def _reachable(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def server(_reachable: Server, db: None) -> Server:
    return _reachable


def test_a_foreign_writer_makes_writes_503_and_leaves_reads_alone(
    server: Server,
) -> None:
    team = make_registration(make_competition())
    client = Patient(server.url, f"/registrations/{team.pk}/submit", team.leader)
    with foreign_writer():
        started = time.monotonic()
        writer = threading.Thread(target=client.ask)
        writer.start()
        reads = [
            requests.get(server.url + path, timeout=5)
            for path in ("/health/live", "/health/ready", "/api/v1/competitions")
        ]
        assert [read.status_code for read in reads] == [200, 200, 200]
        assert writer.is_alive()
        writer.join()
        waited = time.monotonic() - started
    require_unavailable(client.replies[0])
    assert SQLITE_PATIENCE - 1 < waited < SQLITE_PATIENCE + 2
    assert client.ask().status_code == 200
    assert "Idempotency-Replayed" not in client.replies[-1].headers


def test_a_short_foreign_writer_is_waited_for(server: Server) -> None:
    team = make_registration(make_competition())
    client = Patient(server.url, f"/registrations/{team.pk}/submit", team.leader)
    writer = threading.Thread(target=client.ask)
    with foreign_writer():
        writer.start()
        time.sleep(1)
    writer.join()
    assert client.outcomes == ["200"]


def test_a_request_without_a_key_gives_up_as_soon(server: Server) -> None:
    team = make_registration(make_competition())
    token = access_token(team.leader)
    with foreign_writer():
        started = time.monotonic()
        reply = requests.post(
            f"{server.url}/api/v1/registrations/{team.pk}/submit",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        waited = time.monotonic() - started
    require_unavailable(reply)
    assert waited < SQLITE_PATIENCE + 2
