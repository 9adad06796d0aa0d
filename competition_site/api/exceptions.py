"""Turns every exception that leaves a view into an envelope with its code."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import ceil
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from competition_site.api.envelope import failure
from competition_site.context import request_id
from competition_site.db.transactions import (
    TooManyConflicts,
    is_conflict,
    is_unreachable,
)
from competition_site.rules import RuleViolation, Text

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 1
_BY_STATUS = {
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "throttled",
}
_REFUSED_BODIES: tuple[tuple[type[Exception], str], ...] = (
    (RequestDataTooBig, "payload_too_large"),
    (TooManyFieldsSent, "validation_error"),
    (TooManyFilesSent, "validation_error"),
    (UnreadablePostError, "validation_error"),
    (SuspiciousOperation, "validation_error"),
    (Http404, "not_found"),
    (PermissionDenied, "permission_denied"),
)


def envelope_exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: status, envelope and headers of a refusal.

    What nobody foresaw is logged with its stack and answered 500 without one.
    """
    violation = as_violation(exc)
    response = Response(
        failure(
            violation.code, violation.message, violation.errors, **violation.details
        ),
        status=violation.status,
    )
    for name, value in _headers(violation, context).items():
        response[name] = value
    if violation.status >= 500:
        logger.error(
            "unhandled exception" if violation.status == 500 else "out of service",
            exc_info=exc,
        )
    return response


def as_violation(exc: Exception) -> RuleViolation:
    """The refusal that an exception means."""
    if isinstance(exc, RuleViolation):
        return exc
    if isinstance(exc, exceptions.APIException):
        return _from_rest_framework(exc)
    for kind, code in _REFUSED_BODIES:
        if isinstance(exc, kind):
            return RuleViolation(code)
    if _is_out_of_service(exc):
        return RuleViolation("service_unavailable", retry_after=RETRY_AFTER_SECONDS)
    return unforeseen()


def _from_rest_framework(exc: exceptions.APIException) -> RuleViolation:
    if isinstance(exc, exceptions.ValidationError):
        return RuleViolation("validation_error", errors=flat_errors(exc.detail))
    if isinstance(exc, exceptions.Throttled):
        wait = ceil(getattr(exc, "wait", None) or 0)
        return RuleViolation("throttled", retry_after=max(1, wait))
    if isinstance(exc, exceptions.ParseError):
        return RuleViolation("validation_error", _("The body could not be read."))
    if exc.status_code in _BY_STATUS:
        return RuleViolation(_BY_STATUS[exc.status_code])
    return unforeseen()


def _is_out_of_service(exc: Exception) -> bool:
    """Too many conflicts, no database, no room on the disk: it may work later."""
    if isinstance(exc, TooManyConflicts | OSError):
        return True
    return is_conflict(exc) or is_unreachable(exc)


def unforeseen() -> RuleViolation:
    """A 500: it tells the person the request's id, and nothing else."""
    current = request_id.get()
    message = _("Something went wrong on our side. Please tell us this number: %(id)s")
    return RuleViolation("server_error", message % {"id": current}, request_id=current)


def _headers(violation: RuleViolation, context: Mapping[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    if violation.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if violation.retry_after is not None:
        headers["Retry-After"] = str(violation.retry_after)
    if violation.status == 405 and (view := context.get("view")) is not None:
        headers["Allow"] = ", ".join(view.allowed_methods)
    return headers


def flat_errors(detail: Any, prefix: str = "") -> dict[str, list[Text]]:
    """Flatten DRF's nested error detail to dotted fields, each with its texts."""
    if isinstance(detail, Mapping):
        nested = [(str(key), value) for key, value in detail.items()]
    elif _holds_structure(detail):
        nested = [(str(n), value) for n, value in enumerate(detail) if value]
    else:
        texts = detail if isinstance(detail, list) else [detail]
        return {prefix or "non_field_errors": [str(text) for text in texts]}
    flat: dict[str, list[Text]] = {}
    for key, value in nested:
        flat.update(flat_errors(value, _dotted(prefix, key)))
    return flat


def _holds_structure(detail: Any) -> bool:
    return isinstance(detail, list) and any(
        isinstance(entry, Mapping | list) for entry in detail
    )


def _dotted(prefix: str, key: str) -> str:
    if not prefix:
        return key
    return prefix if key == "non_field_errors" else f"{prefix}.{key}"
