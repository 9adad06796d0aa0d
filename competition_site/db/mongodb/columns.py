"""The columns of a query, found without the SQL that nobody reads."""

from __future__ import annotations

from typing import Any

from django.db.models.expressions import Col
from django.utils.functional import cached_property

from competition_site.db.mongodb.rows import WholeRow, whole_row


class Columns:
    """How a compiler finds its columns; each method answers what Django's does."""

    query: Any
    select: Any
    connection: Any
    collection_name: str
    whole: WholeRow | None = None
    """Set where whole rows of one table are all that is asked for."""

    def compile(self, node: Any) -> Any:
        """Name a column at once: MongoDB quotes no names.

        Django looks each part up in two caches of quoted names; ``get_order_by`` needs
        the text, to tell columns apart.
        """
        if type(node) is Col and node.alias:
            return f"{node.alias}.{node.target.column}", []
        return super().compile(node)  # type: ignore[misc]

    def get_select(self, with_col_aliases: bool = False) -> Any:
        """Select whole rows of one table without the SQL of each column.

        Django makes it for all; it is read where a query joins, groups, is distinct,
        or names columns itself, and those are left to Django.
        """
        query, options = self.query, self.query.get_meta()
        if (
            with_col_aliases
            or not query.default_cols
            or query.selected is not None
            or query.select_related
            or query.annotation_select
            or query.extra_select
            or query.distinct
            or query.combinator
            or query.group_by is not None
            or query.get_select_mask()
            or not _is_one_table(options)
            or query.get_initial_alias() != options.db_table
        ):
            return super().get_select(with_col_aliases)  # type: ignore[misc]
        self.whole = whole_row(options, self.connection)
        places = list(range(len(self.whole.select)))
        information = {"model": query.model, "select_fields": places}
        return list(self.whole.select), information, {}

    def get_default_columns(
        self,
        select_mask: Any,
        start_alias: str | None = None,
        opts: Any = None,
        from_parent: Any = None,
    ) -> list[Col]:
        """List a model's columns; Django's search for parent tables only where any are.

        Left to Django are multi-table children, proxies and deferred columns.
        """
        options = opts or self.query.get_meta()
        if select_mask or from_parent or not _is_one_table(options):
            columns: list[Col] = super().get_default_columns(  # type: ignore[misc]
                select_mask, start_alias, opts, from_parent
            )
            return columns
        alias = start_alias or self.query.get_initial_alias()
        return [field.get_col(alias) for field in options.concrete_fields]

    @cached_property
    def columns(self) -> tuple[tuple[str, Any], ...]:
        """Take the columns from ``select`` (upstream computes the same a second time).

        That is where a query asks for whole rows; others are upstream's.
        """
        query = self.query
        if self.whole:
            return self.whole.columns
        if (
            self.select
            and query.default_cols
            and query.selected is None
            and not query.extra_select
            and not query.annotation_select
            and all(isinstance(column, Col) for column, _, _ in self.select)
        ):
            return tuple((column.target.column, column) for column, _, _ in self.select)
        columns: tuple[tuple[str, Any], ...] = super().columns  # type: ignore[misc]
        return columns

    def _order_by_pairs(self) -> Any:
        """Order by names without comparing them with every selected expression.

        Django hashes each for the case that an ordering is an expression itself, or
        names an alias of the selection.
        """
        query, select, options = self.query, self.select, self.query.get_meta()
        orderings = query.order_by or (options.ordering if options else ()) or ()
        if (
            query.extra_order_by
            or query.combinator
            or not all(isinstance(name, str) for name in orderings)
            or any(alias for _, _, alias in select or ())
        ):
            return super()._order_by_pairs()  # type: ignore[misc]
        self.select = None
        try:
            return list(super()._order_by_pairs())  # type: ignore[misc]
        finally:
            self.select = select

    def get_lookup_pipeline(self) -> list[dict[str, Any]]:
        """Return the joins; upstream sorts conditions for them where there are none."""
        query = self.query
        if any(
            query.alias_refcount[alias]
            for alias in query.alias_map
            if alias != self.collection_name
        ):
            stages: list[dict[str, Any]] = super().get_lookup_pipeline()  # type: ignore[misc]
            return stages
        return []


def _is_one_table(options: Any) -> bool:
    """Tell whether a model has its columns in its own table, and is no proxy."""
    return not (options is None or options.proxy or options.all_parents)
