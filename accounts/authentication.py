"""The one place where a request's bearer token becomes its user."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import tokens
from accounts.models import Session, User
from accounts.tokens import AccessToken, SessionToken
from competition_site.rules import RuleViolation


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>`` of a session that still lives.

    The session and its user are read in one command on every request: log-out,
    deactivation and a changed role are seen at once.
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
    session = (
        Session.objects.select_related("user")
        .filter(pk=token.session_id, revoked_at=None)
        .first()
    )
    if session is None or str(session.user_id) != token["id"]:
        raise RuleViolation("token_revoked")
    user: User = session.user
    if not user.is_active or user.token_version != token["ver"]:
        raise RuleViolation("token_revoked")
    return user
