"""Serializer bases: unknown and read-only fields are refused, moments are strict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from unicodedata import category
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from competition_site.clock import iso, to_milliseconds
from competition_site.db.text import folded
from competition_site.rules import RuleViolation

_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_NAMED_AT_MOST = 50
_CONTROLS = frozenset({"Cc", "Zl", "Zp"})  # line breaks and their like


class MomentField(serializers.Field[Any, Any, Any, Any]):
    """A moment: ISO 8601 with a zone in, ``YYYY-MM-DDTHH:MM:SS.mmmZ`` out."""

    default_error_messages = {
        "invalid": _(
            "Enter a date and time with a zone, for example 2026-11-23T09:00:00.000Z."
        ),
    }

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail("invalid")
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            self.fail("invalid")
        return to_milliseconds(moment)

    def to_representation(self, value: datetime) -> str:
        return iso(value)


class NameField(serializers.CharField):
    """A name of a person or a team: one line, of which something can be seen."""

    def to_internal_value(self, value: Any) -> str:
        name = super().to_internal_value(value)
        if not folded(name) or any(category(c) in _CONTROLS for c in name):
            self.fail("invalid")
        return name


class IdField(serializers.UUIDField):
    """An id as the API writes it; DRF's own field takes numbers and other forms too."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not is_uuid(value):
            self.fail("invalid", value=value)
        return super().to_internal_value(value)


class ReferenceField(IdField):
    """Another row by its id, among those the caller may know of.

    One that is hidden is answered like one that is missing: 404, naming the field.
    """

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def to_internal_value(self, value: Any) -> Any:
        key = super().to_internal_value(value)
        visible = self.model.objects.visible_to(self.context["request"].user)
        row = visible.filter(pk=key).first()
        if row is None:
            text = _("No record has this id.")
            raise RuleViolation("not_found", errors={str(self.field_name): [text]})
        return row


class StrictSerializer(serializers.Serializer[Any]):
    """A body's or a query's shape; what it doesn't name is an error, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            refuse_unnamed(data, self.fields)
        return super().to_internal_value(data)


class NoBody(StrictSerializer):
    """The body of a verb that takes none."""


def refuse_unnamed(given: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Raise ValidationError for keys that cannot be written, naming the first ones."""
    refused = (key for key in given if key not in fields or fields[key].read_only)
    errors = {
        key: [
            _("This field cannot be written.") if key in fields else _("Unknown field.")
        ]
        for key in islice(refused, _NAMED_AT_MOST)
    }
    if errors:
        raise ValidationError(errors)


def is_uuid(text: object) -> bool:
    """Whether ``text`` is a UUID in its canonical form; any other is no id of ours."""
    try:
        return str(UUID(str(text))) == str(text).lower()
    except ValueError:
        return False
