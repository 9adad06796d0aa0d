"""The orderings of lists."""

from __future__ import annotations

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model


def with_key(model: type[Model], ordering: str) -> tuple[str, ...]:
    """The columns of an ordering that leaves nothing to chance.

    The key breaks ties, in the same direction; a unique column has none, and an index
    of it alone serves.
    """
    sign, column = ("-" if ordering.startswith("-") else ""), ordering.lstrip("-")
    return (ordering,) if _is_unique(model, column) else (ordering, f"{sign}id")


def _is_unique(model: type[Model], column: str) -> bool:
    try:
        field = model._meta.get_field(column)
    except FieldDoesNotExist:
        return False
    return bool(getattr(field, "unique", False))
