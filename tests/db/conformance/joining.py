"""Reading over relations: joins, prefetches and subqueries."""

from __future__ import annotations

from django.db import connection
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery
from django.test.utils import CaptureQueriesContext

from tests.db.conformance.operations import operation
from tests.db.conformance.reading import numbers
from tests.db.conformance.tables import BOOKS, Author, Book, Publisher, Tag, Tagging


@operation
def filter_over_a_foreign_key() -> None:
    assert numbers(Book.objects.filter(author__name="Ada")) == [0, 3, 6, 9]
    assert numbers(Book.objects.filter(publisher__name="South"))[:2] == [1, 3]


@operation
def filter_over_two_relations() -> None:
    taggings = Tagging.objects.filter(book__author__name="Ada")
    assert taggings.count() == 2


@operation
def filter_over_a_reverse_relation() -> None:
    authors = Author.objects.filter(books__pages__gte=1000).order_by("name")
    assert [author.name for author in authors] == ["Alan", "Grace"]


@operation
def filter_over_many_to_many() -> None:
    assert numbers(Book.objects.filter(tags__label="red")) == [3, 9]
    assert Tag.objects.filter(books__title="Book 01").get().label == "green"


@operation
def exclude_over_a_reverse_relation() -> None:
    authors = Author.objects.exclude(books__kind="novel")
    assert [author.name for author in authors] == ["Edsger"]


@operation
def exclude_over_a_foreign_key() -> None:
    assert numbers(Book.objects.exclude(author__name="Ada"))[:3] == [1, 2, 4]
    assert 4 in numbers(Book.objects.exclude(publisher__name="North"))


@operation
def filter_by_the_lack_of_a_relation() -> None:
    assert Author.objects.get(books=None).name == "Edsger"
    assert Book.objects.filter(cover__isnull=True).count() == BOOKS - 1


@operation
def filter_by_a_related_instance() -> None:
    ada = Author.objects.get(name="Ada")
    assert numbers(Book.objects.filter(author=ada)) == [0, 3, 6, 9]
    assert numbers(ada.books.filter(kind="essay")) == [3]


@operation
def order_over_a_foreign_key() -> None:
    assert numbers(Book.objects.order_by("author__name", "pages"))[:5] == [
        0,
        3,
        6,
        9,
        2,
    ]


@operation
def values_over_a_foreign_key() -> None:
    rows = Book.objects.order_by("id").values_list("title", "author__name")
    assert rows[1] == ("Book 01", "Grace")


@operation
def select_related_to_one() -> None:
    with CaptureQueriesContext(connection) as queries:
        rows = list(Book.objects.select_related("author", "publisher"))
        names = [
            (row.author.name, row.publisher and row.publisher.name) for row in rows
        ]
    assert len(queries) == 1
    assert names[3:5] == [("Ada", "South"), ("Grace", None)]


@operation
def select_related_of_the_newest() -> None:
    rows = Book.objects.select_related("author").order_by("-id")[:2]
    assert [(row.title, row.author.name) for row in rows] == [
        ("Book 11", "Alan"),
        ("Book 10", "Grace"),
    ]


@operation
def select_related_backwards_over_one_to_one() -> None:
    rows = list(Book.objects.select_related("cover")[:2])
    assert rows[0].cover.colour == "white"
    assert not hasattr(rows[1], "cover")


@operation
def prefetch_foreign_keys() -> None:
    with CaptureQueriesContext(connection) as queries:
        rows = list(Book.objects.prefetch_related("author", "publisher"))
        assert rows[3].author.name == "Ada"
        assert rows[4].publisher is None
    assert len(queries) == 3


@operation
def prefetch_backwards() -> None:
    with CaptureQueriesContext(connection) as queries:
        rows = Author.objects.order_by("id").prefetch_related("books")
        assert [len(row.books.all()) for row in rows] == [4, 4, 4, 0]
    assert len(queries) == 2


@operation
def prefetch_backwards_over_one_to_one() -> None:
    rows = list(Book.objects.prefetch_related("cover")[:2])
    assert rows[0].cover.colour == "white"


@operation
def prefetch_a_chosen_few() -> None:
    essays = Prefetch("books", Book.objects.filter(kind="essay"), to_attr="essays")
    rows = Author.objects.order_by("id").prefetch_related(essays)
    assert [numbers(row.essays) for row in rows] == [[3], [7], [11], []]


@operation
def prefetch_a_slice() -> None:
    first = Prefetch("books", Book.objects.order_by("pages")[:1], to_attr="shortest")
    rows = Author.objects.order_by("id").prefetch_related(first)
    assert [numbers(row.shortest) for row in rows] == [[0], [1], [2], []]


@operation
def prefetch_over_two_relations() -> None:
    rows = Author.objects.order_by("id").prefetch_related("books__taggings__tag")
    tags = [t.tag.label for book in rows[0].books.all() for t in book.taggings.all()]
    assert tags == ["red", "red"]


@operation
def prefetch_many_to_many() -> None:
    rows = Book.objects.prefetch_related("tags").order_by("id")
    assert [[tag.label for tag in row.tags.all()] for row in rows[:2]] == [
        [],
        ["green"],
    ]


@operation
def many_to_many_of_one_row() -> None:
    book = Book.objects.get(pages=100)
    assert [tag.label for tag in book.tags.all()] == ["green"]
    book.tags.add(Tag.objects.get(label="red"))
    assert book.tags.count() == 2
    book.tags.remove(Tag.objects.get(label="green"))
    book.tags.set([])
    assert not book.tags.exists()


@operation
def filter_by_a_subquery() -> None:
    few = Author.objects.filter(name__in=["Ada", "Edsger"])
    assert numbers(Book.objects.filter(author__in=few)) == [0, 3, 6, 9]
    assert Book.objects.exclude(author__in=few).count() == 8
    keys = few.values("pk")
    assert Book.objects.filter(author_id__in=keys).count() == 4


@operation
def filter_by_a_sliced_subquery() -> None:
    first = Author.objects.order_by("name")[:1]
    assert numbers(Book.objects.filter(author__in=first)) == [0, 3, 6, 9]
    second = Author.objects.order_by("name")[1:2].values("pk")
    assert numbers(Book.objects.filter(author__in=second))[:2] == [2, 5]


@operation
def filter_by_a_subquery_of_equality() -> None:
    ada = Author.objects.filter(name="Ada").values("pk")[:1]
    assert numbers(Book.objects.filter(author=Subquery(ada))) == [0, 3, 6, 9]


@operation
def filter_by_existence() -> None:
    essays = Book.objects.filter(author=OuterRef("pk"), pages__gt=1000)
    assert Author.objects.get(Exists(essays)).name == "Alan"
    assert Author.objects.filter(~Exists(essays)).count() == 3


@operation
def annotate_existence() -> None:
    covers = Book.objects.filter(author=OuterRef("pk"), cover__isnull=False)
    rows = Author.objects.annotate(has_cover=Exists(covers)).order_by("id")
    assert [row.has_cover for row in rows] == [True, False, False, False]


@operation
def annotate_a_subquery() -> None:
    newest = Book.objects.filter(author=OuterRef("pk")).order_by("-pages")
    rows = Author.objects.annotate(newest=Subquery(newest.values("title")[:1]))
    assert [row.newest for row in rows.order_by("id")] == [
        "Book 09",
        "Book 10",
        "Book 11",
        None,
    ]


@operation
def filter_by_an_annotated_subquery() -> None:
    newest = Book.objects.filter(author=OuterRef("pk")).order_by("-pages")
    rows = Author.objects.annotate(newest=Subquery(newest.values("pages")[:1]))
    assert rows.get(newest__gt=1000).name == "Alan"


@operation
def annotate_a_column_of_a_relation() -> None:
    rows = Book.objects.annotate(by=F("author__name")).order_by("id")
    assert [row.by for row in rows[:2]] == ["Ada", "Grace"]


@operation
def conditions_over_one_and_two_joins() -> None:
    at_once = Author.objects.filter(books__kind="essay", books__pages__lt=300)
    assert not at_once
    apart = Author.objects.filter(books__kind="essay").filter(books__pages__lt=300)
    assert apart.distinct().count() == 3


@operation
def either_side_of_a_join() -> None:
    chosen = Book.objects.filter(Q(publisher__name="North") | Q(publisher=None))
    assert numbers(chosen) == [0, 2, 4, 6, 8, 9, 10]


@operation
def distinct_over_a_join() -> None:
    assert Publisher.objects.filter(books__kind="novel").distinct().count() == 2
