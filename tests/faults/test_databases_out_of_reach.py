"""A database that is gone: 503 and Retry-After, never a 500, and live all along."""

from __future__ import annotations

import time

import pytest
import requests

from tests.faults.unavailable import require_unavailable
from tests.servers import Server, StartServer, free_port


@pytest.fixture(scope="package")
def unreachable(start_server: StartServer) -> Server:
    """A server whose MongoDB listens nowhere."""
    options = "replicaSet=rs0&serverSelectionTimeoutMS=300"
    return start_server(
        DATABASE_URL=f"mongodb://127.0.0.1:{free_port()}/gone?{options}"
    )


def test_without_mongodb_the_process_lives_and_says_what_is_down(
    unreachable: Server,
) -> None:
    live = requests.get(f"{unreachable.url}/health/live", timeout=5)
    assert (live.status_code, live.json()["success"]) == (200, True)
    ready = requests.get(f"{unreachable.url}/health/ready", timeout=10)
    require_unavailable(ready)
    assert "database" in ready.json()["data"]["down"]
    assert "storage" not in ready.json()["data"]["down"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/competitions", None),
        ("GET", "/institutions?search=a", None),
        ("POST", "/auth/login", {"email": "a@b.example", "password": "kuda poni"}),
    ],
)
def test_without_mongodb_the_api_is_503_soon(
    unreachable: Server, method: str, path: str, body: object
) -> None:
    started = time.monotonic()
    reply = requests.request(
        method, f"{unreachable.url}/api/v1{path}", json=body, timeout=30
    )
    require_unavailable(reply)
    assert time.monotonic() - started < 3
