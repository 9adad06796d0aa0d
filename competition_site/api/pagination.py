"""Keyset pages: an opaque cursor holds the last row's sort key; depth is free."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from competition_site.api.envelope import Reply
from competition_site.clock import iso
from competition_site.db.orderings import with_key

DEFAULT_PAGE_SIZE = 20
MAXIMUM_PAGE_SIZE = 100
PARAMETERS = frozenset({"cursor", "page_size", "ordering"})
_UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError, InvalidValue)


class KeysetPagination(BasePagination):
    """Pages of ``{"results", "next"}`` in one of the view's ``orderings``.

    A view names its allowed orderings, the default one first, each a column with or
    without ``-``; an index serves each. A search may have orderings of its own.
    """

    next_cursor: str | None = None

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any]:
        ordering = _ordering(request, getattr(view, "orderings", ("-id",)))
        size = _page_size(request)
        columns = with_key(queryset.model, ordering)
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(
                _after(columns, _decode(cursor, ordering, queryset.model))
            )
        rows = list(queryset.order_by(*columns)[: size + 1])
        if len(rows) > size:
            rows.pop()
            self.next_cursor = _encode(ordering, columns, rows[-1])
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Reply({"results": data, "next": self.next_cursor})


def _ordering(request: Request, allowed: tuple[str, ...]) -> str:
    asked = request.query_params.get("ordering", allowed[0])
    if asked not in allowed:
        texts = _("Choose one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
        raise ValidationError({"ordering": [texts]})
    return asked


def _page_size(request: Request) -> int:
    asked = request.query_params.get("page_size", str(DEFAULT_PAGE_SIZE))
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 3):
        raise ValidationError({"page_size": [_("Write a whole number.")]})
    if not 1 <= int(asked) <= MAXIMUM_PAGE_SIZE:
        raise ValidationError({"page_size": [_("Write a number from 1 to 100.")]})
    return int(asked)


def _after(columns: tuple[str, ...], values: list[Any]) -> Q:
    """Rows behind the last one seen: a > v, or a = v and id > k."""
    condition = Q()
    equal: dict[str, Any] = {}
    for column, value in zip(columns, values, strict=True):
        name, comparison = column.lstrip("-"), "lt" if column.startswith("-") else "gt"
        condition |= Q(**equal, **{f"{name}__{comparison}": value})
        equal[name] = value
    return condition


def _encode(ordering: str, columns: tuple[str, ...], row: Model) -> str:
    values = [_text(getattr(row, column.lstrip("-"))) for column in columns]
    packed = json.dumps([ordering, *values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _text(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else str(value)


def _decode(cursor: str, ordering: str, model: type[Model]) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        packed = base64.b64decode(padded, altchars=b"-_", validate=True)
        # The ordering is the first value: a cursor of another one does not match.
        columns = (None, *with_key(model, ordering))
        return [
            _value(model, column, ordering, text)
            for column, text in zip(columns, json.loads(packed), strict=True)
        ][1:]
    except _UNREADABLE as error:
        raise ValidationError({"cursor": [_("This cursor is not valid.")]}) from error


def _value(model: type[Model], column: str | None, ordering: str, text: Any) -> Any:
    """The value of a column; whoever forged it gets a refusal, not the database's."""
    if not isinstance(text, str) or "\x00" in text:
        raise TypeError(column)
    text.encode()  # a lone surrogate is a ValueError
    if column is None:
        return _same(ordering, text)
    field: Any = model._meta.get_field(column.lstrip("-"))
    value = field.to_python(text)
    field.run_validators(value)
    return _in_utc(value) if isinstance(value, datetime) else value


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(moment)
    return moment.astimezone(UTC)


def _same(ordering: str, text: str) -> str:
    if text != ordering:
        raise ValueError(text)
    return text
