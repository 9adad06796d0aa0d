"""Middleware: the request's id, moment, log line, headers, host, origin, language."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from corsheaders.conf import conf as cors
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from competition_site.api.client import client_address
from competition_site.api.envelope import refusal_response
from competition_site.clock import now
from competition_site.context import request_id
from competition_site.rules import RuleViolation

access_log = logging.getLogger("access")

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ADMIN_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def is_api(request: HttpRequest) -> bool:
    """Whether the path promises the envelope."""
    return f"{request.path_info}/".startswith(("/api/", "/health/"))


class RequestContextMiddleware:
    """First of all: stamp the moment, name the request, write its one log line.

    ``request.received_at`` is the moment of whatever the request does (deadlines
    compare with it). A trailing slash is cut off, so that both forms of a path are one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request.received_at = now()  # type: ignore[attr-defined]
        request.id = _request_id(request)  # type: ignore[attr-defined]
        token = request_id.set(request.id)  # type: ignore[attr-defined]
        if is_api(request) and request.path_info.endswith("/"):
            request.path_info = request.path_info[:-1]
            request.path = request.path[:-1]
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
            self._log(request, response, time.perf_counter() - started)
        finally:
            request_id.reset(token)
        return response

    def _log(
        self, request: HttpRequest, response: HttpResponseBase, seconds: float
    ) -> None:
        fields = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 1),
            "client": client_address(request),
            "user": getattr(request, "actor_id", None),
        }
        access_log.info("request", extra={"fields": fields})


def _request_id(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if _SANE_REQUEST_ID.fullmatch(given) else uuid4().hex


class SecurityHeadersMiddleware:
    """The headers that Django's own middleware doesn't set, on every answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        policy = _API_POLICY if is_api(request) else _ADMIN_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if is_api(request):
            response.headers.setdefault("Cache-Control", "private, no-store")
        else:
            # Told no-referrer, a browser sends a form with "Origin: null", and the
            # CSRF check of the admin refuses it.
            response.headers.setdefault("Referrer-Policy", "same-origin")
        return response


class HostMiddleware:
    """Refuse a foreign Host before anything else looks at the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            return refusal_response(RuleViolation("validation_error"))
        return self.get_response(request)


class OriginMiddleware:
    """Refuse a browser's change from a site that is neither listed nor our own.

    CORS alone would let it run and only hide the answer. The API knows no cookies, so
    this stands in for Django's own check, whose refusal is a page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        origin = request.headers.get("Origin")
        if origin and is_api(request) and request.method not in _SAFE_METHODS:
            own = f"{request.scheme}://{request.get_host()}"
            if origin != own and origin not in cors.CORS_ALLOWED_ORIGINS:
                return refusal_response(RuleViolation("origin_not_allowed"))
        if is_api(request):
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # noqa: SLF001
        return self.get_response(request)


class LanguageMiddleware(LocaleMiddleware):
    """Django's, without ``Vary: Accept-Language`` on the API.

    A successful read is the same in every language, and writes are never cached.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not is_api(request):
            return super().process_response(request, response)
        response.headers.setdefault(
            "Content-Language", translation.get_language() or settings.LANGUAGE_CODE
        )
        return response
