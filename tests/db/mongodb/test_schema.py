"""Unique indexes look as look-ups need them, also after a column changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models

from tests.db.library import Author

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
