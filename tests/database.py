"""The pytest plugin that gives a test run its settings, its database and its clean-up.

``TEST_DATABASE`` is ``sqlite`` (the default) or ``mongodb``. It is loaded with
``-p tests.database``, since pytest-django reads the settings before any conftest.py.

Every test that touches the database commits for real, on both engines: transactions,
conflicts and ``on_commit`` are what this project is about, and threads and server
processes must see the rows. Django's way to clean up after such tests, ``flush``, takes
longer than most tests: it empties every table and replays ``post_migrate``. Here only
tables that hold rows are emptied, and what ``post_migrate`` made stays.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.mongod import find_mongod, start_replica_set, stop_at_exit

ENGINES = ("sqlite", "mongodb")
ENGINE = os.environ.get("TEST_DATABASE", "sqlite")
ONLY_ON = {
    "tests/accounts/test_admin_guard.py": "mongodb",
    "tests/db/mongodb": "mongodb",
    "tests/faults/test_sqlite_locks.py": "sqlite",
}
"""Tests that say something about one engine only: not collected on the other."""

KEPT_TABLES = frozenset({"django_migrations", "django_content_type", "auth_permission"})
"""What ``migrate`` and its signal have written, and every test may rely on."""

NO_MONGOD = "no mongod: set MONGODB_URI or MONGOD_BIN, or install requirements-dev.txt"

_directory = Path(tempfile.mkdtemp(prefix="competition-site-tests-"))
stop_at_exit(lambda: shutil.rmtree(_directory, ignore_errors=True))


def _database_url() -> str:
    if ENGINE == "sqlite":
        return f"sqlite:///{_directory}/test.sqlite3"
    name = f"test_{os.getpid()}"
    if given := os.environ.get("MONGODB_URI"):
        address, _, options = given.partition("?")
        scheme, _, hosts = address.partition("://")
        return f"{scheme}://{hosts.partition('/')[0]}/{name}?{options}"
    if find_mongod() is None:
        return f"mongodb://localhost/{name}"  # never asked: the run ends below
    # A forgotten transaction must not hold up the clean-up for a minute.
    return start_replica_set(transactionLifetimeLimitSeconds=5).url_of(name)


def _prepare_environment() -> None:
    """Set what the settings read; processes that tests start inherit all of it."""
    os.environ.update(
        ENVIRONMENT="test",
        ENV_FILE=str(_directory / "no.env"),  # a developer's .env has no say
        DATABASE_URL=_database_url(),
        SECRET_KEY="test-only-django-" + "0" * 32,
        JWT_SIGNING_KEY="test-only-tokens-" + "0" * 32,
        EMAIL_URL="memorymail://",
        REDIS_URL="",  # tests that count in Redis start one of their own
        MEDIA_ROOT=str(_directory / "media"),
    )
    os.environ.pop("WEB_CONCURRENCY", None)


def _end_in_order_on_sigterm() -> None:
    """Treat a terminated run as an interrupted one, so that servers stop with it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


if ENGINE in ENGINES:
    _end_in_order_on_sigterm()
    _prepare_environment()


def pytest_configure() -> None:
    if ENGINE not in ENGINES:
        msg = f"TEST_DATABASE is one of {', '.join(ENGINES)}, not {ENGINE!r}."
        raise pytest.UsageError(msg)
    if ENGINE == "mongodb" and not (os.environ.get("MONGODB_URI") or find_mongod()):
        if os.environ.get("CI") == "true":
            raise pytest.UsageError(NO_MONGOD)
        pytest.exit(f"skipped: {NO_MONGOD}", returncode=0)
    _use_one_database()


def _use_one_database() -> None:
    """Let the test database be the configured one, and clean it our way.

    The name is this run's own already, so a server process that a test starts finds the
    tests' rows under the same ``DATABASE_URL``.
    """
    from django.conf import settings
    from django.test import TransactionTestCase

    database = settings.DATABASES["default"]
    database.setdefault("TEST", {})["NAME"] = database["NAME"]
    setattr(TransactionTestCase, "_fixture_teardown", empty_filled_tables)  # noqa: B010


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    for place, engine in ONLY_ON.items():
        if engine != ENGINE and collection_path.is_relative_to(config.rootpath / place):
            return True
    return None  # let the other rules decide


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make every database test transactional, whether it says so or not."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is None and "db" not in getattr(item, "fixturenames", ()):
            continue
        wanted = dict(marker.kwargs) if marker else {}
        wanted["transaction"] = True
        item.add_marker(pytest.mark.django_db(**wanted), append=False)


def empty_filled_tables(_test_case: Any = None) -> None:
    """Delete every row a test has left, also in tables that it made itself."""
    from django.db import connection

    connection.close_if_unusable_or_obsolete()
    if connection.vendor == "mongodb":
        _empty_collections(connection)
    else:
        _empty_sqlite_tables(connection)
    _remove_stored_files()


def _remove_stored_files() -> None:
    """Files go with the rows that told of them: nobody else should find them stray."""
    media = _directory / "media"
    for folder in media.iterdir() if media.exists() else ():
        shutil.rmtree(folder, ignore_errors=True)


def _empty_collections(connection: Any) -> None:
    connection.close()  # ends the session of a block that never came to its end
    database = connection.database
    for name in _filled_collections(database):
        database[name].delete_many({})


def _filled_collections(database: Any) -> Iterable[str]:
    """Ask all collections in one command which of them hold a row."""
    names = [n for n in database.list_collection_names() if n not in KEPT_TABLES]
    probes = [
        {
            "$unionWith": {
                "coll": name,
                "pipeline": [
                    {"$limit": 1},
                    {"$project": {"_id": {"$literal": name}}},
                ],
            }
        }
        for name in names
        if not name.startswith("system.")
    ]
    rows = database.aggregate([{"$documents": []}, *probes])
    return [row["_id"] for row in rows]


def _empty_sqlite_tables(connection: Any) -> None:
    if connection.in_atomic_block:
        connection.close()
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - KEPT_TABLES
        if not tables:
            return
        probe = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")"  # noqa: S608
            for table in sorted(tables)
        )
        filled = [table for (table,) in cursor.execute(probe)]
        if not filled:
            return
        # SQLite has no cascade; a whole set of tables needs no order among them.
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("BEGIN IMMEDIATE")
        for table in filled:
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608
        cursor.execute("COMMIT")
        cursor.execute("PRAGMA foreign_keys = ON")


def by_hand(model: Any) -> Any:
    """The table as somebody at the database's own prompt has it: nothing is refused."""
    from django.db.models import QuerySet

    return QuerySet(model)
