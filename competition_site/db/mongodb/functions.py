"""Dates and times cut out of moments, in the time zone that Django promises."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.db.models import DateField, DateTimeField
from django.db.models.functions import TruncDate, TruncTime
from django.db.models.functions.datetime import TruncBase
from django.utils import timezone
from django_mongodb_backend.query_utils import process_lhs

_stock_convert_value: Any = TruncBase.convert_value


def trunc_convert_value(self: Any, value: Any, expression: Any, connection: Any) -> Any:
    """Read a truncated moment in the truncation's time zone.

    Where none is given, upstream reads it in the machine's: ``dates("at", "month")``
    answers December where it is January in settings.TIME_ZONE.
    """
    if connection.vendor != "mongodb" or not isinstance(value, datetime):
        return _stock_convert_value(self, value, expression, connection)
    return _as_field_value(self.output_field, _in_zone(value, self.tzinfo))


def _in_zone(value: datetime, zone: Any) -> datetime:
    if not settings.USE_TZ:
        return value
    aware = value if timezone.is_aware(value) else value.replace(tzinfo=UTC)
    return aware.astimezone(zone or timezone.get_current_timezone())


def _as_field_value(field: Any, value: datetime) -> datetime | date | time:
    if isinstance(field, DateTimeField):
        return value
    return value.date() if isinstance(field, DateField) else value.time()


def trunc_date(self: Any, compiler: Any, connection: Any) -> dict[str, Any]:
    """The day of a moment in any time zone (upstream: refused unless it is UTC)."""
    day = _formatted(self, compiler, connection, "%Y-%m-%d")
    return {"$dateFromString": {"dateString": {"$concat": [day, "T00:00:00.000"]}}}


def trunc_time(self: Any, compiler: Any, connection: Any) -> dict[str, Any]:
    """The time of day likewise; MongoDB keeps it on the first day of year 1."""
    hour = _formatted(self, compiler, connection, "%H:%M:%S.%L")
    return {"$dateFromString": {"dateString": {"$concat": ["0001-01-01T", hour]}}}


def _formatted(
    function: Any, compiler: Any, connection: Any, layout: str
) -> dict[str, Any]:
    told = {
        "format": layout,
        "date": process_lhs(function, compiler, connection, as_expr=True),
        "timezone": function.get_tzname() or "UTC",
    }
    return {"$dateToString": told}


def register_functions() -> None:
    """Put these in the place of upstream's, which is registered on import likewise."""
    overrides: list[tuple[Any, str, Any]] = [
        (TruncBase, "convert_value", trunc_convert_value),
        (TruncDate, "as_mql_expr", trunc_date),
        (TruncTime, "as_mql_expr", trunc_time),
    ]
    for owner, name, function in overrides:
        setattr(owner, name, function)
