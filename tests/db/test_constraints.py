"""Unique constraints hold, and say which columns they are about."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from competition_site.db.constraints import duplicates_refused, violated_columns
from competition_site.db.transactions import retry_on_conflict
from tests.db.library import Author, Book
from tests.racing import race

pytestmark = pytest.mark.django_db


class Taken(Exception):  # noqa: N818
    """The refusal of these tests."""


def violation(create: Any) -> frozenset[str]:
    with pytest.raises(IntegrityError) as caught:
        create()
    return violated_columns(caught.value)


def test_the_columns_of_a_violated_constraint_are_named(book: Book) -> None:
    author = book.author
    assert violation(lambda: Author.objects.create(email=author.email, name="")) == {
        "email"
    }
    assert violation(lambda: Book.objects.create(author=author, title=book.title)) == {
        "author_id",
        "title",
    }
    assert violation(
        lambda: Author.objects.create(pk=author.pk, email="new@x.org", name="")
    ) == {"_id"}


def test_the_columns_are_named_for_updates_and_bulk_writes_too(author: Author) -> None:
    other = Author.objects.create(email="b@example.org", name="B")
    update = Author.objects.filter(pk=other.pk).update
    assert violation(lambda: update(email=author.email)) == {"email"}
    rows = [Author(email=mail, name="") for mail in ("c@x.org", author.email)]
    assert violation(lambda: Author.objects.bulk_create(rows)) == {"email"}


def test_other_integrity_errors_name_no_column(author: Author) -> None:
    assert violation(lambda: Author.objects.create(email="x@x.org", name=None)) == set()
    assert violated_columns(IntegrityError("UNIQUE constraint failed: index 'x'")) == (
        set()
    )


def test_a_conditional_constraint_counts_only_the_rows_it_is_about(
    author: Author,
) -> None:
    Book.objects.create(author=author, title="A", status="draft")
    draft = Book.objects.create(author=author, title="B", status="draft")
    Book.objects.create(author=author, title="C", status="current")
    promote = Book.objects.filter(pk=draft.pk).update
    assert violation(lambda: promote(status="current")) == {"author_id"}
    Book.objects.filter(status="current").update(status="old")
    assert promote(status="current") == 1


def test_nulls_may_repeat_in_a_unique_column() -> None:
    for number in range(2):
        Author.objects.create(email=f"{number}@x.org", name="", nickname=None)
    Author.objects.create(email="c@x.org", name="", nickname="C")
    assert violation(
        lambda: Author.objects.create(email="d@x.org", name="", nickname="C")
    ) == {"nickname"}


# --- duplicates_refused --------------------------------------------------------------
@duplicates_refused({("title", "author_id"): Taken})
@retry_on_conflict
@transaction.atomic
def publish(author: Author, **columns: Any) -> Book:
    return Book.objects.create(author=author, **columns)


def test_a_duplicate_becomes_the_refusal_named_for_its_columns(book: Book) -> None:
    with pytest.raises(Taken) as refused:
        publish(book.author, title=book.title)
    assert isinstance(refused.value.__cause__, IntegrityError)
    assert publish(book.author, title="Another").title == "Another"


def test_a_violation_nobody_named_is_raised_as_it_came(author: Author) -> None:
    Book.objects.create(author=author, title="A", status="current")
    with pytest.raises(IntegrityError):
        publish(author, title="B", status="current")


def test_of_ten_racing_duplicates_one_is_stored_and_nine_are_refused(
    author: Author,
) -> None:
    outcomes = race(*[lambda: publish(author, title="One")] * 10)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == (
        ["Book"] + ["Taken"] * 9
    )
    assert Book.objects.count() == 1


# --- schema changes ------------------------------------------------------------------
@pytest.mark.parametrize("default", [dict, "$title", "{}", list])
def test_a_new_column_is_filled_with_its_default(book: Book, default: Any) -> None:
    text = isinstance(default, str)
    kind = models.CharField(max_length=50) if text else models.JSONField()
    kind.default = default
    kind.set_attributes_from_name("added")
    kind.model = Book
    with connection.schema_editor() as editor:
        editor.add_field(Book, kind)
    try:
        assert _stored("added", kind) == kind.get_default()
    finally:
        with connection.schema_editor() as editor:
            editor.remove_field(Book, kind)


def _stored(column: str, kind: models.Field[Any, Any]) -> Any:
    """Read a column that the model does not declare."""
    if connection.vendor == "mongodb":
        return connection.get_collection("library_book").find_one()[column]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM library_book")  # noqa: S608
        [value] = cursor.fetchone()
    return json.loads(value) if isinstance(kind, models.JSONField) else value
