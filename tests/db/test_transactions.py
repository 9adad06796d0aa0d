"""Blocks commit whole or not at all, and those that lose a race run again."""
# ruff: noqa: PT012 - a block and what leaves it belong together

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import F
from pymongo.errors import (
    AutoReconnect,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
)

from competition_site.db import transactions
from competition_site.db.transactions import (
    Conflict,
    TooManyConflicts,
    is_conflict,
    is_unreachable,
    retry_on_conflict,
)
from tests.db.library import Author, Book
from tests.racing import race

pytestmark = pytest.mark.django_db


class Stop(Exception):  # noqa: N818
    """Ends a block on purpose."""


def caused_by(cause: BaseException, error: Exception | None = None) -> Exception:
    error = error or DatabaseError()
    error.__cause__ = cause
    return error


def transient(code: int = 112) -> OperationFailure:
    labels = {"errorLabels": ["TransientTransactionError"]}
    return OperationFailure("write conflict", code, labels)


# --- atomic --------------------------------------------------------------------------
def test_an_exception_undoes_everything_in_the_block(book: Book) -> None:
    with pytest.raises(Stop), transaction.atomic():
        Book.objects.filter(pk=book.pk).update(copies=99)
        Author.objects.create(email="grace@example.org", name="Grace")
        book.delete()
        raise Stop
    assert Author.objects.count() == 1
    assert Book.objects.get().copies == 3


def test_a_failed_bulk_create_stores_nothing() -> None:
    twins = [Author(email=mail, name="") for mail in ("a@x.org", "b@x.org", "a@x.org")]
    with pytest.raises(IntegrityError):
        Author.objects.bulk_create(twins)
    assert not Author.objects.exists()


def test_hooks_run_after_the_commit_and_never_after_a_rollback() -> None:
    seen: list[Any] = []
    with transaction.atomic():
        transaction.on_commit(
            lambda: seen.append((connection.in_atomic_block, Author.objects.count()))
        )
        Author.objects.create(email="ada@example.org", name="Ada")
        assert seen == []
    assert seen == [(False, 1)]
    with pytest.raises(Stop), transaction.atomic():
        transaction.on_commit(lambda: seen.append("rolled back"))
        raise Stop
    with transaction.atomic():
        pass
    assert seen == [(False, 1)]


def test_another_connection_sees_nothing_before_the_commit(author: Author) -> None:
    with transaction.atomic():
        Author.objects.filter(pk=author.pk).update(name="Countess")
        [seen] = race(lambda: Author.objects.get().name)
    assert seen == "Ada"
    assert Author.objects.get().name == "Countess"


def test_counters_change_in_the_database_inside_a_block(book: Book) -> None:
    with transaction.atomic():
        assert Book.objects.filter(pk=book.pk, lent__lt=F("copies")).update(
            lent=F("lent") + 1
        )
        book.refresh_from_db()
        assert book.lent == 1


# --- retry_on_conflict ---------------------------------------------------------------
def lend(book: Book) -> str:
    @retry_on_conflict
    @transaction.atomic
    def attempt() -> str:
        name = f"borrower {Author.objects.count()}"
        lent = Book.objects.filter(pk=book.pk, lent__lt=F("copies")).update(
            lent=F("lent") + 1
        )
        if not lent:
            return "none left"
        copy = Book.objects.get(pk=book.pk).lent
        Author.objects.create(email=f"{copy}@example.org", name=name)
        return "lent"

    return attempt()


def test_of_twenty_racing_borrowers_exactly_as_many_as_copies_get_one(
    author: Author,
) -> None:
    book = Book.objects.create(author=author, title="Rare", copies=7)
    outcomes = race(*[lambda: lend(book)] * 20)
    assert sorted(map(str, outcomes)) == ["lent"] * 7 + ["none left"] * 13
    book.refresh_from_db()
    assert (book.lent, Author.objects.count()) == (7, 8)


def test_read_then_write_loses_no_update_when_the_block_is_retried(book: Book) -> None:
    @retry_on_conflict
    @transaction.atomic
    def add_a_copy() -> None:
        # Not how this project counts, but what a retry must get right as well.
        row = Book.objects.get(pk=book.pk)
        row.copies += 1
        row.save(update_fields=["copies"])

    assert race(*[add_a_copy] * 12) == [None] * 12
    book.refresh_from_db()
    assert book.copies == 15


def test_a_lost_compare_and_set_runs_the_block_again(author: Author) -> None:
    attempts: list[int] = []

    @retry_on_conflict
    @transaction.atomic
    def block() -> str:
        attempts.append(Author.objects.count())
        Author.objects.create(email="grace@example.org", name="Grace")
        if len(attempts) < 3:
            raise Conflict
        return "done"

    assert block() == "done"
    assert attempts == [1, 1, 1]
    assert Author.objects.count() == 2


def test_inside_an_open_block_the_conflict_goes_to_the_outermost_retry() -> None:
    calls: list[str] = []

    @retry_on_conflict
    @transaction.atomic
    def inner() -> None:
        calls.append("inner")
        if calls.count("inner") == 1:
            raise Conflict

    @retry_on_conflict
    @transaction.atomic
    def outer() -> None:
        calls.append("outer")
        inner()

    outer()
    assert calls == ["outer", "inner", "outer", "inner"]


def test_after_the_last_attempt_it_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(transactions.time, "sleep", pauses.append)
    attempts: list[None] = []

    @retry_on_conflict
    def always() -> None:
        attempts.append(None)
        raise Conflict

    with pytest.raises(TooManyConflicts) as refused:
        always()
    assert len(attempts) == transactions.ATTEMPTS == 200
    assert isinstance(refused.value.__cause__, Conflict)
    assert pauses[0] <= transactions.FIRST_PAUSE
    assert 0.02 < max(pauses) <= transactions.LONGEST_PAUSE

    outer = retry_on_conflict(always)
    attempts.clear()
    with pytest.raises(TooManyConflicts):
        outer()
    assert len(attempts) == transactions.ATTEMPTS


def test_no_attempt_begins_after_the_longest_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "LONGEST_RUN", 0.0)
    attempts: list[None] = []

    @retry_on_conflict
    def slow() -> None:
        attempts.append(None)
        raise Conflict

    with pytest.raises(TooManyConflicts):
        slow()
    assert len(attempts) == 1


def test_what_a_hook_raises_after_the_commit_is_not_retried() -> None:
    def hook() -> None:
        raise Conflict

    @retry_on_conflict
    @transaction.atomic
    def block() -> None:
        Author.objects.create(email=f"{Author.objects.count()}@x.org", name="")
        transaction.on_commit(hook)

    with pytest.raises(Conflict):
        block()
    assert Author.objects.count() == 1


@pytest.mark.parametrize("error", [Stop(), IntegrityError(), DatabaseError("syntax")])
def test_other_errors_are_raised_at_once(error: Exception) -> None:
    attempts: list[None] = []

    @retry_on_conflict
    def block() -> None:
        attempts.append(None)
        raise error

    with pytest.raises(type(error)):
        block()
    assert len(attempts) == 1


# --- what counts as what -------------------------------------------------------------
def test_conflicts_are_recognised() -> None:
    assert is_conflict(Conflict())
    assert is_conflict(caused_by(transient()))
    assert is_conflict(caused_by(OperationFailure("no such transaction", 251)))
    assert is_conflict(OperationalError("database is locked"))
    assert is_conflict(caused_by(caused_by(transient()), IntegrityError()))


def test_final_errors_are_no_conflicts() -> None:
    unknown = OperationFailure(
        "lost", 91, {"errorLabels": ["UnknownTransactionCommitResult"]}
    )
    unknown.__context__ = transient()
    assert not is_conflict(caused_by(unknown))
    assert not is_conflict(caused_by(transient(), TooManyConflicts()))
    assert not is_conflict(caused_by(transient(), Stop()))
    assert not is_conflict(OperationalError("no such table: x"))


@pytest.mark.parametrize(
    "error",
    [
        ServerSelectionTimeoutError("nobody there"),
        caused_by(AutoReconnect("reset")),
        caused_by(caused_by(NotPrimaryError("stepped down")), RuntimeError()),
        caused_by(OperationFailure("stepping down", 189)),
        caused_by(sqlite3.OperationalError(), OperationalError("disk I/O error")),
        OperationalError("unable to open database file"),
        OperationalError("database is locked"),
    ],
    ids=repr,
)
def test_a_database_out_of_reach_is_recognised(error: Exception) -> None:
    assert is_unreachable(error)


def test_other_errors_are_not_out_of_reach() -> None:
    hidden = DatabaseError()
    hidden.__context__ = AutoReconnect("reset")
    hidden.__suppress_context__ = True
    for error in (Stop(), hidden, caused_by(transient()), OperationalError("syntax")):
        assert not is_unreachable(error)
