"""The schema editor: unique indexes that look-ups can use, and defaults of any type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Field, Model, UniqueConstraint
from django_mongodb_backend import schema
from pymongo.operations import IndexModel

from competition_site.db.mongodb.errors import database_errors

_COMPANION = "_look_up"


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):  # type: ignore[misc]
    """Upstream's editor, whose indexes serve look-ups and whose defaults are values."""

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
            self._make_room(model, index, field)
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
        with database_errors():
            self.get_collection(options.db_table).create_indexes([upstream])
            if "partialFilterExpression" in upstream.document:
                self._add_companion(options.db_table, upstream.document)

    def _make_room(self, model: type[Model], index: Any, field: Any) -> None:
        """Drop a companion over the same columns: MongoDB takes no second one."""
        document = index.get_pymongo_index_model(
            model, schema_editor=self, field=field
        ).document
        collection = self.get_collection(model._meta.db_table)
        for name, existing in collection.index_information().items():
            same = existing["key"] == list(document["key"].items())
            if name.endswith(_COMPANION) and same:
                collection.drop_index(name)

    def _add_companion(self, table: str, unique: Mapping[str, Any]) -> None:
        """Put a plain index beside a unique one that is on a condition.

        The planner picks a partial index only where the query itself says the
        condition, which a look-up by the columns alone does not.
        """
        key, name = list(unique["key"].items()), unique["name"] + _COMPANION
        existing = self.get_collection(table).index_information()
        if not any(_serves(index, key) for index in existing.values()):
            self.get_collection(table).create_indexes([IndexModel(key, name=name)])

    def _drop_companion(self, table: str, unique_name: str) -> None:
        collection = self.get_collection(table)
        if unique_name + _COMPANION in collection.index_information():
            collection.drop_index(unique_name + _COMPANION)

    def remove_index(self, model: type[Model], index: Any) -> None:
        """Take a unique index's companion away with it (a constraint is one too)."""
        super().remove_index(model, index)
        self._drop_companion(model._meta.db_table, index.name)

    def _remove_field_unique(
        self, model: type[Model], field: Field[Any, Any], column_prefix: str = ""
    ) -> None:
        super()._remove_field_unique(model, field, column_prefix=column_prefix)
        name = self._unique_constraint_name(
            model._meta.db_table, [f"{column_prefix}{field.column}"]
        )
        self._drop_companion(model._meta.db_table, str(name))

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


def _serves(index: Mapping[str, Any], key: list[tuple[str, int]]) -> bool:
    """Tell whether an index on no condition begins with these columns."""
    return "partialFilterExpression" not in index and index["key"][: len(key)] == key


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
