"""From documents to rows, without a table's name and three functions for each value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from django.db.models.expressions import ColPairs

from competition_site.db.mongodb.conversions import conversion, unchanged
from competition_site.db.mongodb.rows import Document, WholeRow, row_maker


class Results:
    """How a compiler turns documents into rows."""

    connection: Any
    collection_name: str
    whole: WholeRow | None

    def cursor_iter(
        self, cursor: Iterable[Document], chunk_size: int, columns: Any
    ) -> Iterator[list[list[Any]]]:
        """Yield rows in chunks (upstream looks each column's table up for each row)."""
        whole = self.whole
        make = whole.make if whole else row_maker(columns, self.collection_name)
        chunk: list[list[Any]] = []
        for document in cursor:
            chunk.append(make(document))
            if len(chunk) == chunk_size:
                yield chunk
                chunk = []
        yield chunk

    def get_converters(self, expressions: Iterable[Any]) -> dict[int, Any]:
        """Return converters by place: ours as ``(function, None)``, the rest as Django.

        Upstream calls up to three functions for each value, and writes JSON as text
        only to parse it again.
        """
        expressions = list(expressions)
        if self._are_whole(expressions):
            return self.whole.converters  # type: ignore[return-value, union-attr]
        if any(isinstance(expression, ColPairs) for expression in expressions):
            return self._upstream_converters(expressions)
        return dict(self._converters(expressions))

    def _converters(self, expressions: list[Any]) -> Iterator[tuple[int, Any]]:
        for place, expression in enumerate(expressions):
            convert = conversion(expression, self.connection)
            if convert is None:
                for entry in self._upstream_converters([expression]).values():
                    yield place, entry
            elif convert is not unchanged:
                yield place, (convert, None)

    def _are_whole(self, expressions: list[Any]) -> bool:
        """Tell whether these are the columns that were found once for the model."""
        return (
            self.whole is not None
            and self.whole.converters is not None
            and self.connection.timezone is UTC
            and expressions == self.whole.expressions
        )

    def _upstream_converters(self, expressions: list[Any]) -> dict[int, Any]:
        found: dict[int, Any] = super().get_converters(expressions)  # type: ignore[misc]
        return found

    def apply_converters(
        self, rows: Iterable[Any], converters: dict[int, Any]
    ) -> Iterator[list[Any]]:
        """Convert rows in place after Django has applied the converters of its kind."""
        ours = [(n, convert) for n, (convert, by) in converters.items() if by is None]
        others = {n: entry for n, entry in converters.items() if entry[1] is not None}
        rows = super().apply_converters(rows, others) if others else map(list, rows)  # type: ignore[misc]
        for row in rows:
            for place, convert in ours:
                value = row[place]
                if value is not None:
                    row[place] = convert(value)
            yield row
