"""What ``atomic`` promises."""

from __future__ import annotations

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tests.db.conformance.operations import on_mongodb_only, operation
from tests.db.conformance.tables import Author, Book
from tests.racing import race


class Stop(Exception):  # noqa: N818
    """Ends a block on purpose."""


def store(email: str) -> Author:
    return Author.objects.create(email=email, name="")


def stored(email: str) -> bool:
    return Author.objects.filter(email=email).exists()


def abandon(*emails: str) -> None:
    """Store rows in a block that fails."""
    try:
        with transaction.atomic():
            for email in emails:
                store(email)
            raise Stop
    except Stop:
        pass


@operation
def a_block_that_ends_well_is_stored() -> None:
    with transaction.atomic():
        store("a@x.org")
    assert stored("a@x.org")


@operation
def a_block_that_fails_is_undone() -> None:
    abandon("a@x.org", "b@x.org")
    assert not stored("a@x.org")


@operation
def changes_and_deletions_are_undone() -> None:
    try:
        with transaction.atomic():
            Book.objects.update(sold=9)
            Book.objects.filter(pages=100).delete()
            raise Stop
    except Stop:
        pass
    assert Book.objects.filter(sold=0).count() == 12


@operation
def a_block_sees_its_own_changes() -> None:
    with transaction.atomic():
        store("a@x.org")
        assert stored("a@x.org")


@operation
def others_see_nothing_before_the_commit() -> None:
    with transaction.atomic():
        Book.objects.first()
        Author.objects.filter(name="Ada").update(name="Countess")
        [seen] = race(lambda: Author.objects.filter(name="Countess").exists())
    assert seen is False
    assert Author.objects.filter(name="Countess").exists()


@operation
def an_inner_block_that_fails_ends_the_outer() -> None:
    try:
        with transaction.atomic():
            store("a@x.org")
            with transaction.atomic():
                store("b@x.org")
                raise Stop
    except Stop:
        pass
    assert not stored("a@x.org")
    assert not stored("b@x.org")


@operation
def an_inner_block_alone_is_undone() -> None:
    with transaction.atomic():
        store("a@x.org")
        abandon("b@x.org")
    assert stored("a@x.org")
    assert not stored("b@x.org")


@operation
def a_violation_caught_in_an_inner_block() -> None:
    with transaction.atomic():
        store("a@x.org")
        try:
            with transaction.atomic():
                store("ada@x.org")
        except IntegrityError:
            pass
        store("c@x.org")
    assert stored("c@x.org")


@operation
def a_violation_caught_without_an_inner_block() -> None:
    """Django refuses the next query, on every engine."""
    try:
        with transaction.atomic():
            try:
                store("ada@x.org")
            except IntegrityError:
                pass
            store("c@x.org")
    except transaction.TransactionManagementError:
        assert not stored("c@x.org")
        return
    raise AssertionError


@operation
def savepoints_by_hand() -> None:
    with transaction.atomic():
        sid = transaction.savepoint()
        store("a@x.org")
        transaction.savepoint_rollback(sid)
        store("b@x.org")
    assert not stored("a@x.org")
    assert stored("b@x.org")


@operation
def set_rollback_undoes_without_an_exception() -> None:
    with transaction.atomic():
        store("a@x.org")
        transaction.set_rollback(True)
    assert not stored("a@x.org")


@operation
def a_durable_block_is_the_outermost() -> None:
    with transaction.atomic(durable=True):
        store("a@x.org")
    assert stored("a@x.org")
    try:
        with transaction.atomic(), transaction.atomic(durable=True):
            pass
    except RuntimeError:
        return
    raise AssertionError


@operation
def atomic_as_a_decorator() -> None:
    @transaction.atomic
    def fail() -> None:
        store("a@x.org")
        raise Stop

    try:
        fail()
    except Stop:
        pass
    assert not stored("a@x.org")


@operation
def hooks_run_after_the_commit() -> None:
    seen: list[bool] = []
    with transaction.atomic():
        transaction.on_commit(lambda: seen.append(connection.in_atomic_block))
        store("a@x.org")
        assert seen == []
    assert seen == [False]


@operation
def hooks_never_run_after_a_failure() -> None:
    seen: list[int] = []
    try:
        with transaction.atomic():
            transaction.on_commit(lambda: seen.append(1))
            raise Stop
    except Stop:
        pass
    with transaction.atomic():
        pass
    assert seen == []


@operation
def requests_are_blocks_where_asked_for() -> None:
    """ATOMIC_REQUESTS: a view that raises leaves nothing behind."""
    from django.core.handlers.base import BaseHandler

    def view(request: HttpRequest) -> HttpResponse:
        store("a@x.org")
        raise Stop

    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        BaseHandler().make_view_atomic(view)(RequestFactory().get("/"))
    except Stop:
        pass
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    assert not stored("a@x.org")


@operation
def two_blocks_that_change_one_row() -> None:
    """The later one fails or waits, and neither change is lost."""

    def rename() -> None:
        with transaction.atomic():
            Author.objects.filter(name="Ada").update(nickname="theirs")

    if connection.vendor == "sqlite":
        rename()  # one writer at a time: there is no later one
        return
    try:
        with transaction.atomic():
            assert Author.objects.get(name="Ada").nickname is None
            assert race(rename) == [None]
            Author.objects.filter(name="Ada").update(nickname="ours")
    except DatabaseError:
        assert Author.objects.get(name="Ada").nickname == "theirs"
        return
    raise AssertionError


@operation
def union_inside_a_block() -> None:
    with transaction.atomic():
        some = Book.objects.order_by()
        assert len(list(some.filter(pages=0).union(some.filter(pages=100)))) == 2


@operation
def transactions_by_hand() -> None:
    transaction.set_autocommit(False)
    try:
        store("a@x.org")
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)
    assert not stored("a@x.org")


@on_mongodb_only
def a_commit_that_fails_spoils_nothing() -> None:
    try:
        with transaction.atomic():
            store("a@x.org")
            connection.connection.admin.command("killAllSessions", [])
    except DatabaseError:
        pass
    abandon("b@x.org")
    assert not stored("a@x.org")
    assert not stored("b@x.org")


@on_mongodb_only
def upstreams_own_atomic() -> None:
    from django_mongodb_backend import transaction as upstream

    try:
        with upstream.atomic():
            store("a@x.org")
            raise Stop
    except Stop:
        pass
    assert not stored("a@x.org")
