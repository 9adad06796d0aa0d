"""A server without transactions is refused in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error, Warning, run_checks  # noqa: A004
from django.db import connections

from competition_site.db import checks
from competition_site.db.checks import check_replica_set, standalone_mongodb_refusal
from tests.mongod import Mongod


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    directory: Path = tmp_path_factory.mktemp("standalone")
    server = Mongod(directory, replica_set=None)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Any:
    def configure(url: str, **changes: Any) -> None:
        changed = {**connections["default"].settings_dict, "HOST": url, **changes}
        monkeypatch.setattr(connections["default"], "settings_dict", changed)

    return configure


@pytest.mark.parametrize(
    "query", ["", "?replicaSet=rs0", "?authSource=admin&w=majority"]
)
def test_a_standalone_server_is_refused(
    standalone: Mongod, configured: Any, query: str
) -> None:
    configured(f"mongodb://{standalone.address}/name{query}")
    refusal = standalone_mongodb_refusal()
    assert refusal is not None
    assert "replSet" in refusal
    assert "\n" not in refusal


def test_the_refusal_needs_no_password(standalone: Mongod, configured: Any) -> None:
    configured(f"mongodb://user:wrong@{standalone.address}/name", PASSWORD="wrong")
    assert standalone_mongodb_refusal() is not None


def test_a_replica_set_is_not_refused() -> None:
    assert standalone_mongodb_refusal() is None


@pytest.mark.parametrize("url", ["mongodb://127.0.0.1:1/name", "127.0.0.1:1", ""])
def test_a_server_out_of_reach_is_not_refused(
    configured: Any, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(checks, "TIMEOUT_MS", 100)
    configured(url)
    assert standalone_mongodb_refusal() is None


def test_other_databases_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    assert standalone_mongodb_refusal() is None


def test_the_check_is_an_error_in_production_and_else_a_warning(
    standalone: Mongod, configured: Any, settings: Any
) -> None:
    configured(f"mongodb://{standalone.address}/name")
    assert check_replica_set(databases=None) == []
    settings.PRODUCTION = True
    [message] = run_checks(tags=["database"], databases=["default"])
    assert isinstance(message, Error)
    settings.PRODUCTION = False
    [message] = run_checks(tags=["database"], databases=["default"])
    assert isinstance(message, Warning)
