"""Comparisons as MongoDB's operators, in which a value stays a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bson import ObjectId


def _in_operator(column: str, values: Iterable[Any]) -> dict[str, Any]:
    """Match any of the values; MongoDB refuses ``{"$ne": 1}`` inside of ``$in``."""
    values = tuple(values)
    if any(isinstance(value, Mapping) for value in values):
        return {"$or": [{column: {"$eq": value}} for value in values]}
    return {column: {"$in": values}}


def _exact_operator(column: str, value: Any) -> dict[str, Any]:
    """Compare by value; name a key alone.

    The server plans ``{"_id": {"$eq": "…"}}``; for ``{"_id": "…"}`` it has a short way.
    """
    if column == "_id" and isinstance(value, (str, int, ObjectId)):
        return {column: value}
    return {column: {"$eq": value}}


OPERATORS: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    # Upstream sends {column: value}: a JSON value {"$ne": 1} is an operator there.
    "exact": _exact_operator,
    "in": _in_operator,
    # Upstream's $or and $and say the same, but no index serves them.
    "isnull": lambda column, null: {column: None if null else {"$ne": None}},
}
