"""JWTs of a session: HS256 with a key of their own, one previous key still read."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import (
    ExpiredTokenError,
    TokenBackendError,
    TokenBackendExpiredToken,
    TokenError,
)
from rest_framework_simplejwt.tokens import Token

from accounts.models import Session
from competition_site.rules import RuleViolation

CLOCK_SKEW_SECONDS = 2
"""How far the clocks of two servers may be apart: one reads what the other signed."""
_CLAIMS = frozenset({"id", "role", "sid", "ver", "jti", "iat", "exp", "token_type"})


class SigningBackend(TokenBackend):
    """SimpleJWT's backend, reading tokens of the previous signing key as well."""

    def decode(self, token: bytes, verify: bool = True) -> dict[str, Any]:
        try:
            return super().decode(token, verify=verify)
        except TokenBackendExpiredToken:
            raise  # ours, and over: the previous key would only call it foreign
        except TokenBackendError:
            if not settings.JWT_PREVIOUS_SIGNING_KEY:
                raise
        return _backend(settings.JWT_PREVIOUS_SIGNING_KEY, TokenBackend).decode(
            token, verify=verify
        )


@cache
def _backend(key: str, backend_class: type[TokenBackend]) -> TokenBackend:
    return backend_class(
        settings.SIMPLE_JWT["ALGORITHM"], signing_key=key, leeway=CLOCK_SKEW_SECONDS
    )


class SessionToken(Token):
    """A token that belongs to a session; its claims are complete and well-formed."""

    def get_token_backend(self) -> TokenBackend:
        return _backend(settings.JWT_SIGNING_KEY, SigningBackend)

    def verify(self) -> None:
        super().verify()
        if not self.payload.keys() >= _CLAIMS:
            msg = "claims are missing"
            raise TokenError(msg)
        try:
            UUID(self["sid"]), UUID(self["id"])
        except (ValueError, TypeError, AttributeError) as error:
            msg = "claims are malformed"
            raise TokenError(msg) from error

    @property
    def session_id(self) -> UUID:
        return UUID(self["sid"])


class AccessToken(SessionToken):
    token_type = "access"  # noqa: S105 - a name, not a secret
    lifetime = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]


class RefreshToken(SessionToken):
    token_type = "refresh"  # noqa: S105 - a name, not a secret
    lifetime = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]


def read(raw: str | bytes, token_class: type[SessionToken]) -> SessionToken:
    """Verify an encoded token.

    Raises RuleViolation: token_expired, token_invalid.
    """
    encoded = raw.encode("utf-8", "replace") if isinstance(raw, str) else raw
    try:
        return token_class(encoded)  # type: ignore[arg-type]
    except ExpiredTokenError as error:
        raise RuleViolation("token_expired") from error
    except (TokenError, OverflowError) as error:  # a moment beyond all calendars
        raise RuleViolation("token_invalid") from error


def pair(session: Session, *, at: datetime) -> dict[str, Any]:
    """The session's tokens: a new access token, and its one refresh token.

    The refresh token is a function of the row, so every caller that gets the same
    successor gets the same text.
    """
    access = AccessToken()
    access.set_iat(at_time=at)
    access.set_exp(from_time=at)
    refresh = RefreshToken()
    refresh.set_iat(at_time=session.rotated_at)
    refresh.payload["exp"] = int(session.expires_at.timestamp())
    for token, jti in ((access, uuid4().hex), (refresh, session.refresh_jti)):
        token["jti"] = jti
        token["id"] = str(session.user_id)
        token["role"] = session.user.role
        token["sid"] = str(session.pk)
        token["ver"] = session.user.token_version
    return {
        "access": str(access),
        "refresh": str(refresh),
        "access_expires_in": int(AccessToken.lifetime.total_seconds()),
    }
