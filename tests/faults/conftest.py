"""A server of which one worker dies at a moment that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.database import ENGINE
from tests.servers import *  # noqa: F403 - the fixture and the hook
from tests.servers import Server, StartServer, wait_for

LEASE = 2
LONGEST = 10 if ENGINE == "sqlite" else 20
"""Until the repetition is answered. MongoDB keeps a dead transaction's rows for the
lifetime the tests' server is started with, 5 s, and looks every few seconds."""

DieAt = Callable[[str], Server]


@pytest.fixture(scope="package")
def mortal(
    start_server: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Server, Path]:
    """A server of two workers, and the file that says when one of them dies."""
    moment = tmp_path_factory.mktemp("mortal") / "moment"
    server = start_server(
        "tests.faults.dying:application",
        DIE_AFTER=str(moment),
        IDEMPOTENCY_LEASE=f"{LEASE}s",
        WEB_CONCURRENCY="2",
    )
    return server, moment


@pytest.fixture
def dying(mortal: tuple[Server, Path], db: None) -> Iterator[DieAt]:
    """``dying(moment)``: a server of which one worker dies at the moment named.

    In the end another worker has taken its place.
    """
    server, moment = mortal
    wait_for(lambda: len(server.workers()) == 2, "two workers run")
    workers = server.workers()

    def die_at(text: str) -> Server:
        moment.write_text(text)
        return server

    yield die_at
    assert not moment.exists()
    wait_for(lambda: len(server.workers() - workers) == 1, "a new worker runs")
    assert len(workers & server.workers()) == 1
