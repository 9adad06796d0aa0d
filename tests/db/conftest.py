"""The tables of the tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.db.library import TABLES, Author, Book


@pytest.fixture(scope="module", autouse=True)
def _tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for table in TABLES:
                editor.create_model(table)
        yield
        with connection.schema_editor() as editor:
            for table in reversed(TABLES):
                editor.delete_model(table)


@pytest.fixture
def author(db: None) -> Author:
    return Author.objects.create(email="ada@example.org", name="Ada")


@pytest.fixture
def book(author: Author) -> Book:
    return Book.objects.create(author=author, title="Notes", copies=3)
