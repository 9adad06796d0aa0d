"""The one place where a request's bearer token becomes its user."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import tokens
from accounts.models import User
from accounts.tokens import AccessToken, SessionToken
from competition_site.rules import RuleViolation


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>`` of a session that still lives.

    The person is read by key on every request, and that row says all: log-out, a
    changed password, deactivation and a changed role are seen at once.
    """

    def authenticate(self, request: Request) -> tuple[User, SessionToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        scheme, _, raw = header.partition(" ")
        if scheme != "Bearer" or not raw or " " in raw:
            raise RuleViolation("token_invalid")
        token = tokens.read(raw, AccessToken)
        user = _user_of(token)
        request._request.actor_id = str(user.pk)
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _user_of(token: SessionToken) -> User:
    """Raises RuleViolation("token_revoked") where the session or account has ended."""
    try:
        user = User.objects.get(pk=token["id"])
    except User.DoesNotExist:
        raise RuleViolation("token_revoked") from None
    if not user.is_active or user.token_version != token["ver"]:
        raise RuleViolation("token_revoked")
    if user.has_ended(token.session_id):
        raise RuleViolation("token_revoked")
    return user
