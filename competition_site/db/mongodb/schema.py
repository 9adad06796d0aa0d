"""The schema editor: unique indexes that look-ups can use, and defaults of any type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Field, Model, UniqueConstraint
from django_mongodb_backend import schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):  # type: ignore[misc]
    """Upstream's editor with two mends."""

    def add_index(
        self, model: type[Model], index: Any, *, unique: bool = False, **kwargs: Any
    ) -> None:
        """Create a unique index over NOT NULL columns without ``$type`` conditions.

        Upstream makes each unique index partial, ``{column: {"$type": …}}``, so that
        nulls may repeat; the planner never picks such an index, and every look-up by
        e-mail, session key or slug reads the collection (PR 543, in 6.0.4 only). Where
        no null can be there is nothing to exempt.
        """
        field = kwargs.pop("field", None)
        embedded = kwargs.get("column_prefix") or kwargs.get("parent_model")
        if not unique or embedded:
            super().add_index(model, index, field=field, unique=unique, **kwargs)
            return
        options: Any = model._meta
        fields = (
            [field]
            if field
            else [options.get_field(name) for name, _ in index.fields_orders]
        )
        upstream = index.get_pymongo_index_model(
            model, schema_editor=self, field=field, unique=True
        )
        _exempt_no_nulls(upstream.document, {f.column for f in fields if not f.null})
        self.get_collection(options.db_table).create_indexes([upstream])

    def effective_default(self, field: Field[Any, Any]) -> dict[str, Any]:
        """Mark the default as a value: it goes into an aggregation's ``$set``.

        Upstream sends it raw, where ``{}`` is an invalid expression and the migration
        of ``AddField(JSONField(default=dict))`` stops.
        """
        return {"$literal": super().effective_default(field)}

    def _alter_field(
        self,
        model: type[Model],
        old_field: Field[Any, Any],
        new_field: Field[Any, Any],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Build unique indexes anew where a column begins or ceases to take nulls."""
        super()._alter_field(model, old_field, new_field, *args, **kwargs)
        if old_field.null == new_field.null:
            return
        if all(map(self._field_should_have_unique, (old_field, new_field))):
            self._remove_field_unique(model, new_field)
            self._add_field_unique(model, new_field)
        for constraint in _unique_constraints_over(model, new_field.name):
            self.remove_constraint(model, constraint)
            self.add_constraint(new_field.model, constraint)


def _exempt_no_nulls(document: dict[str, Any], columns: set[str]) -> None:
    """Take the ``$type`` of these columns out of an index's condition."""
    condition = document.get("partialFilterExpression", {})
    for column in columns & condition.keys():
        condition[column].pop("$type", None)
        if not condition[column]:
            del condition[column]
    if not condition:
        document.pop("partialFilterExpression", None)


def _unique_constraints_over(
    model: type[Model], name: str
) -> Iterator[UniqueConstraint]:
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and name in constraint.fields:
            yield constraint
