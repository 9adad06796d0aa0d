"""Values as models hold them: one function for all of a column's converters."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from operator import methodcaller
from typing import Any
from uuid import UUID, SafeUUID

from bson.int64 import Int64
from django.db.models import Field, FileField, ForeignKey, OneToOneField, fields
from django.db.models.expressions import Col
from django.db.models.fields.json import JSONField

Convert = Callable[[Any], Any]

_HEXADECIMAL_LENGTH = 32
_AS_JSON_HAS_THEM = frozenset({str, int, float, bool, type(None)})


def to_uuid(text: str) -> UUID:
    """Return ``UUID(text)``, at a fifth of its cost for the 32 digits we store."""
    if len(text) != _HEXADECIMAL_LENGTH or text[0] == "-":
        return UUID(text)
    made = object.__new__(UUID)
    object.__setattr__(made, "int", int(text, 16))
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


def to_json_value(value: Any) -> Any:
    """Return what ``json.loads(json.dumps(value))`` does; the same error likewise."""
    kind = type(value)
    if kind in _AS_JSON_HAS_THEM:
        return value
    if kind is list:
        return [to_json_value(part) for part in value]
    if kind is dict:
        return {name: to_json_value(part) for name, part in value.items()}
    return int(value) if kind is Int64 else json.loads(json.dumps(value))


def unchanged(value: Any) -> Any:
    """Stand for a column that needs no conversion; it is never called."""
    return value


_in_utc: Callable[[datetime], datetime] = methodcaller("replace", tzinfo=UTC)

_KINDS: tuple[tuple[Convert, tuple[type[Field[Any, Any]], ...]], ...] = (
    (
        unchanged,
        (
            fields.BooleanField,
            fields.CharField,
            fields.FloatField,
            fields.GenericIPAddressField,
            fields.SlugField,
            fields.SmallIntegerField,
            fields.PositiveSmallIntegerField,
            fields.TextField,
            FileField,
        ),
    ),
    (
        int,
        (
            fields.BigIntegerField,
            fields.IntegerField,
            fields.PositiveBigIntegerField,
            fields.PositiveIntegerField,
        ),
    ),
    (_in_utc, (fields.DateTimeField,)),
    (to_json_value, (JSONField,)),
    (to_uuid, (fields.UUIDField,)),
)
_CONVERSIONS: dict[Any, Convert] = {
    kind.get_internal_type: convert for convert, kinds in _KINDS for kind in kinds
}
"""What stands for upstream's converters, by the method that names the column's type."""


@cache
def _conversion(kind: Any) -> Convert | None:
    """Return the conversion for a class of fields; None where it has its own."""
    from_db_value = getattr(kind, "from_db_value", None)
    if kind.get_db_converters is not Field.get_db_converters or (
        from_db_value not in {None, JSONField.from_db_value}
    ):
        return None
    return _CONVERSIONS.get(kind.get_internal_type)


def conversion(expression: Any, connection: Any) -> Convert | None:
    """Return one function for all of a column's converters, or None: ask upstream.

    It is never called with None, which all of these leave as it is.
    """
    if type(expression) is not Col:
        return None
    field: Any = expression.output_field
    target = expression.target
    if target is not field and type(target) not in {ForeignKey, OneToOneField}:
        return None
    kind: Any = type(field)
    convert = _conversion(kind)
    if convert is _in_utc and connection.timezone is not UTC:
        return None
    if convert is to_json_value and field.decoder is not None:
        return None
    return convert
