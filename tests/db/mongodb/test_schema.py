"""Unique indexes look as look-ups need them, also after a column changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models

from tests.db.library import Author
from tests.db.mongodb.explain import plan_of

pytestmark = pytest.mark.django_db


def unique_indexes(table: str) -> dict[tuple[str, ...], Any]:
    indexes = connection.get_collection(table).index_information().values()
    return {
        tuple(column for column, _ in index["key"]): dict(
            index.get("partialFilterExpression", {})
        )
        for index in indexes
        if index.get("unique")
    }


def test_only_conditions_and_nullable_columns_make_an_index_partial() -> None:
    assert unique_indexes("library_author") == {
        ("email",): {},
        ("nickname",): {"nickname": {"$type": "string"}},
    }
    assert unique_indexes("library_book") == {
        ("author_id", "title"): {},
        ("author_id",): {"status": {"$eq": "current"}},
    }


def test_djangos_own_tables_have_usable_unique_indexes() -> None:
    assert unique_indexes("django_content_type") == {("app_label", "model"): {}}


def plain_indexes(table: str) -> set[tuple[str, ...]]:
    indexes = connection.get_collection(table).index_information()
    return {
        tuple(column for column, _ in index["key"])
        for index in indexes.values()
        if not index.get("unique")
    }


def test_a_unique_index_on_a_condition_has_a_plain_one_beside_it(
    author: Author,
) -> None:
    assert ("nickname",) in plain_indexes("library_author")
    Author.objects.filter(pk=author.pk).update(nickname="A")
    plan = plan_of(Author.objects.filter(nickname="A"))
    assert "IXSCAN" in plan.stages
    assert plan.examined == 1
    # book_author_newest begins with author, so nothing is put beside book_one_current.
    names = connection.get_collection("library_book").index_information()
    assert not [name for name in names if name.endswith("_look_up")]


def test_the_plain_index_makes_room_and_goes_with_its_unique_one() -> None:
    declared = models.Index(fields=["nickname"], name="author_nickname")
    with connection.schema_editor() as editor:
        editor.add_index(Author, declared)
    names = connection.get_collection("library_author").index_information()
    assert not [name for name in names if name.endswith("_look_up")]
    with connection.schema_editor() as editor:
        editor.remove_index(Author, declared)
        editor.alter_field(Author, altered(null=True), plain())
    assert ("nickname",) not in unique_indexes("library_author")
    assert ("nickname",) not in plain_indexes("library_author")
    with connection.schema_editor() as editor:
        editor.alter_field(Author, plain(), altered(null=True))
    assert ("nickname",) in plain_indexes("library_author")


def plain() -> models.Field[Any, Any]:
    field = models.CharField(max_length=100, null=True)
    field.set_attributes_from_name("nickname")
    field.model = Author
    return field


def altered(null: bool) -> models.Field[Any, Any]:
    field = models.CharField(max_length=100, unique=True, null=null)
    field.set_attributes_from_name("nickname")
    field.model = Author
    return field


def test_the_index_follows_a_column_that_begins_or_ceases_to_take_nulls() -> None:
    with connection.schema_editor() as editor:
        editor.alter_field(Author, altered(null=True), altered(null=False))
    assert unique_indexes("library_author")[("nickname",)] == {}
    with connection.schema_editor() as editor:
        editor.alter_field(Author, altered(null=False), altered(null=True))
    assert unique_indexes("library_author")[("nickname",)] == {
        "nickname": {"$type": "string"}
    }
