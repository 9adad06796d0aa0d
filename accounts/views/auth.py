"""Log-in and its kin: tokens, mailed links, passwords, own sessions."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts import serializers, tokens, workflow
from accounts.models import Session, User
from accounts.models.user import normalised_email
from competition_site.api import throttles
from competition_site.api.client import client_address, client_network
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests


def asked_language(request: Request) -> str | None:
    """The language of ``Accept-Language``; None where the client sends none."""
    if "Accept-Language" not in request.headers:
        return None
    return get_language_from_request(request)


class AuthView(StrictRequests, APIView):
    """Log-in and its kin: open to all, never stored under an Idempotency-Key.

    A bearer is not looked at: whoever holds one that has ended must get a new one here.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    idempotent = False

    def opened(self, request: Request, user: User) -> dict[str, Any]:
        """Log ``user`` in on the calling device, and say who they are."""
        return {**self.pair(request, user), "user": serializers.user_brief(user)}

    def pair(self, request: Request, user: User) -> dict[str, Any]:
        """The tokens of a new session on the calling device."""
        session = workflow.open_session(
            user,
            at=request.received_at,
            device=request.headers.get("User-Agent", ""),
            address=client_address(request),
            language=asked_language(request),
        )
        return tokens.pair(session, at=request.received_at)


class RegisterView(AuthView):
    def post(self, request: Request) -> Response:
        throttles.count("register_address", client_network(request))
        body = self.body(serializers.RegisterBody)
        language = asked_language(request) or User.Language.ENGLISH
        user = workflow.register(at=request.received_at, language=language, **body)
        message = _(
            "Welcome! Please confirm your e-mail address by the link we mailed."
        )
        return Reply(self.opened(request, user), message=message, status=201)


class LoginView(AuthView):
    def post(self, request: Request) -> Response:
        network = client_network(request)
        throttles.count("login_address", network)
        body = self.body(serializers.LoginBody)
        account = normalised_email(body["email"])
        throttles.count("login", account, network)
        throttles.count("login_account", account)
        user = workflow.check_credentials(body["email"], body["password"])
        return Reply(self.opened(request, user), message=_("You are logged in."))


class RefreshView(AuthView):
    def post(self, request: Request) -> Response:
        body = self.body(serializers.RefreshBody)
        token = tokens.read(body["refresh"], tokens.RefreshToken)
        session = workflow.rotate(
            token.session_id, jti=token["jti"], ver=token["ver"], at=request.received_at
        )
        pair = tokens.pair(session, at=request.received_at)
        return Reply(pair, message=_("Your session was renewed."))


class LogoutView(AuthView):
    def post(self, request: Request) -> Response:
        body = self.body(serializers.RefreshBody)
        token = tokens.read(body["refresh"], tokens.RefreshToken)
        workflow.log_out(token.session_id, at=request.received_at)
        return Reply(None, message=_("You are logged out."))


class VerifyEmailView(AuthView):
    def post(self, request: Request) -> Response:
        body = self.body(serializers.TokenBody)
        workflow.verify_email(body["token"], at=request.received_at)
        return Reply(None, message=_("Your e-mail address is confirmed."))


class ResendVerificationView(StrictRequests, APIView):
    idempotent = False

    def post(self, request: Request) -> Response:
        self.body(NoBody)
        throttles.count("mail_account", str(request.user.pk))
        workflow.send_verification(request.user, at=request.received_at)
        return Reply(
            None, message=_("If it is still needed, a new link is on its way.")
        )


class ForgotPasswordView(AuthView):
    """Answers alike for every address, known or not."""

    def post(self, request: Request) -> Response:
        body = self.body(serializers.ForgotBody)
        message = _("If the address has an account, a link is on its way.")
        try:
            throttles.count("mail_account", body["email"])
        except Throttled:  # more mails would tell, and so would a refusal
            return Reply(None, message=message)
        workflow.forget_password(body["email"])
        return Reply(None, message=message)


class ResetPasswordView(AuthView):
    def post(self, request: Request) -> Response:
        body = self.body(serializers.ResetBody)
        workflow.reset_password(
            body["token"], body["new_password"], at=request.received_at
        )
        return Reply(None, message=_("Your password is changed. Please log in."))


class ChangePasswordView(AuthView):
    authentication_classes = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    permission_classes = (IsAuthenticated,)

    def post(self, request: Request) -> Response:
        throttles.count("login_account", str(request.user.pk))
        body = self.body(serializers.ChangeBody)
        user = workflow.change_password(request.user, at=request.received_at, **body)
        message = _("Your password is changed; other devices are logged out.")
        return Reply(self.pair(request, user), message=message)


class LogoutAllView(StrictRequests, APIView):
    idempotent = False

    def post(self, request: Request) -> Response:
        self.body(NoBody)
        workflow.end_all_sessions(request.user, by=request.user, at=request.received_at)
        return Reply(None, message=_("You are logged out everywhere."))


class SessionViewSet(StrictRequests, GenericViewSet[Session]):
    """The own log-ins."""

    def get_queryset(self) -> QuerySet[Session]:
        return Session.objects.live(self.request.received_at).filter(
            user=self.request.user
        )

    def list(self, request: Request) -> Response:
        self.parameters(paged=True)
        page = self.paginate_queryset(self.get_queryset())
        rows = [
            serializers.session_row(row, current=row.pk == request.auth.session_id)
            for row in page
        ]
        return self.get_paginated_response(rows)

    def destroy(self, request: Request, pk: str) -> Response:
        session = self.get_object()
        self.body(NoBody)
        workflow.end_session(session, by=request.user, at=request.received_at)
        return Reply(None, message=_("The device is logged out."))
