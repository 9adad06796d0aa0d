"""Choosing, ordering and shaping rows of one table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db.models import F, Q

from tests.db.conformance.operations import operation
from tests.db.conformance.tables import BOOKS, Author, Book


def numbers(rows: Any) -> list[int]:
    """The books by their numbers, in the query's order."""
    return [int(row.title[-2:]) for row in rows]


@operation
def get_by_key() -> None:
    pk = Book.objects.values_list("pk", flat=True)[3]
    assert isinstance(pk, UUID)
    assert Book.objects.get(pk=pk).title == "Book 03"
    assert Book.objects.get(pk=str(pk)).title == "Book 03"


@operation
def get_of_none_or_several() -> None:
    try:
        Book.objects.get(title="nowhere")
    except ObjectDoesNotExist:
        pass
    else:
        raise AssertionError
    try:
        Book.objects.get(kind="novel")
    except MultipleObjectsReturned:
        return
    raise AssertionError


@operation
def filter_by_equality() -> None:
    assert numbers(Book.objects.filter(title="Book 04")) == [4]


@operation
def filter_by_comparison() -> None:
    assert numbers(Book.objects.filter(pages__gt=900)) == [10, 11]
    assert numbers(Book.objects.filter(pages__lte=100)) == [0, 1]
    assert numbers(Book.objects.filter(price__lt=Decimal("1.50"))) == [0]


@operation
def filter_by_comparison_passes_over_null() -> None:
    assert numbers(Book.objects.filter(rating__lt=2)) == [1, 2, 3]


@operation
def filter_by_range() -> None:
    assert numbers(Book.objects.filter(pages__range=(300, 500))) == [3, 4, 5]


@operation
def filter_by_list() -> None:
    assert numbers(Book.objects.filter(pages__in=[0, 700, 5])) == [0, 7]
    assert not Book.objects.filter(pages__in=[])


@operation
def filter_by_null() -> None:
    assert numbers(Book.objects.filter(publisher=None)) == [4, 9]
    assert Book.objects.filter(publisher__isnull=False).count() == BOOKS - 2


@operation
def filter_by_boolean() -> None:
    assert numbers(Book.objects.filter(in_print=True)) == [0, 2, 4, 6, 8, 10]
    assert numbers(Book.objects.exclude(in_print=True))[:2] == [1, 3]


@operation
def filter_by_either_and_not() -> None:
    chosen = Book.objects.filter(Q(pages=100) | ~Q(kind="novel") & Q(pages__lt=400))
    assert numbers(chosen) == [1, 3]


@operation
def filter_by_exclusive_or() -> None:
    chosen = Book.objects.filter(Q(kind="essay") ^ Q(pages__gt=700))
    assert numbers(chosen) == [3, 7, 8, 9, 10]


@operation
def exclude_keeps_null() -> None:
    assert numbers(Book.objects.exclude(rating__gt=1)) == [0, 1, 2, 4, 8]
    assert numbers(Book.objects.exclude(rating=0.5))[:2] == [0, 2]


@operation
def filter_by_another_column() -> None:
    assert numbers(Book.objects.filter(pages__lte=F("sold"))) == [0]
    assert numbers(Book.objects.filter(pages=F("sold") + 200)) == [2]


@operation
def filter_by_datetime() -> None:
    moment = datetime(2024, 1, 21, 12, tzinfo=UTC)
    assert numbers(Book.objects.filter(published=moment)) == [1]
    assert numbers(Book.objects.filter(published__lt=moment)) == [0]


@operation
def filter_by_part_of_a_date() -> None:
    assert numbers(Book.objects.filter(published__month=1)) == [0, 1]
    assert Book.objects.filter(published__year=2024).count() == BOOKS


@operation
def filter_by_the_date_of_a_moment() -> None:
    assert numbers(Book.objects.filter(published__date=date(2024, 1, 21))) == [1]


@operation
def filter_by_a_date_column() -> None:
    assert Author.objects.get(born=date(1906, 12, 9)).name == "Grace"
    assert Author.objects.filter(born__year__lt=1900).count() == 1


@operation
def filter_by_duration() -> None:
    assert numbers(Book.objects.filter(length__gte=timedelta(hours=11))) == [11]


@operation
def filter_by_text_within() -> None:
    assert numbers(Book.objects.filter(title__contains="k 1")) == [10, 11]
    assert numbers(Book.objects.filter(title__icontains="K 1")) == [10, 11]
    assert numbers(Book.objects.filter(title__endswith="7")) == [7]


@operation
def contains_minds_the_case() -> None:
    assert not Book.objects.filter(title__contains="BOOK")


@operation
def icontains_knows_more_than_ascii() -> None:
    Author.objects.create(email="a@x.org", name="Ängström")
    assert Author.objects.filter(name__icontains="ängSTRÖM").count() == 1


@operation
def filter_by_prefix() -> None:
    assert numbers(Book.objects.filter(title__startswith="Book 1")) == [10, 11]
    assert numbers(Book.objects.filter(title__istartswith="bOOK 1")) == [10, 11]


@operation
def filter_text_that_looks_like_a_pattern() -> None:
    Author.objects.create(email="p.q+r@x.org", name="100%_.*")
    assert Author.objects.filter(name__contains="%_.*").count() == 1
    assert not Author.objects.filter(name__startswith="1.*")
    assert not Author.objects.filter(name__icontains="_0")


@operation
def iexact_takes_no_pattern() -> None:
    assert not Author.objects.filter(email__iexact=".*")


@operation
def iexact_finds_what_looks_like_a_pattern() -> None:
    Author.objects.create(email="p.q+r@x.org", name="P")
    assert Author.objects.filter(email__iexact="P.Q+R@X.ORG").exists()


@operation
def filter_by_regular_expression() -> None:
    assert numbers(Book.objects.filter(title__regex=r"^Book 0[12]$")) == [1, 2]
    assert numbers(Book.objects.filter(title__iregex=r"^BOOK 0[12]$")) == [1, 2]


@operation
def pattern_in_a_uuid() -> None:
    pk = Book.objects.get(title="Book 05").pk
    assert numbers(Book.objects.filter(pk__startswith=str(pk)[:36])) == [5]


@operation
def order_by_columns() -> None:
    ordered = Book.objects.order_by("kind", "-pages")
    assert numbers(ordered)[:4] == [11, 7, 3, 10]


@operation
def order_with_nulls_first_and_last() -> None:
    last = Book.objects.order_by(F("rating").asc(nulls_last=True), "id")
    assert numbers(last)[:2] == [1, 2]
    first = Book.objects.order_by(F("rating").desc(nulls_first=True), "id")
    assert numbers(first)[:4] == [0, 4, 8, 11]


@operation
def order_by_an_expression() -> None:
    assert numbers(Book.objects.order_by((F("pages") * -1).asc()))[:2] == [11, 10]


@operation
def order_at_random() -> None:
    assert len(set(numbers(Book.objects.order_by("?")))) == BOOKS


@operation
def slice_and_index() -> None:
    assert numbers(Book.objects.order_by("pages")[3:5]) == [3, 4]
    assert Book.objects.order_by("-pages")[0].title == "Book 11"
    assert numbers(Book.objects.order_by("pages")[::5]) == [0, 5, 10]


@operation
def first_last_and_reverse() -> None:
    assert Book.objects.first().title == "Book 00"
    assert Book.objects.last().title == "Book 11"
    assert numbers(Book.objects.order_by("pages").reverse())[0] == 11


@operation
def earliest_and_latest() -> None:
    assert Book.objects.earliest("published").title == "Book 00"
    assert Book.objects.latest("published").title == "Book 11"


@operation
def keyset_pages_walk_all_rows() -> None:
    seen: list[int] = []
    page = list(Book.objects.order_by("-id")[:5])
    while page:
        seen += numbers(page)
        page = list(Book.objects.filter(id__lt=page[-1].pk).order_by("-id")[:5])
    assert seen == list(range(BOOKS - 1, -1, -1))


@operation
def values_and_lists_of_values() -> None:
    row = Book.objects.values("title", "pages").get(pages=300)
    assert row == {"title": "Book 03", "pages": 300}
    assert list(Book.objects.values_list("pages", flat=True)[:2]) == [0, 100]
    [named] = Book.objects.filter(pages=0).values_list("title", named=True)
    assert named.title == "Book 00"


@operation
def values_with_an_expression() -> None:
    assert Book.objects.values_list(F("pages") + 1, flat=True)[1] == 101


@operation
def only_and_defer() -> None:
    row = Book.objects.only("title").get(pages=300)
    assert row.get_deferred_fields() > {"pages", "kind"}
    assert row.kind == "essay"
    assert Book.objects.defer("notes").get(pages=0).notes["shelf"] == "A"


@operation
def distinct_values() -> None:
    kinds = Book.objects.order_by("kind").values_list("kind", flat=True).distinct()
    assert list(kinds) == ["essay", "novel"]


@operation
def count_rows() -> None:
    assert Book.objects.count() == BOOKS
    assert Book.objects.filter(kind="essay").count() == 3
    assert Book.objects.filter(kind="nothing").count() == 0


@operation
def count_a_slice_and_distinct_values() -> None:
    assert Book.objects.order_by("id")[:5].count() == 5
    assert Book.objects.order_by("id")[10:20].count() == 2
    assert Book.objects.values("kind").distinct().count() == 2


@operation
def exists() -> None:
    assert Book.objects.filter(pages=100).exists()
    assert not Book.objects.filter(pages=101).exists()
    assert Book.objects.filter(kind="novel").contains(Book.objects.first())


@operation
def iterate_in_chunks() -> None:
    assert len(list(Book.objects.iterator(chunk_size=5))) == BOOKS


@operation
def rows_by_their_keys() -> None:
    keys = list(Book.objects.values_list("pk", flat=True)[:2])
    assert numbers(Book.objects.in_bulk(keys).values()) == [0, 1]
    assert set(Author.objects.in_bulk(["ada@x.org"], field_name="email")) == {
        "ada@x.org"
    }


@operation
def dates_and_datetimes() -> None:
    months = Book.objects.dates("published", "month")
    assert [day.month for day in months][:3] == [1, 2, 3]
    moments = Book.objects.datetimes("published", "year", tzinfo=UTC)
    assert list(moments) == [datetime(2024, 1, 1, tzinfo=UTC)]


@operation
def no_rows_at_all() -> None:
    assert list(Book.objects.none()) == []
    assert Book.objects.none().count() == 0
    assert not Book.objects.filter(pk__in=[]).exists()


@operation
def union_of_queries() -> None:
    some = Book.objects.order_by()
    both = some.filter(pages=0).union(some.filter(pages__lt=200))
    assert sorted(numbers(both)) == [0, 1]


@operation
def difference_and_intersection() -> None:
    few = Book.objects.order_by().filter(pages__lt=300)
    first = Book.objects.order_by().filter(pages=0)
    assert sorted(numbers(few.difference(first))) == [1, 2]
    assert numbers(few.intersection(first)) == [0]


@operation
def extra_select() -> None:
    assert Book.objects.extra(select={"twice": "pages * 2"}).last().twice == 2200


@operation
def raw_query() -> None:
    rows = Book.objects.raw("SELECT * FROM conformance_book WHERE pages = 300")
    assert numbers(rows) == [3]


@operation
def explain() -> None:
    assert Book.objects.filter(pages=1).explain()
