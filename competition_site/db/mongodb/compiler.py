"""Compilers that use our Query, and refuse what upstream stores or answers wrongly."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from bson.errors import InvalidDocument
from django.db import DatabaseError, NotSupportedError
from django.db.models import Count
from django.db.models.expressions import Star
from django.db.models.sql.constants import GET_ITERATOR_CHUNK_SIZE, MULTI, SINGLE
from django_mongodb_backend import compiler as stock

from competition_site.db.mongodb.aggregates import sum_or_null
from competition_site.db.mongodb.columns import Columns
from competition_site.db.mongodb.errors import database_errors
from competition_site.db.mongodb.query import Query
from competition_site.db.mongodb.results import Results
from competition_site.db.transactions import is_conflict

_PAUSES = tuple(min(0.25, 0.005 * 2**n) for n in range(20))
"""Seconds at most before the first statement of a transaction is sent again."""


class Reading:
    """What the compilers that read rows have in common."""

    one_row_is_wanted = False
    _no_row_means_zero = False
    counts_all_rows = False

    def execute_sql(
        self,
        result_type: str = MULTI,
        chunked_fetch: bool = False,
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> Any:
        """Run the query; a plain count of no rows is 0.

        A find is sent when its first row is asked for, so errors come up here too.
        """
        self.one_row_is_wanted = result_type == SINGLE
        with database_errors():
            row = super().execute_sql(  # type: ignore[misc]
                result_type, chunked_fetch=chunked_fetch, chunk_size=chunk_size
            )
        if row is None and self._no_row_means_zero:
            return [0] * len(self.query.annotation_select)  # type: ignore[attr-defined]
        return row

    def cursor_iter(
        self, cursor: Any, chunk_size: int, columns: Any
    ) -> Iterator[list[Any]]:
        """Raise Django's errors for later batches of a result too (upstream: raw)."""
        with database_errors():
            yield from super().cursor_iter(cursor, chunk_size, columns)  # type: ignore[misc]

    def _build_aggregation_pipeline(self, ids: Any, group: dict[str, Any]) -> Any:
        """Count rows by ``$group`` alone, so that an index can do it.

        Upstream groups inside ``$facet``, which makes the server fetch every document,
        for the sake of one row where nothing matches; ``execute_sql`` makes that row.
        The count is exact: MongoDB's estimate is not used.
        """
        if ids or not self.one_row_is_wanted or not self._counts_all_rows():
            return super()._build_aggregation_pipeline(ids, group)  # type: ignore[misc]
        self._no_row_means_zero = self.counts_all_rows = True
        return [{"$group": {"_id": None, **{name: {"$sum": 1} for name in group}}}]

    def _counts_all_rows(self) -> bool:
        """Tell whether ``Count("*")`` is all that is asked for."""
        return not self.having and all(  # type: ignore[attr-defined]
            isinstance(expression, Count)
            and isinstance(expression.get_source_expressions()[0], Star)
            and not expression.filter
            for expression in self.query.annotation_select.values()  # type: ignore[attr-defined]
        )

    def _get_replace_expr(
        self, sub_expr: Any, group: dict[str, Any], alias: str
    ) -> Any:
        """Let the sum of no values be null, as Django promises (upstream: 0)."""
        replacing = super()._get_replace_expr(sub_expr, group, alias)  # type: ignore[misc]
        return sum_or_null(self, sub_expr, replacing, group, alias)


class SQLCompiler(Reading, Columns, Results, stock.SQLCompiler):  # type: ignore[misc]
    """Reads rows."""

    query_class = Query


class SQLInsertCompiler(stock.SQLInsertCompiler):  # type: ignore[misc]
    """Writes new rows."""

    query_class = Query

    def insert(self, docs: list[dict[str, Any]], returning_fields: Any = None) -> Any:
        """Raise Django's errors for every failed write, not for duplicates only.

        A transaction that begins with an insert which meets the same key in another
        one's is begun again until that one has ended: ``get_or_create()`` of twelve at
        once is what Django promises, and nothing of the block can be lost yet.
        """
        for pause in [*_PAUSES, None]:
            try:
                return self._insert(docs, returning_fields)
            except DatabaseError as error:
                if pause is None or not self._may_begin_again(error):
                    raise
                self.connection.begin_again()
                time.sleep(random.uniform(0, pause))  # noqa: S311 - jitter
        return None

    def _insert(self, docs: list[dict[str, Any]], returning_fields: Any) -> Any:
        with database_errors():
            try:
                stored = self.collection.insert_many(
                    docs, session=self.connection.session
                )
            except InvalidDocument:
                _refuse_expressions(docs)
                raise
        return [(key,) for key in stored.inserted_ids] if returning_fields else []

    def _may_begin_again(self, error: DatabaseError) -> bool:
        return is_conflict(error) and self.connection.may_begin_again


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
        with database_errors():
            result = self.collection.update_many(
                criteria, pipeline, session=self.connection.session
            )
            return int(result.matched_count)


class SQLAggregateCompiler(Reading, stock.SQLAggregateCompiler):  # type: ignore[misc]
    """Counts and sums rows."""

    query_class = Query


def _refuse_expressions(docs: list[dict[str, Any]]) -> None:
    """Name the column that holds an expression, which MongoDB cannot insert."""
    for doc in docs:
        for column, value in doc.items():
            if hasattr(value, "resolve_expression"):
                msg = f"MongoDB inserts values, no expressions: compute {column} first."
                raise NotSupportedError(msg)
