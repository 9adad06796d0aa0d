"""What every answer below ``/api/`` and ``/health/`` promises, whoever made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from jsonschema import Draft202012Validator

SCHEMA = json.loads(Path(__file__).with_name("envelope.schema.json").read_text())
CODES = frozenset(SCHEMA["then"]["properties"]["data"]["properties"]["code"]["enum"])
_envelope = Draft202012Validator(SCHEMA)


def check_answer(response: HttpResponse, method: str = "GET") -> None:
    """Assert the headers, and the envelope where the contract asks for one."""
    assert response.status_code < 500, response.content
    assert response.status_code != 204
    check_headers(response)
    content = b"".join(response) if response.streaming else response.content
    response.close()
    if method == "HEAD" or response.status_code == 304:
        assert not content
    elif "Content-Disposition" not in response and not _is_preflight(response):
        check_envelope(response, method)


def check_headers(response: HttpResponse) -> None:
    """Assert what stands on every answer, 404 and refused hosts included."""
    assert response["X-Request-ID"]
    assert response["X-Content-Type-Options"] == "nosniff"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy or "sandbox" in policy
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}
    assert response["Cache-Control"]
    if response.status_code == 401:
        assert response["WWW-Authenticate"] == "Bearer"


def check_envelope(response: HttpResponse, method: str = "GET") -> None:
    """Assert exactly success, data and message, of the right kinds."""
    assert response["Content-Type"] == "application/json"
    body = json.loads(response.content)
    errors = [error.message for error in _envelope.iter_errors(body)]
    assert not errors, (errors, body)
    assert body["success"] is (response.status_code < 400)
    if method == "GET" and body["success"]:
        assert body["message"] == "OK"


def refusal(response: HttpResponse) -> tuple[int, str]:
    """The status and the code of a refusal that keeps its promises."""
    check_answer(response, response.request["REQUEST_METHOD"])
    body = response.json()
    assert body["success"] is False, body
    return response.status_code, body["data"]["code"]


def errors_of(response: HttpResponse) -> dict[str, Any]:
    """The fields that a 400 names."""
    assert refusal(response)[0] == 400
    return dict(response.json()["data"]["errors"])


def _is_preflight(response: HttpResponse) -> bool:
    asked = response.request
    return (
        asked["REQUEST_METHOD"] == "OPTIONS"
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in asked
    )
