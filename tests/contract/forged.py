"""Tokens that somebody made up or tampered with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
from django.conf import settings


def claims_of(token: str) -> dict[str, Any]:
    """What a good token says."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def signed(
    claims: dict[str, Any], *, key: str | None = None, alg: str = "HS256"
) -> str:
    """A token with these claims, signed with our key or another one."""
    return jwt.encode(claims, key or settings.JWT_SIGNING_KEY, algorithm=alg)


def unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    """A token that says it needs no signature."""
    parts = ({"alg": alg, "typ": "JWT"}, claims)
    return ".".join(_encoded(json.dumps(part).encode()) for part in parts) + "."


def signed_by_hand(claims: dict[str, Any]) -> str:
    """As :func:`signed`, also for claims that PyJWT itself refuses to sign."""
    head, body, _ = unsigned(claims, "HS256").split(".")
    key = settings.JWT_SIGNING_KEY.encode()
    digest = hmac.new(key, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_encoded(digest)}"


def headed(token: str, **header: Any) -> str:
    """The token under another header; the signature stays."""
    _, body, signature = token.split(".")
    return f"{_encoded(json.dumps(header).encode())}.{body}.{signature}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
