"""Rows come out of documents as upstream's slower ways make them."""

from __future__ import annotations

import json
import math
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from bson import Int64, ObjectId
from django.apps.registry import Apps
from django.db import connection, models
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext
from django_mongodb_backend import compiler as stock

from competition_site.db.mongodb.conversions import to_json_value, to_uuid
from competition_site.db.mongodb.rows import whole_row
from tests.db.library import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(db: None) -> list[Book]:
    authors = [
        Author.objects.create(email=f"{n}@example.org", name=f"Author {n}")
        for n in range(3)
    ]
    return [
        Book.objects.create(
            author=authors[n % 3],
            editor=authors[0] if n % 2 else None,
            title=f"Book {n}",
            copies=2**40 + n,
            notes={"n": n, "deep": [{"big": 2**40}, None, 1.5, "ä", True]},
        )
        for n in range(4)
    ]


def typed(value: Any) -> Any:
    """The value with the types inside of it, which ``==`` passes over."""
    if isinstance(value, dict):
        return {key: typed(part) for key, part in value.items()}
    if isinstance(value, list):
        return [typed(part) for part in value]
    return type(value), value


def as_upstream(queryset: Any) -> list[list[Any]]:
    compiler = stock.SQLCompiler(queryset.query.clone(), connection, "default")
    return [list(row) for row in compiler.results_iter()]


def as_ours(queryset: Any) -> list[list[Any]]:
    return [list(row) for row in queryset.query.get_compiler("default").results_iter()]


# --- the same rows as upstream -------------------------------------------------------
QUERIES: dict[str, Any] = {
    "whole rows": Book.objects.all,
    "unordered": Book.objects.order_by,
    "by an expression": lambda: Book.objects.order_by(F("copies").desc()),
    "one join": lambda: Book.objects.select_related("author"),
    "two joins": lambda: Book.objects.select_related("author", "editor"),
    "a page of two joins": lambda: Book.objects.select_related("author", "editor")[1:3],
    "deferred": lambda: Book.objects.defer("notes").select_related("author"),
    "only": lambda: Book.objects.only("title"),
    "only of a join": lambda: Book.objects.only("title", "author__name").select_related(
        "author"
    ),
    "values": lambda: Book.objects.values("title", "id", "notes"),
    "values of a join": lambda: Book.objects.values("title", "editor__name"),
    "one value": lambda: Book.objects.values_list("author__created_at", flat=True),
    "a renamed join": lambda: Book.objects.values(by=F("author__name")),
    "annotated": lambda: Book.objects.annotate(by=F("author__name"), one=Value(1)),
    "distinct": lambda: Book.objects.order_by("title").distinct(),
    "filtered by a join": lambda: Book.objects.filter(author__name="Author 1"),
    "filtered and joined": lambda: Book.objects.filter(
        author__name="Author 1"
    ).select_related("author"),
    "without a partner": lambda: Book.objects.filter(editor__isnull=True),
    "a JSON key": lambda: Book.objects.values("notes__deep"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_rows_are_those_of_upstream(books: list[Book], name: str) -> None:
    ours = as_ours(QUERIES[name]())
    assert typed(ours) == typed(as_upstream(QUERIES[name]()))
    assert ours


def test_a_column_that_a_document_lacks_is_null(books: list[Book]) -> None:
    table = connection.get_collection(Book._meta.db_table)  # type: ignore[attr-defined]
    table.update_one({"_id": books[0].pk.hex}, {"$unset": {"lent": 1, "editor_id": 1}})
    table.update_one({"_id": books[0].pk.hex}, {"$set": {"notes": None}})
    assert typed(as_ours(Book.objects.all())) == typed(as_upstream(Book.objects.all()))
    row = Book.objects.select_related("editor").get(pk=books[0].pk)
    assert (row.lent, row.editor, row.notes) == (None, None, None)


def test_moments_come_in_the_zone_of_the_connection(
    books: list[Book], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_row(Book._meta, connection)
    monkeypatch.setattr(connection, "timezone", timezone(timedelta(hours=7)))
    assert typed(as_ours(Book.objects.all())) == typed(as_upstream(Book.objects.all()))


def test_a_columns_own_converter_is_called(books: list[Book]) -> None:
    class Shouted(models.CharField):  # type: ignore[type-arg]
        def from_db_value(self, value: str, *_: Any) -> str:
            return value.upper()

    class Poster(models.Model):
        id = models.UUIDField(primary_key=True, db_column="_id")
        title = Shouted(max_length=100)
        notes = models.JSONField(decoder=Tripled)

        class Meta:
            app_label = "library"
            apps = Apps()
            db_table = Book._meta.db_table

        def __str__(self) -> str:
            return self.title

    assert whole_row(Poster._meta, connection).converters is None
    poster = Poster.objects.get(pk=books[1].pk)  # type: ignore[attr-defined]
    assert (poster.title, poster.notes["n"]) == ("BOOK 1", 3)


class Tripled(json.JSONDecoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(parse_int=lambda digits: 3 * int(digits), **options)


def test_a_model_that_changes_is_looked_at_again(books: list[Book]) -> None:
    kept = whole_row(Book._meta, connection)
    assert whole_row(Book._meta, connection) is kept
    Book._meta._expire_cache()
    assert whole_row(Book._meta, connection) is not kept


# --- joins ---------------------------------------------------------------------------
def sent(queryset: Any) -> str:
    with CaptureQueriesContext(connection) as captured:
        list(queryset)
    [query] = captured.captured_queries
    return str(query["sql"])


def test_partners_by_key_are_not_unwound_by_the_server(books: list[Book]) -> None:
    both = sent(Book.objects.select_related("author", "editor")[:2])
    assert both.count("$lookup") == 2
    assert "$unwind" not in both
    assert "$cond" not in both


@pytest.mark.parametrize(
    "name", ["a renamed join", "filtered by a join", "annotated", "filtered and joined"]
)
def test_what_reads_a_partner_has_it_unwound(books: list[Book], name: str) -> None:
    assert "$unwind" in sent(QUERIES[name]())


def test_a_row_without_a_partner_that_it_must_have_is_left_out(
    books: list[Book],
) -> None:
    gone = books[0].author_id
    connection.get_collection(Author._meta.db_table).delete_one({"_id": gone.hex})  # type: ignore[attr-defined]
    joined = Book.objects.select_related("author")
    assert {book.title for book in joined} == {"Book 1", "Book 2"}
    assert typed(as_ours(joined)) == typed(as_upstream(joined))
    edited = Book.objects.select_related("editor")
    assert {book.title for book in edited} == {f"Book {n}" for n in range(4)}


# --- a look-up by key ----------------------------------------------------------------
def test_a_key_is_sent_alone(books: list[Book]) -> None:
    assert "{'_id': '" in sent(Book.objects.filter(pk=books[0].pk))
    plan = json.loads(Book.objects.filter(pk=books[0].pk).explain())
    assert plan["queryPlanner"]["winningPlan"]["stage"] == "IDHACK"


# --- values --------------------------------------------------------------------------
@pytest.mark.parametrize("n", range(3))
def test_a_uuid_is_as_its_class_makes_it(n: int) -> None:
    text = [uuid4().hex, "0" * 32, "F" * 32][n]
    made = to_uuid(text)
    assert (made, hash(made), str(made)) == (
        UUID(text),
        hash(UUID(text)),
        str(UUID(text)),
    )
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301
    assert made.is_safe is UUID(text).is_safe


def test_a_uuid_is_read_with_dashes_too() -> None:
    value = uuid4()
    assert to_uuid(str(value)) == value


@pytest.mark.parametrize("text", ["", "x" * 32, "-" + "1" * 31, "1" * 31])
def test_what_is_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hexadecimal|invalid literal"):
        to_uuid(text)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 1, 1.5, "ä\ud7ff", [], {}),
        *(
            Int64(2**60),
            [Int64(1), {"a": [Int64(2), None]}],
            math.inf,
            {"$c": {"": []}},
        ),
    ],
    ids=repr,
)
def test_json_is_as_if_written_and_parsed(value: Any) -> None:
    assert typed(to_json_value(value)) == typed(json.loads(json.dumps(value)))


@pytest.mark.parametrize("value", [datetime.now(UTC), ObjectId(), b"a"], ids=type)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_json_value({"a": [value]})
