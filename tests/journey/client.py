"""A person at a browser: HTTP to a real server, every answer held to the contract."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import requests

from tests.journey.kinds import require_shape

PUBLIC_CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=300"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TIMEOUT = 60

_requests = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What came back in the envelope."""

    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    data: Any
    message: str


class Person:
    """Somebody who uses the API: a student, an organiser, or anyone without a token."""

    def __init__(self, url: str, access: str | None = None) -> None:
        self.url = url
        self.access = access
        self.session = requests.Session()

    def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        """One request as it is; keywords are headers, with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.access is not None:
            named.setdefault("Authorization", f"Bearer {self.access}")
        named.setdefault("X-Request-ID", f"journey-{next(_requests)}")
        content = body if isinstance(body, Upload) else Upload(json=body)
        response = self.session.request(
            method,
            f"{self.url}/api/v1{path}",
            headers=named,
            timeout=TIMEOUT,
            **content.arguments(),
        )
        assert response.headers["X-Request-ID"] == named["X-Request-ID"]
        assert "Server" not in response.headers
        return response

    def get(self, path: str, **expected: Any) -> Answer:
        return self.call("GET", path, **expected)

    def post(self, path: str, body: Any = None, **expected: Any) -> Answer:
        return self.call("POST", path, body, **expected)

    def patch(self, path: str, body: Any, **expected: Any) -> Answer:
        return self.call("PATCH", path, body, **expected)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int = 200,
        code: str | None = None,
        shape: Any = None,
        **headers: str,
    ) -> Answer:
        """Send, and hold status, envelope, headers, ``code`` and ``shape`` to it."""
        response = self.send(method, path, body, **headers)
        assert response.status_code == status, response.text
        answer = sound(response)
        if code is not None:
            assert answer.data["code"] == code
        if shape is not None:
            require_shape(answer.data, shape)
        return answer

    def refused(
        self, method: str, path: str, body: Any = None, *, status: int, code: str
    ) -> Answer:
        """A call that must be refused in this way."""
        return self.call(method, path, body, status=status, code=code)

    def download(self, path: str) -> requests.Response:
        """A file: an attachment that no browser runs and no cache keeps."""
        response = self.send("GET", path)
        assert response.status_code == 200, response.text
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "private, no-store"
        return response


@dataclass(frozen=True)
class Upload:
    """A body: JSON, or multipart once there is a file."""

    name: str = ""
    content: bytes | None = None
    content_type: str = "application/octet-stream"
    fields: dict[str, str] | None = None
    json: Any = None

    def arguments(self) -> dict[str, Any]:
        if self.content is None:
            return {} if self.json is None else {"json": self.json}
        file = (self.name, self.content, self.content_type)
        return {"files": {"file": file}, "data": self.fields or {}}


def sound(response: requests.Response) -> Answer:
    """The answer, once it has all that the contract promises of every answer."""
    assert response.headers["Content-Type"] == "application/json"
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value, name
    envelope = response.json()
    assert envelope.keys() == {"success", "data", "message"}
    assert envelope["success"] is (response.status_code < 400)
    assert envelope["message"]
    if not envelope["success"]:
        _require_refusal(response, envelope["data"])
    elif response.request.method == "GET":
        assert envelope["message"] == "OK"
    cache = response.headers["Cache-Control"]
    if cache != PUBLIC_CACHE:
        assert cache == "private, no-store"
    return Answer(
        response.status_code, response.headers, envelope["data"], envelope["message"]
    )


def _require_refusal(response: requests.Response, refusal: Any) -> None:
    assert {"code", "errors"} <= refusal.keys()
    assert isinstance(refusal["errors"], dict)
    for texts in refusal["errors"].values():
        assert all(isinstance(line, str) for line in texts)
    assert ("WWW-Authenticate" in response.headers) is (response.status_code == 401)
    assert response.headers["Cache-Control"] == "private, no-store"
