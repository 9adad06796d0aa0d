"""Rows of documents: picks the columns; once for all where rows are whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from operator import itemgetter
from typing import Any

from competition_site.db.mongodb.conversions import Convert, conversion, unchanged

Document = Mapping[str, Any]
MakeRow = Callable[[Document], list[Any]]

_NO_SQL = ("", ())
_ATTRIBUTE = "_mongodb_whole_row"


@dataclass(frozen=True, slots=True)
class WholeRow:
    """What every query of whole rows of one table has in common."""

    fields: Sequence[Any]
    """Those it was made of: Django makes a new sequence when a model changes."""
    expressions: list[Any]
    select: list[tuple[Any, Any, None]]
    columns: tuple[tuple[str, Any], ...]
    make: MakeRow
    converters: dict[int, tuple[Convert, None]] | None
    """In UTC; None where a column has converters of its own, of one connection."""


def whole_row(options: Any, connection: Any) -> WholeRow:
    """Return it from the model's options, where it is kept."""
    kept: WholeRow | None = vars(options).get(_ATTRIBUTE)
    if kept is None or kept.fields is not options.concrete_fields:
        kept = _made(options, connection)
        setattr(options, _ATTRIBUTE, kept)
    return kept


def _made(options: Any, connection: Any) -> WholeRow:
    table, fields = options.db_table, options.concrete_fields
    expressions = [field.get_col(table) for field in fields]
    columns = tuple((column.target.column, column) for column in expressions)
    converts = [conversion(column, connection) for column in expressions]
    known = connection.timezone is UTC and None not in converts
    return WholeRow(
        fields=fields,
        expressions=expressions,
        select=[(column, _NO_SQL, None) for column in expressions],
        columns=columns,
        make=row_maker(columns, table),
        converters={
            place: (convert, None)
            for place, convert in enumerate(converts)
            if convert is not None and convert is not unchanged
        }
        if known
        else None,
    )


def row_maker(columns: Iterable[tuple[str, Any]], collection: str) -> MakeRow:
    """Return what makes a row of a document: the values of the columns, in order.

    A column of a joined table is in the document under the join's alias. A missing one
    is null, as upstream has it.
    """
    runs = [
        (alias, [name for _, name in run])
        for alias, run in groupby(
            ((_alias(column, collection), name) for name, column in columns),
            key=itemgetter(0),
        )
    ]
    pickers = [(alias, names, _picker(names)) for alias, names in runs]

    def make(document: Document) -> list[Any]:
        row: list[Any] = []
        for alias, names, pick in pickers:
            part = document if alias is None else document.get(alias, {})
            try:
                row += pick(part)
            except KeyError:
                row += map(part.get, names)
        return row

    return make


def _alias(column: Any, collection: str) -> str | None:
    alias = getattr(column, "alias", None)
    return None if alias == collection else alias


def _picker(names: list[str]) -> Callable[[Document], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    [name] = names
    return lambda document: (document[name],)
