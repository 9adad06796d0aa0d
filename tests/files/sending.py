"""Sends uploads byte by byte, as browsers do and as they would never."""

from __future__ import annotations

from typing import Any

BOUNDARY = "b0undary"
DOCUMENT = b'Content-Disposition: form-data; name="file"; filename="a.pdf"'


def part(head: bytes, content: bytes = b"", *, boundary: str = BOUNDARY) -> bytes:
    return b"--" + boundary.encode() + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def text(name: str, value: str) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"'
    return part(head.encode(), value.encode())


def file(content: bytes, *, name: bytes = b"a.pdf", field: bytes = b"file") -> bytes:
    head = b'Content-Disposition: form-data; name="%s"; filename="%s"'
    return part(head % (field, name) + b"\r\nContent-Type: text/html", content)


def form(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    return b"".join(parts) + b"--" + boundary.encode() + b"--\r\n"


def send(
    api: Any,
    path: str,
    body: bytes,
    *,
    content_type: str = f"multipart/form-data; boundary={BOUNDARY}",
    **headers: str,
) -> Any:
    """POST a body as it is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.client.generic(
        "POST",
        f"/api/v1{path}",
        body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {api.token}", **named},
    )
