"""Takes a unique index away for the length of a control."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from django.db import connection
from django.db.models import Model

from tests.database import empty_filled_tables


@contextmanager
def without_constraint(model: type[Model], name: str) -> Iterator[None]:
    """The table lacks one constraint; its rows are gone when it gets it back."""
    constraints = model._meta.constraints
    [constraint] = [c for c in constraints if c.name == name]
    # SQLite writes the table anew, by what the model says then.
    model._meta.constraints = [c for c in constraints if c is not constraint]
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        empty_filled_tables()
        model._meta.constraints = constraints
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


@contextmanager
def without_unique_column(model: type[Model], name: str) -> Iterator[None]:
    """The column takes a value twice; its rows are gone when it no longer does."""
    unique = model._meta.get_field(name)
    free = copy(unique)
    free._unique = False
    free.__dict__.pop("unique", None)  # Django keeps the answer of whoever asked before
    with connection.schema_editor() as editor:
        editor.alter_field(model, unique, free)
    try:
        yield
    finally:
        empty_filled_tables()
        with connection.schema_editor() as editor:
            editor.alter_field(model, free, unique)
