"""Aggregates that upstream answers otherwise than Django promises."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Func, IntegerField, Sum, Value, When
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django_mongodb_backend.query_utils import process_lhs


class SumOfSet(Func):
    """The sum of a gathered set of values; null where it holds none."""

    def as_mql_expr(self, compiler: Any, connection: Any) -> dict[str, Any]:
        [values] = process_lhs(self, compiler, connection, as_expr=True)
        known = {"$setDifference": [{"$ifNull": [values, []]}, [None]]}
        empty = {"$eq": [{"$size": known}, 0]}
        return {"$cond": {"if": empty, "then": None, "else": {"$sum": values}}}


def sum_or_null(  # noqa: PLR0917 - as upstream calls it
    compiler: Any, expression: Any, replacing: Any, group: dict[str, Any], alias: str
) -> Any:
    """Return what stands for a ``Sum``: null where there was nothing to add.

    MongoDB's ``$sum`` of nothing is 0 (upstream: to 5.2, known in its list of failures;
    mended in 6.0). Beside each sum its values are counted, and no value means null.
    """
    if not isinstance(expression, Sum):
        return replacing
    if getattr(expression, "distinct", False):
        [values] = replacing.get_source_expressions()[:1]
        return SumOfSet(values, output_field=expression.output_field)
    counter = f"{alias}__added"
    summed = group[alias]["$sum"]
    missing = {"$in": [{"$type": summed}, ["missing", "null"]]}
    group[counter] = {"$sum": {"$cond": [missing, 0, 1]}}
    target = IntegerField(db_column=counter)
    target.set_attributes_from_name(counter)
    added = Col(compiler.collection_name, target)
    return Case(
        When(Exact(added, Value(0)), then=Value(None)),
        default=replacing,
        output_field=expression.output_field,
    )
