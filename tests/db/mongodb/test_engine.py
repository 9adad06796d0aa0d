"""The connection's transactions: nesting, failing commits, failing connections."""
# ruff: noqa: PT012 - a block and what leaves it belong together

from __future__ import annotations

from typing import Any

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.transaction import TransactionManagementError
from django_mongodb_backend import transaction as upstream
from pymongo.errors import AutoReconnect

from competition_site.db.mongodb.errors import BlockWasBroken
from competition_site.db.transactions import is_conflict, is_unreachable
from tests.db.library import Author
from tests.racing import race

pytestmark = pytest.mark.django_db


class Stop(Exception):  # noqa: N818
    """Ends a block on purpose."""


def store(email: str = "ada@example.org") -> Author:
    return Author.objects.create(email=email, name="")


def kill_sessions() -> None:
    connection.connection.admin.command("killAllSessions", [])


# --- nesting -------------------------------------------------------------------------
def test_what_leaves_an_inner_block_dooms_the_outer_one() -> None:
    with pytest.raises(TransactionManagementError), transaction.atomic():
        store("a@x.org")
        with pytest.raises(Stop), transaction.atomic():
            store("b@x.org")
            raise Stop
        store("c@x.org")
    assert not Author.objects.exists()


def test_a_doomed_block_that_ends_quietly_stores_nothing_and_says_so() -> None:
    with pytest.raises(BlockWasBroken, match="no savepoints"), transaction.atomic():
        store("a@x.org")
        with pytest.raises(Stop), transaction.atomic():
            raise Stop
    assert not Author.objects.exists()
    assert transaction.get_autocommit()
    store("b@x.org")
    assert Author.objects.count() == 1


def test_a_block_that_is_to_be_undone_ends_quietly() -> None:
    with transaction.atomic():
        store("a@x.org")
        transaction.set_rollback(True)
    assert not Author.objects.exists()


def test_what_leaves_the_outer_block_is_not_hidden() -> None:
    try:
        raise Stop  # noqa: TRY301 - a block may stand in a handler
    except Stop:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            store("a@x.org")
            raise ZeroDivisionError from None
        with pytest.raises(BlockWasBroken), transaction.atomic():
            store("b@x.org")
            with pytest.raises(KeyError), transaction.atomic():
                raise KeyError from None
    assert not Author.objects.exists()


def test_savepoints_by_hand_are_refused() -> None:
    with pytest.raises(NotSupportedError, match="savepoints"), transaction.atomic():
        transaction.savepoint_rollback(transaction.savepoint())
    assert transaction.get_autocommit()


def test_a_cursor_speaks_no_sql() -> None:
    with connection.cursor() as cursor, pytest.raises(NotSupportedError, match="SQL"):
        cursor.execute("SELECT 1")
    with pytest.raises(NotSupportedError, match="SQL"):
        list(Author.objects.raw("SELECT 1"))


def test_get_or_create_of_twelve_at_once_makes_one() -> None:
    def get_or_create() -> bool:
        return Author.objects.get_or_create(email="a@x.org", defaults={"name": ""})[1]

    assert sorted(race(*[get_or_create] * 12)) == [False] * 11 + [True]


def test_only_the_first_statement_of_a_block_is_sent_again(author: Author) -> None:
    def take_the_address() -> None:
        with transaction.atomic():
            store("taken@x.org")

    with pytest.raises(DatabaseError) as failed, transaction.atomic():
        assert Author.objects.count() == 1
        assert race(take_the_address) == [None]
        store("taken@x.org")
    assert is_conflict(failed.value) or isinstance(failed.value, IntegrityError)


def test_an_integrity_error_caught_inside_a_block_spoils_it(author: Author) -> None:
    with pytest.raises(TransactionManagementError), transaction.atomic():
        with pytest.raises(IntegrityError):
            store(author.email)
        store("b@x.org")
    assert Author.objects.count() == 1


@pytest.mark.parametrize("outer", [transaction.atomic, upstream.atomic])
@pytest.mark.parametrize("inner", [transaction.atomic, upstream.atomic])
def test_upstreams_own_atomic_is_djangos(outer: Any, inner: Any) -> None:
    with outer():
        assert connection.in_atomic_block
        with inner():
            store("a@x.org")
        [seen] = race(Author.objects.count)
        assert seen == 0
    assert not connection.in_atomic_block
    with pytest.raises(Stop), outer():
        with inner():
            store("b@x.org")
        raise Stop
    assert not connection.in_atomic_block
    assert Author.objects.count() == 1
    assert connection.session is None


def test_transactions_by_hand_are_refused() -> None:
    with pytest.raises(NotSupportedError):
        transaction.set_autocommit(False)
    assert transaction.get_autocommit()


# --- failing commits -----------------------------------------------------------------
def test_a_failed_commit_stores_nothing_and_spoils_nothing() -> None:
    hooks: list[str] = []
    with pytest.raises(DatabaseError) as failed, transaction.atomic():
        transaction.on_commit(lambda: hooks.append("failed"))
        store("a@x.org")
        kill_sessions()
    assert is_conflict(failed.value)
    assert connection.session is None
    assert not Author.objects.exists()

    store("b@x.org")
    with transaction.atomic():
        transaction.on_commit(lambda: hooks.append("next"))
        store("c@x.org")
    with pytest.raises(Stop), transaction.atomic():
        store("d@x.org")
        raise Stop
    assert Author.objects.count() == 2
    assert hooks == ["next"]


def test_a_transaction_lost_on_the_way_is_a_conflict() -> None:
    with pytest.raises(DatabaseError) as failed, transaction.atomic():
        store("a@x.org")
        kill_sessions()
        store("b@x.org")
    assert is_conflict(failed.value)
    assert not Author.objects.exists()


def test_two_blocks_that_change_one_row_conflict(author: Author) -> None:
    def rename() -> None:
        Author.objects.filter(pk=author.pk).update(name="theirs")

    def within_a_block() -> None:
        with transaction.atomic():
            rename()

    with pytest.raises(DatabaseError) as failed, transaction.atomic():
        assert Author.objects.get().name == "Ada"
        assert race(within_a_block) == [None]
        rename()
    assert is_conflict(failed.value)
    assert Author.objects.get().name == "theirs"


def test_a_connection_closed_in_a_block_forgets_the_block() -> None:
    with transaction.atomic():
        store("a@x.org")
        connection.close()
    assert connection.session is None
    assert not Author.objects.exists()
    with pytest.raises(Stop), transaction.atomic():
        store("b@x.org")
        raise Stop
    assert not Author.objects.exists()
    assert transaction.get_autocommit()


# --- failing connections -------------------------------------------------------------
def test_a_first_connection_that_fails_spoils_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = connections.create_connection("default")

    def lose(*_: Any) -> None:
        raise AutoReconnect("reset")

    monkeypatch.setattr(fresh, "init_connection_state", lose)
    with pytest.raises(OperationalError) as failed:
        fresh.ensure_connection()
    assert is_unreachable(failed.value)
    monkeypatch.undo()
    assert fresh.connection is None
    assert fresh.get_autocommit()
    assert fresh.features.supports_transactions


def test_a_connection_knows_whether_it_is_usable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert connection.is_usable()

    def lose(*_: Any) -> None:
        raise AutoReconnect("reset")

    monkeypatch.setattr(connection.connection.admin, "command", lose, raising=False)
    monkeypatch.setattr(type(connection.connection.admin), "command", lose)
    assert not connection.is_usable()


def test_a_broken_second_batch_is_djangos_error() -> None:
    Author.objects.bulk_create(Author(email=f"{n}@x.org", name="") for n in range(300))
    with pytest.raises(DatabaseError), transaction.atomic():
        rows = Author.objects.iterator(chunk_size=50)
        next(rows)
        kill_sessions()
        list(rows)


def test_a_document_too_large_is_djangos_error() -> None:
    with pytest.raises(DatabaseError):
        Author.objects.create(email="a@x.org", name="x" * (17 * 1024 * 1024))
