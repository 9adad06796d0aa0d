"""A client that speaks the API as the frontend does: JSON, bearer, envelope."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from accounts import tokens, workflow
from accounts.models import User
from competition_site.clock import now


def access_token(user: User) -> str:
    """A bearer token of a new session of ``user``."""
    at = now()
    session = workflow.open_session(user, at=at, device="tests", address="127.0.0.1")
    return str(tokens.pair(session, at=at)["access"])


class Api:
    """Requests below ``/api/v1``, as ``user`` or as nobody."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        self.token = access_token(user) if user else None

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.request("DELETE", path, body, **headers)

    def upload(
        self,
        path: str,
        name: str,
        content: bytes,
        *,
        fields: dict[str, Any] | None = None,
        **headers: str,
    ) -> HttpResponse:
        """POST multipart with one ``file`` and further fields."""
        body = {**(fields or {}), "file": SimpleUploadedFile(name, content)}
        return self.client.post(f"/api/v1{path}", body, headers=self._headers(headers))

    def request(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> HttpResponse:
        content = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method,
            f"/api/v1{path}",
            content,
            content_type="application/json",
            headers=self._headers(headers),
        )

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            named.setdefault("Authorization", f"Bearer {self.token}")
        return named
