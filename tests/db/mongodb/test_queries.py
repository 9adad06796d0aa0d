"""Queries use indexes, keep values values, and are refused rather than wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import NotSupportedError, connection
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from tests.db.library import Author, Book
from tests.db.mongodb.explain import plan_of

pytestmark = pytest.mark.django_db

AUTHORS, BOOKS = 20, 400


@pytest.fixture
def authors() -> list[Author]:
    return Author.objects.bulk_create(
        Author(email=f"{n}@example.org", name=f"Author {n}") for n in range(AUTHORS)
    )


@pytest.fixture
def books(authors: list[Author]) -> list[Book]:
    return Book.objects.bulk_create(
        Book(
            author=authors[n % AUTHORS],
            editor=authors[n % 7] if n % 2 else None,
            title=f"Book {n}",
            copies=n,
        )
        for n in range(BOOKS)
    )


def commands(queryset: Any) -> tuple[list[Any], list[str]]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        rows = list(queryset)
    return rows, [query["sql"] for query in captured.captured_queries]


# --- indexes -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "column", ["email", "pk"], ids=["a unique column", "the primary key"]
)
def test_a_look_up_by_a_unique_column_uses_its_index(
    authors: list[Author], column: str
) -> None:
    value = getattr(authors[3], column)
    plan = plan_of(Author.objects.filter(**{column: value}))
    assert "COLLSCAN" not in plan.stages
    assert plan.stages & {"IXSCAN", "IDHACK", "CLUSTERED_IXSCAN"}
    assert plan.examined == 1


def test_a_unique_constraint_over_two_columns_serves_look_ups(
    books: list[Book],
) -> None:
    plan = plan_of(
        Book.objects.filter(author_id=books[5].author_id, title="Book 5").order_by()
    )
    assert "IXSCAN" in plan.stages
    assert plan.examined == 1


@pytest.mark.parametrize("relations", [(), ("author",), ("author", "editor")])
def test_the_newest_rows_are_chosen_by_index_before_they_are_joined(
    books: list[Book], relations: tuple[str, ...]
) -> None:
    queryset = Book.objects.select_related(*relations) if relations else Book.objects
    newest = queryset.order_by("-id")[:20]
    plan = plan_of(newest)
    assert "IXSCAN" in plan.stages
    assert not plan.stages & {"COLLSCAN", "SORT"}
    assert plan.examined <= 40
    rows, queries = commands(newest)
    assert [row.copies for row in rows] == list(range(399, 379, -1))
    assert len(queries) == 1
    for row in rows if relations else ():
        assert row.author.name == f"Author {row.copies % AUTHORS}"


def test_a_filtered_page_with_joins_uses_the_compound_index(books: list[Book]) -> None:
    page = (
        Book.objects.filter(author_id=books[3].author_id, id__lt=books[300].pk)
        .select_related("author", "editor")
        .order_by("-id")[:5]
    )
    plan = plan_of(page)
    assert "IXSCAN" in plan.stages
    assert "SORT" not in plan.stages
    assert plan.examined <= 10
    rows, _ = commands(page)
    assert [row.copies for row in rows] == [283, 263, 243, 223, 203]
    assert rows[0].editor.name == "Author 3"


def test_get_with_select_related_is_one_indexed_command(books: list[Book]) -> None:
    with CaptureQueriesContext(connection) as captured:
        row = Book.objects.select_related("author", "editor").get(pk=books[0].pk)
        assert row.author.name == "Author 0"
        assert row.editor is None
    [query] = captured.captured_queries
    assert "aggregate" in query["sql"]
    assert query["sql"].index("$match") < query["sql"].index("$lookup")
    assert query["sql"].index("$limit") < query["sql"].index("$lookup")
    plan = plan_of(
        Book.objects.select_related("author").filter(pk=books[0].pk).order_by()
    )
    assert plan.examined == 1


def test_unpaged_rows_of_one_parent_are_matched_before_they_are_joined(
    books: list[Book],
) -> None:
    rows = Book.objects.filter(author_id=books[3].author_id).select_related("author")
    assert plan_of(rows.order_by()).examined == BOOKS // AUTHORS


def test_a_filter_over_a_join_still_answers_right(books: list[Book]) -> None:
    rows = (
        Book.objects.filter(Q(author__name="Author 3") | Q(copies=0))
        .select_related("author")
        .order_by("id")[:3]
    )
    assert [row.copies for row in rows] == [0, 3, 23]
    rows = Book.objects.order_by("author__name", "id").select_related("author")[:2]
    assert [row.copies for row in rows] == [0, 20]


def test_a_forward_prefetch_asks_by_key(books: list[Book]) -> None:
    page = Book.objects.prefetch_related("author").order_by("-id")[:20]
    rows, queries = commands(page)
    assert len(queries) == 2
    assert "$expr" not in queries[1]
    assert "{'_id': {'$in':" in queries[1]
    assert [row.author.name for row in rows[:2]] == ["Author 19", "Author 18"]
    keys = [row.author_id for row in rows]
    assert plan_of(Author.objects.filter(pk__in=keys)).stages >= {"IXSCAN"}


def test_a_reverse_prefetch_of_a_nullable_key_skips_nulls(books: list[Book]) -> None:
    rows = list(Book.objects.prefetch_related("editor").order_by("id")[:4])
    assert [row.editor and row.editor.name for row in rows] == [
        None,
        "Author 1",
        None,
        "Author 3",
    ]


def test_nulls_are_found_by_index(authors: list[Author]) -> None:
    Author.objects.filter(pk=authors[0].pk).update(nickname="Zero")
    assert Author.objects.filter(nickname=None).count() == AUTHORS - 1
    assert Author.objects.filter(nickname__isnull=False).get() == authors[0]
    connection.get_collection("library_author").update_one(
        {"_id": authors[1].pk.hex}, {"$unset": {"nickname": ""}}
    )
    assert Author.objects.filter(nickname__isnull=True).count() == AUTHORS - 1
    assert Author.objects.exclude(nickname=None).count() == 1


def test_the_everyday_operations_work(books: list[Book]) -> None:
    some = Book.objects.filter(copies__lt=10)
    assert some.exists()
    assert some.count() == 10
    assert list(some.values_list("copies", flat=True).order_by("copies"))[:2] == [0, 1]
    assert some.only("title").order_by("copies").first().title == "Book 0"
    assert some.update(lent=F("lent") + 1, status=Value("lent")) == 10
    assert some.filter(lent=1, status="lent").count() == 10
    assert some.delete()[0] == 10
    assert not some.exists()
    assert Book.objects.in_bulk([books[20].pk])[books[20].pk] == books[20]
    assert len(list(Book.objects.iterator(chunk_size=50))) == BOOKS - 10


def test_a_query_of_one_table_is_a_find(books: list[Book]) -> None:
    page = Book.objects.filter(copies__gte=10).order_by("-id")
    rows, [query] = commands(page[5:8])
    assert [row.copies for row in rows] == [394, 393, 392]
    assert ".find({'copies': {'$gte': 10}}" in query
    assert "'limit': 3" in query
    assert list(page[3:3]) == []
    rows, [query] = commands(page.values_list("title", flat=True))
    assert "aggregate" in query


def test_a_count_is_exact_and_needs_no_documents(books: list[Book]) -> None:
    mine = Book.objects.filter(author_id=books[3].author_id)
    with CaptureQueriesContext(connection) as captured:
        assert mine.count() == BOOKS // AUTHORS
        assert mine.filter(title="none").count() == 0
        assert Book.objects.count() == BOOKS
    assert "$facet" not in str(captured.captured_queries)
    report = connection.database.command(
        "explain",
        {
            "aggregate": "library_book",
            "pipeline": [
                {"$match": {"author_id": books[3].author_id.hex}},
                {"$group": {"_id": None, "n": {"$sum": 1}}},
            ],
            "cursor": {},
        },
        verbosity="executionStats",
    )
    assert "'totalDocsExamined': 0" in str(report)
    some = Book.objects.filter(copies__lt=3)
    assert some.aggregate(n=Count("*"), m=Count("editor")) == {"n": 3, "m": 1}
    assert some.none().aggregate(n=Count("*")) == {"n": 0}
    assert Book.objects.order_by("id")[:7].count() == 7


# --- values stay values --------------------------------------------------------------
@pytest.mark.parametrize("pattern", [".*", "ADA@EXAMPLE.ORG|x", "ada.example.org"])
def test_iexact_takes_no_pattern(author: Author, pattern: str) -> None:
    assert not Author.objects.filter(email__iexact=pattern).exists()


def test_iexact_finds_what_looks_like_a_pattern(db: None) -> None:
    Author.objects.create(email="p.q+r@x.org", name="P")
    assert Author.objects.filter(email__iexact="P.Q+R@X.ORG").exists()


@pytest.mark.parametrize(
    "value", [{"$ne": 1}, {"$gt": ""}, {"$exists": True}, "$title"]
)
def test_a_json_filter_takes_no_operator(author: Author, value: Any) -> None:
    Book.objects.create(author=author, title="A", notes={"shelf": "A", "a.b": "A"})
    assert not Book.objects.filter(notes=value).exists()
    assert not Book.objects.filter(notes__shelf=value).exists()
    assert not Book.objects.filter(notes__shelf__in=[value]).exists()
    assert not Book.objects.filter(**{"notes__a.b": value}).exists()
    assert not Book.objects.filter(**{"notes__a.b__in": [value]}).exists()
    assert Book.objects.filter(**{"notes__a.b": "A"}).exists()
    assert Book.objects.filter(**{"notes__a.b__in": ["A"]}).exists()
    assert Book.objects.filter(notes__shelf="A").exists()


def test_a_json_value_that_looks_like_an_operator_finds_itself(author: Author) -> None:
    Book.objects.create(author=author, title="A", notes={"rule": {"$ne": 1}})
    assert Book.objects.filter(notes__rule={"$ne": 1}).exists()
    assert Book.objects.filter(notes={"rule": {"$ne": 1}}).exists()


def test_a_value_compared_with_an_expression_is_not_read_as_a_column(
    author: Author,
) -> None:
    labelled = Author.objects.annotate(label=Concat("name", Value("")))
    assert labelled.filter(label="Ada").exists()
    assert labelled.filter(label__in=["Ada", "$email"]).exists()
    assert labelled.filter(label__range=("A", "B")).exists()
    assert labelled.filter(label__startswith="A").exists()
    assert labelled.filter(label__iexact="aDA").exists()
    for attempt in ({"": "$name"}, {"__in": ["$name"]}, {"__iexact": ".*"}):
        [(lookup, value)] = attempt.items()
        assert not labelled.filter(**{f"label{lookup}": value}).exists()
    assert not labelled.filter(label__range=("$name", "$name")).exists()


def test_columns_are_still_compared_with_columns(book: Book) -> None:
    assert Book.objects.filter(lent__lt=F("copies")).exists()
    assert not Book.objects.filter(lent__gte=F("copies")).exists()
    assert Book.objects.filter(copies__in=[F("copies"), 9]).exists()


# --- refused rather than wrong -------------------------------------------------------
def test_a_sliced_subquery_in_a_filter_is_sliced(books: list[Book]) -> None:
    first = Author.objects.order_by("id")[:1]
    assert Book.objects.filter(author__in=first).count() == BOOKS // AUTHORS
    later = Author.objects.order_by("-id")[2:4].values("pk")
    found = Book.objects.filter(author__in=later).order_by("copies")[:3]
    assert [row.copies for row in found] == [16, 17, 36]
    assert Book.objects.filter(author__in=Author.objects.all()).count() == BOOKS
    assert Author.objects.order_by("id")[:1].get() == first.get()


def test_a_subquery_sliced_by_a_computed_order_is_refused(books: list[Book]) -> None:
    computed = Author.objects.order_by(Concat("name", Value("!")).desc())[:1]
    united = Author.objects.filter(name="a").union(Author.objects.all())[:1]
    for sliced in (computed, united):
        with pytest.raises(NotSupportedError, match="slice"):
            list(Book.objects.filter(author__in=sliced.values("pk")))


def test_an_update_with_a_subquery_is_refused(books: list[Book]) -> None:
    name = Author.objects.filter(pk=OuterRef("author_id")).values("name")[:1]
    with pytest.raises(NotSupportedError, match="subquery"):
        Book.objects.update(title=Subquery(name))
    with pytest.raises(NotSupportedError, match="subquery"):
        Book.objects.filter(author__in=Author.objects.all()).update(copies=1)
    assert Book.objects.get(pk=books[7].pk).title == "Book 7"


def test_a_subquery_that_is_annotated_still_works(books: list[Book]) -> None:
    name = Author.objects.filter(pk=OuterRef("author_id")).values("name")[:1]
    rows = Book.objects.annotate(by=Subquery(name)).order_by("id")
    assert [row.by for row in rows[:2]] == ["Author 0", "Author 1"]
