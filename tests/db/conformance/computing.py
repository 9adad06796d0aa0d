"""Aggregates, annotations, conditions, functions of text and time."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal

from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    StdDev,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import (
    Cast,
    Coalesce,
    Concat,
    ExtractMonth,
    ExtractQuarter,
    ExtractYear,
    Greatest,
    Length,
    Lower,
    NullIf,
    RowNumber,
    Substr,
    TruncDay,
    TruncMonth,
    Upper,
)

from tests.db.conformance.operations import operation
from tests.db.conformance.reading import numbers
from tests.db.conformance.tables import BOOKS, Author, Book, Publisher


@operation
def aggregate_over_a_table() -> None:
    told = Book.objects.aggregate(
        Count("id"), Sum("pages"), Avg("pages"), Min("pages"), Max("price")
    )
    assert told == {
        "id__count": BOOKS,
        "pages__sum": 6600,
        "pages__avg": 550,
        "pages__min": 0,
        "price__max": Decimal("11.50"),
    }


@operation
def aggregate_over_no_rows() -> None:
    nothing = Book.objects.filter(pages=-1)
    told = nothing.aggregate(n=Count("id"), total=Sum("pages"), mean=Avg("pages"))
    assert told == {"n": 0, "total": None, "mean": None}
    assert nothing.aggregate(n=Sum("pages", default=7)) == {"n": 7}


@operation
def aggregate_of_an_expression() -> None:
    assert Book.objects.aggregate(n=Sum(F("pages") * 2) + 1)["n"] == 13201


@operation
def aggregate_with_a_filter() -> None:
    told = Book.objects.aggregate(
        essays=Count("id", filter=Q(kind="essay")),
        pages=Sum("pages", filter=Q(kind="essay")),
    )
    assert told == {"essays": 3, "pages": 2100}


@operation
def aggregate_distinct_values() -> None:
    assert Book.objects.aggregate(n=Count("kind", distinct=True))["n"] == 2
    assert Book.objects.aggregate(n=Count("publisher", distinct=True))["n"] == 2


@operation
def count_passes_over_null() -> None:
    assert Book.objects.aggregate(n=Count("publisher"))["n"] == BOOKS - 2


@operation
def aggregate_a_slice() -> None:
    assert Book.objects.order_by("pages")[:3].aggregate(n=Sum("pages"))["n"] == 300


@operation
def standard_deviation() -> None:
    assert 340 < Book.objects.aggregate(n=StdDev("pages"))["n"] < 350


@operation
def count_over_a_reverse_relation() -> None:
    rows = Author.objects.annotate(n=Count("books")).order_by("id")
    assert [row.n for row in rows] == [4, 4, 4, 0]


@operation
def several_aggregates_over_a_join() -> None:
    row = Author.objects.annotate(
        longest=Max("books__pages"), mean=Avg("books__pages")
    ).get(name="Ada")
    assert (row.longest, row.mean) == (900, 450)


@operation
def sum_of_nothing_is_null() -> None:
    rows = Author.objects.annotate(n=Sum("books__pages")).order_by("id")
    assert [row.n for row in rows] == [1800, 2200, 2600, None]


@operation
def sum_of_nothing_with_a_default() -> None:
    rows = Author.objects.annotate(n=Coalesce(Sum("books__pages"), 5)).order_by("id")
    assert [row.n for row in rows] == [1800, 2200, 2600, 5]


@operation
def sum_of_distinct_values() -> None:
    row = Author.objects.annotate(n=Sum("books__pages", distinct=True)).get(name="Ada")
    assert row.n == 1800
    none = Author.objects.annotate(n=Sum("books__pages", distinct=True))
    assert none.get(name="Edsger").n is None


@operation
def filter_by_an_aggregate() -> None:
    rows = Author.objects.annotate(n=Sum("books__pages")).filter(n__gt=2000)
    assert [row.name for row in rows.order_by("name")] == ["Alan", "Grace"]


@operation
def order_by_an_aggregate() -> None:
    rows = Author.objects.annotate(n=Max("books__pages")).filter(n__gt=0)
    assert [row.name for row in rows.order_by("-n")] == ["Alan", "Grace", "Ada"]


@operation
def group_by_a_column() -> None:
    rows = Book.objects.order_by().values("kind").annotate(n=Count("id"))
    assert {row["kind"]: row["n"] for row in rows} == {"essay": 3, "novel": 9}


@operation
def group_by_a_column_of_a_relation() -> None:
    rows = Book.objects.order_by().values("author__name").annotate(n=Sum("pages"))
    assert {row["author__name"]: row["n"] for row in rows}["Ada"] == 1800


@operation
def group_by_an_expression() -> None:
    rows = (
        Book.objects.order_by()
        .annotate(month=TruncMonth("published", tzinfo=UTC))
        .values("month")
        .annotate(n=Count("id"))
    )
    assert {row["month"].month: row["n"] for row in rows}[1] == 2


@operation
def group_and_count_the_groups() -> None:
    rows = Book.objects.order_by().values("kind").annotate(n=Count("id"))
    assert rows.count() == 2
    assert rows.filter(n__gt=3).count() == 1


@operation
def aggregate_of_an_annotation() -> None:
    rows = Author.objects.annotate(n=Count("books"))
    assert rows.aggregate(most=Max("n"), all=Sum("n")) == {"most": 4, "all": 12}


@operation
def aggregate_in_a_subquery() -> None:
    total = (
        Book.objects.filter(author=OuterRef("pk"))
        .order_by()
        .values("author")
        .annotate(n=Sum("pages"))
        .values("n")
    )
    rows = Author.objects.annotate(n=Subquery(total)).order_by("id")
    assert [row.n for row in rows] == [1800, 2200, 2600, None]


@operation
def case_and_when() -> None:
    size = Case(
        When(pages__gte=900, then=Value("long")),
        When(pages__lt=200, then=Value("short")),
        default=Value("middle"),
        output_field=CharField(),
    )
    rows = Book.objects.annotate(size=size)
    assert numbers(rows.filter(size="short")) == [0, 1]
    assert rows.get(pages=300).size == "middle"


@operation
def case_in_an_aggregate() -> None:
    long = Case(When(pages__gte=900, then=1), default=0)
    assert Book.objects.aggregate(n=Sum(long))["n"] == 3


@operation
def case_in_an_ordering() -> None:
    essays_first = Case(When(kind="essay", then=0), default=1)
    assert numbers(Book.objects.order_by(essays_first, "pages"))[:4] == [3, 7, 11, 0]


@operation
def arithmetic_of_columns() -> None:
    row = Book.objects.annotate(
        total=F("pages") * 2 + F("sold") - 1, share=F("pages") / 2
    ).get(pages=300)
    assert (row.total, row.share) == (599, 150)


@operation
def arithmetic_of_decimals() -> None:
    row = Book.objects.annotate(gross=F("price") * Decimal("1.10")).get(pages=100)
    assert row.gross == Decimal("1.65")


@operation
def difference_of_moments() -> None:
    row = Author.objects.annotate(
        span=Max("books__published") - Min("books__published")
    ).get(name="Ada")
    assert row.span.days == 180


@operation
def functions_of_text() -> None:
    row = Book.objects.annotate(
        low=Lower("title"),
        up=Upper("title"),
        size=Length("title"),
        part=Substr("title", 6, 2),
        both=Concat("kind", Value(": "), "title"),
    ).get(pages=300)
    assert (row.low, row.up, row.size, row.part) == ("book 03", "BOOK 03", 7, "03")
    assert row.both == "essay: Book 03"


@operation
def functions_of_null() -> None:
    row = Book.objects.annotate(
        known=Coalesce("rating", Value(-1.0)), none=NullIf("pages", Value(0))
    ).get(pages=0)
    assert (row.known, row.none) == (-1, None)


@operation
def greatest_and_cast() -> None:
    row = Book.objects.annotate(
        most=Greatest("pages", "sold"), text=Cast("pages", CharField())
    ).get(pages=300)
    assert (row.most, row.text) == (300, "300")


@operation
def truncated_moments() -> None:
    row = Book.objects.annotate(
        month=TruncMonth("published", tzinfo=UTC), day=TruncDay("published", tzinfo=UTC)
    ).get(pages=100)
    assert (row.month.date(), row.day.date()) == (date(2024, 1, 1), date(2024, 1, 21))


@operation
def parts_of_moments() -> None:
    row = Book.objects.annotate(
        year=ExtractYear("published"), month=ExtractMonth("published")
    ).get(pages=100)
    assert (row.year, row.month) == (2024, 1)


@operation
def quarter_of_a_moment() -> None:
    assert Book.objects.annotate(q=ExtractQuarter("published")).get(pages=500).q == 2


@operation
def window_functions() -> None:
    rows = Book.objects.annotate(
        place=Window(RowNumber(), partition_by="author", order_by="-pages")
    )
    assert {row.title: row.place for row in rows}["Book 09"] == 1


@operation
def alias_that_is_not_selected() -> None:
    rows = Publisher.objects.alias(n=Count("books")).filter(n__gte=5)
    assert [row.name for row in rows.order_by("name")] == ["North", "South"]
