"""The gunicorn worker: what it refuses before Django is in the envelope too."""

from __future__ import annotations

import json
import os
import re
import uuid
from http import HTTPStatus
from typing import Any, NamedTuple

from gunicorn import util
from gunicorn.http import errors, wsgi
from gunicorn.workers.gthread import ThreadWorker

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
HSTS = "max-age=31536000; includeSubDomains; preload"
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Refusal(NamedTuple):
    """How one kind of refused request is answered."""

    status: HTTPStatus
    code: str
    message: str


MALFORMED = Refusal(
    HTTPStatus.BAD_REQUEST,
    "validation_error",
    "The request is not well-formed HTTP.",
)
LINE_TOO_LONG = Refusal(
    HTTPStatus.REQUEST_URI_TOO_LONG,
    "payload_too_large",
    "The address is too long.",
)
HEADERS_TOO_LARGE = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "payload_too_large",
    "The request headers are too large.",
)
OUR_FAULT = Refusal(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "server_error",
    "Something went wrong on our side. Reference: {request_id}.",
)
OUR_FAULTS = (
    errors.ConfigurationProblem,
    errors.InvalidResponseHeader,
    errors.InvalidResponseHeaderName,
)


def refusal_of(error: Exception) -> Refusal:
    """Tell the client's fault from ours, and too much from malformed."""
    if isinstance(error, errors.LimitRequestLine):
        return LINE_TOO_LONG
    if isinstance(error, errors.LimitRequestHeaders):
        return HEADERS_TOO_LARGE
    if isinstance(error, errors.ParseException) and not isinstance(error, OUR_FAULTS):
        return MALFORMED
    return OUR_FAULT


def request_id_of(request: Any) -> str:
    """The id that the client sent, when it is a sane one, else a new one."""
    for name, value in getattr(request, "headers", None) or ():
        if name == "X-REQUEST-ID" and SANE_REQUEST_ID.fullmatch(value):
            return str(value)
    return uuid.uuid4().hex


def response_bytes(refusal: Refusal, request_id: str, *, head: bool = False) -> bytes:
    """The whole HTTP response that closes the connection."""
    status, code, message = refusal
    body = json.dumps(
        {
            "success": False,
            "data": {"code": code, "errors": {}},
            "message": message.format(request_id=request_id),
        }
    ).encode()
    headers = {
        "Date": util.http_date(),
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Request-ID": request_id,
        **SECURITY_HEADERS,
    }
    if os.environ.get("ENVIRONMENT", "production") == "production":
        headers["Strict-Transport-Security"] = HSTS
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (b"" if head else body)


class NamelessResponse(wsgi.Response):
    """A response that doesn't tell which software sent it."""

    def default_headers(self) -> list[str]:
        return [
            line for line in super().default_headers() if not line.startswith("Server:")
        ]


class EnvelopeThreadWorker(ThreadWorker):
    """gunicorn's thread worker, whose own refusals are the API's JSON."""

    def init_process(self) -> None:
        wsgi.Response = NamelessResponse
        super().init_process()

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Close after an answer whose request goes on malformed.

        gunicorn would send a second answer, which the client's next request gets.
        """
        try:
            return super()._keepalive_after(conn, keepalive)
        except errors.ParseException:
            self.log.debug("The rest of an answered request is malformed.")
            return False

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer a request that never reached Django, or on which the server failed."""
        refusal = refusal_of(exc)
        request = req or getattr(exc, "req", None)
        request_id = request_id_of(request)
        fields = {
            "request_id": request_id,
            "status": refusal.status.value,
            "client": addr[0] if addr else None,
        }
        if refusal is OUR_FAULT:
            self.log.error("failed", exc_info=exc, extra={"fields": fields})
        else:
            self.log.warning("refused: %s", exc, extra={"fields": fields})
        head = getattr(request, "method", None) == "HEAD"
        try:
            util.write_nonblock(client, response_bytes(refusal, request_id, head=head))
        except OSError:
            self.log.debug("client gone", extra={"fields": fields})
