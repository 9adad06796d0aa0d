"""Large tables, some hundred rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from competition_site.db.transactions import retry_on_conflict

SIZE = 500

M = TypeVar("M", bound=Model)


def in_batches(rows: QuerySet[M], *, size: int = SIZE) -> Iterator[list[M]]:
    """The rows in the order of their keys, as lists of up to ``size``.

    Each list is a query of its own that begins behind the last key, so that the rows
    may be changed between two of them, and memory doesn't grow with the table.
    """
    ordered = rows.order_by("pk")
    batch = list(ordered[:size])
    while batch:
        yield batch
        batch = list(ordered.filter(pk__gt=batch[-1].pk)[:size])


def rows_of(rows: QuerySet[M]) -> Iterator[M]:
    """The rows one by one, read as :func:`in_batches` does."""
    for batch in in_batches(rows):
        yield from batch


def delete_in_batches(rows: QuerySet[Any], *, size: int = SIZE) -> int:
    """Delete rows in transactions that hold nobody up; returns how many."""
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:size]):
        deleted += _delete_batch(rows.model, keys)
    return deleted


@retry_on_conflict
def _delete_batch(model: type[Model], keys: list[Any]) -> int:
    return model._base_manager.filter(pk__in=keys).delete()[0]
