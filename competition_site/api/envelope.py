"""The one shape of every answer: ``{"success", "data", "message"}``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from competition_site.clock import iso
from competition_site.rules import CODES, RuleViolation, Text

CONTENT_TYPE = "application/json"


class Reply(Response):
    """A successful answer with a sentence for a person; ``OK`` where there is none."""

    def __init__(
        self, data: Any = None, *, message: Text = "OK", **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.message = message


def success(data: Any, message: Text = "OK") -> dict[str, Any]:
    """The envelope of a success."""
    return {"success": True, "data": data, "message": str(message)}


def failure(
    code: str,
    message: Text | None = None,
    errors: Mapping[str, list[Any]] | None = None,
    **details: Any,
) -> dict[str, Any]:
    """The envelope of a refusal."""
    data = {"code": code, "errors": dict(errors or {}), **details}
    sentence = str(CODES[code][1] if message is None else message)
    return {"success": False, "data": data, "message": sentence}


def dumps(envelope: Mapping[str, Any]) -> bytes:
    """Encode an envelope as UTF-8 JSON."""
    return json.dumps(
        envelope,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        default=_plain,
    ).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, UUID | Promise | date):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    msg = f"{type(value).__name__} has no JSON form"
    raise TypeError(msg)


def refusal_response(violation: RuleViolation) -> HttpResponse:
    """A refusal made outside a view, such as in a middleware."""
    response = HttpResponse(
        dumps(
            failure(
                violation.code, violation.message, violation.errors, **violation.details
            )
        ),
        status=violation.status,
        content_type=CONTENT_TYPE,
    )
    if violation.retry_after is not None:
        response["Retry-After"] = str(violation.retry_after)
    return response


class EnvelopeRenderer(BaseRenderer):
    """Render what a view returned inside the envelope.

    A refusal comes from the exception handler as an envelope already.
    """

    media_type = CONTENT_TYPE
    format = "json"
    charset = None
    render_style = "text"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is not None and response.exception:
            return dumps(data)
        return dumps(success(data, getattr(response, "message", "OK")))
