"""JSON columns: keys, paths, and values that look like operators."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Value
from django.db.models.fields.json import KT

from tests.db.conformance.operations import operation
from tests.db.conformance.reading import numbers
from tests.db.conformance.tables import Author, Book


def noted(notes: Any) -> Book:
    author = Author.objects.get(name="Ada")
    return Book.objects.create(author=author, title="Noted 99", notes=notes)


@operation
def json_is_read_back() -> None:
    notes = {"a": [1, 2.5, None, True, {"b": "ü"}], "": {}, "$x": "$y", "a.b": 1}
    assert Book.objects.get(pk=noted(notes).pk).notes == notes


@operation
def json_by_key() -> None:
    assert numbers(Book.objects.filter(notes__shelf="B")) == [1, 3, 5, 7, 9]
    assert numbers(Book.objects.filter(notes__deep__x=4)) == [4]


@operation
def json_by_place_in_a_list() -> None:
    assert numbers(Book.objects.filter(notes__list__1=4)) == [3]


@operation
def json_by_comparison() -> None:
    assert numbers(Book.objects.filter(notes__n__gt=7)) == [8, 9]
    assert numbers(Book.objects.filter(notes__n__in=[2, 3, 99])) == [2, 3]


@operation
def json_by_the_presence_of_keys() -> None:
    assert Book.objects.filter(notes__has_key="shelf").count() == 10
    assert Book.objects.filter(notes__has_keys=["shelf", "none"]).count() == 0
    assert Book.objects.filter(notes__has_any_keys=["shelf", "none"]).count() == 10
    assert numbers(Book.objects.filter(notes__shelf__isnull=True)) == [10, 11]


@operation
def json_by_a_whole_value() -> None:
    assert numbers(Book.objects.filter(notes={})) == [10, 11]


@operation
def json_by_null() -> None:
    noted({"shelf": None})
    assert numbers(Book.objects.filter(notes__shelf=None)) == [99]


@operation
def json_by_text_within() -> None:
    noted({"shelf": "Attic"})
    assert numbers(Book.objects.filter(notes__shelf__icontains="TTI")) == [99]
    assert numbers(Book.objects.filter(notes__shelf__startswith="At")) == [99]


@operation
def json_exclude_passes_over_missing_keys() -> None:
    noted({"shelf": None})
    assert numbers(Book.objects.exclude(notes__shelf="A")) == [1, 3, 5, 7, 9, 99]


@operation
def json_exclude_of_several_keys() -> None:
    noted({"n": 0})
    left = numbers(Book.objects.exclude(notes__shelf="A", notes__n__lt=99))
    assert left == [1, 3, 5, 7, 9]
    assert 99 in numbers(Book.objects.exclude(notes__shelf="A", notes__n=1))


@operation
def json_contains_a_part() -> None:
    assert numbers(Book.objects.filter(notes__contains={"shelf": "A"}))[:2] == [0, 2]


@operation
def json_filter_takes_no_operator() -> None:
    for attack in ({"$ne": 1}, {"$gt": ""}, {"$exists": True}, {"$regex": ".*"}):
        assert not Book.objects.filter(notes=attack), attack
        assert not Book.objects.filter(notes__shelf=attack), attack
        assert not Book.objects.filter(notes__shelf__in=[attack]), attack
    assert not Book.objects.filter(notes__shelf="$title")


@operation
def json_that_looks_like_an_operator_finds_itself() -> None:
    noted({"rule": {"$ne": 1}})
    assert numbers(Book.objects.filter(notes__rule={"$ne": 1})) == [99]


@operation
def json_keys_with_dots_and_dollars() -> None:
    noted({"a.b": "x", "$c": "y"})
    assert numbers(Book.objects.filter(**{"notes__a.b": "x"})) == [99]
    assert numbers(Book.objects.filter(**{"notes__$c": "y"})) == [99]
    assert not Book.objects.filter(**{"notes__a.b": "$title"})


@operation
def json_in_values_and_annotations() -> None:
    assert Book.objects.values_list("notes__shelf", flat=True)[1] == "B"
    row = Book.objects.annotate(shelf=F("notes__shelf"), text=KT("notes__n"))
    assert row.get(pages=300).shelf == "B"


@operation
def json_in_an_ordering() -> None:
    rows = Book.objects.filter(notes__has_key="n").order_by("-notes__n")
    assert numbers(rows)[:2] == [9, 8]


@operation
def json_is_changed_as_a_whole() -> None:
    Book.objects.filter(pages=300).update(notes={"a": {"$set": 1}, "b": []})
    assert Book.objects.get(pages=300).notes == {"a": {"$set": 1}, "b": []}


@operation
def json_with_a_huge_number() -> None:
    assert Book.objects.get(pk=noted({"n": 2**70}).pk).notes == {"n": 2**70}


@operation
def json_with_a_null_byte_in_a_key() -> None:
    assert Book.objects.get(pk=noted({"a\0b": 1}).pk).notes == {"a\0b": 1}


@operation
def row_larger_than_sixteen_megabytes() -> None:
    text = "x" * (17 * 1024 * 1024)
    assert len(Book.objects.get(pk=noted({"t": text}).pk).notes["t"]) == len(text)


@operation
def text_compared_with_an_expression_is_no_column() -> None:
    from django.db.models.functions import Concat

    labelled = Author.objects.annotate(label=Concat("name", Value("")))
    assert labelled.filter(label="Ada").count() == 1
    assert not labelled.filter(label="$name")
    assert not labelled.filter(label__in=["$name"])
