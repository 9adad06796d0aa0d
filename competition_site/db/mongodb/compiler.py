"""Compilers that use our Query, and refuse what upstream stores or answers wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import NotSupportedError
from django_mongodb_backend import compiler as stock

from competition_site.db.mongodb.errors import database_errors
from competition_site.db.mongodb.query import Query


class SQLCompiler(stock.SQLCompiler):  # type: ignore[misc]
    """Reads rows."""

    query_class = Query

    def cursor_iter(
        self, cursor: Any, chunk_size: int, columns: Any
    ) -> Iterator[list[Any]]:
        """Raise Django's errors for later batches of a result too (upstream: raw)."""
        with database_errors():
            yield from super().cursor_iter(cursor, chunk_size, columns)


class SQLInsertCompiler(stock.SQLInsertCompiler):  # type: ignore[misc]
    """Writes new rows."""

    query_class = Query

    def insert(self, docs: list[dict[str, Any]], returning_fields: Any = None) -> Any:
        """Raise Django's errors for every failed write, not for duplicates only."""
        with database_errors():
            return super().insert(docs, returning_fields=returning_fields)


class SQLDeleteCompiler(stock.SQLDeleteCompiler):  # type: ignore[misc]
    """Deletes rows."""

    query_class = Query


class SQLUpdateCompiler(stock.SQLUpdateCompiler):  # type: ignore[misc]
    """Changes rows."""

    query_class = Query

    def update(self, criteria: dict[str, Any], pipeline: list[dict[str, Any]]) -> int:
        """Refuse subqueries: upstream stores null for them or sends a bad ``$in``."""
        if self.subqueries:
            msg = "MongoDB cannot update() with a subquery: use list() first."
            raise NotSupportedError(msg)
        return int(super().update(criteria, pipeline))


class SQLAggregateCompiler(stock.SQLAggregateCompiler):  # type: ignore[misc]
    """Counts and sums rows."""

    query_class = Query
