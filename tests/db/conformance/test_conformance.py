"""Every operation comes out as the checked-in table says, on the engine at hand."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from tests.database import ENGINE
from tests.db.conformance.__main__ import EXPECTED
from tests.db.conformance.operations import DIFFERENT, ERROR, OK, outcome_of

APP = "tests.db.conformance"
COLUMN = {"sqlite": "sqlite", "mongodb": "ours"}[ENGINE]


def expected() -> dict[str, dict[str, str]]:
    with EXPECTED.open(newline="") as file:
        return {row["operation"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module", autouse=True)
def _tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The app and its tables, while this module runs."""
    apps.set_installed_apps([*settings.INSTALLED_APPS, APP])
    from tests.db.conformance.tables import TABLES

    try:
        with django_db_blocker.unblock():
            with connection.schema_editor() as editor:
                for table in TABLES:
                    editor.create_model(table)
            yield
            with connection.schema_editor() as editor:
                for table in reversed(TABLES):
                    editor.delete_model(table)
    finally:
        apps.unset_installed_apps()


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [n for n, row in expected().items() if row[COLUMN]])
def test_it_comes_out_as_expected(name: str) -> None:
    from tests.db.conformance.catalogue import OPERATIONS
    from tests.db.conformance.tables import fill

    fill()
    outcome, words = outcome_of(OPERATIONS[name])
    assert outcome == expected()[name][COLUMN], words


def test_the_table_names_every_operation() -> None:
    from tests.db.conformance.catalogue import OPERATIONS

    assert list(expected()) == list(OPERATIONS)


def test_ours_fails_nowhere_and_differs_only_where_it_is_known_to() -> None:
    """A new silent difference does not slip in with a new table."""
    ours = {name: row["ours"] for name, row in expected().items()}
    assert {name for name, outcome in ours.items() if outcome == DIFFERENT} == {
        "check constraint",  # Django's own W027: full_clean() and the workflow hold it
        "foreign key to nowhere",  # there are no foreign keys; PROTECT is Django's
        "microseconds are kept",  # milliseconds; MomentField cuts them on both engines
    }
    assert Counter(ours.values())[ERROR] == 0
    stock = [row for row in expected().values() if row["stock"] == OK]
    worse = {row["operation"] for row in stock if row["ours"] not in {OK, ""}}
    assert worse == {
        "a violation caught in an inner block",  # stock has no blocks at all
        "union inside a block",
    }
