"""The API of accounts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import serializers, tokens, workflow
from accounts.models import Institution, User
from accounts.models.user import normalised_email
from competition_site.api import throttles
from competition_site.api.client import client_address
from competition_site.api.conditional import PublicReads, expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests


class AuthView(StrictRequests, APIView):
    """Log-in and its kin: open to all, never stored under an Idempotency-Key.

    A bearer is not looked at: whoever holds one that has ended must get a new one here.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    idempotent = False

    def opened(self, request: Request, user: User) -> dict[str, Any]:
        """Log ``user`` in on the calling device."""
        session = workflow.open_session(
            user,
            at=request.received_at,
            device=request.headers.get("User-Agent", ""),
            address=client_address(request),
        )
        pair = tokens.pair(session, at=request.received_at)
        return {**pair, "user": serializers.user_brief(user)}


class RegisterView(AuthView):
    def post(self, request: Request) -> Response:
        throttles.count("register_address", client_address(request))
        body = self.body(serializers.RegisterBody)
        user = workflow.register(at=request.received_at, **body)
        message = _(
            "Welcome! Please confirm your e-mail address by the link we mailed."
        )
        return Reply(self.opened(request, user), message=message, status=201)


class LoginView(AuthView):
    def post(self, request: Request) -> Response:
        address = client_address(request)
        throttles.count("login_address", address)
        body = self.body(serializers.LoginBody)
        account = normalised_email(body["email"])
        throttles.count("login", account, address)
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
        return Reply(pair, message=_("You stay logged in."))


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


class MeView(StrictRequests, APIView):
    def get(self, request: Request) -> Response:
        self.parameters()
        return with_version(Reply(serializers.me(request.user)), request.user)

    def patch(self, request: Request) -> Response:
        version = expected_version(request, request.user)
        body = self.body(serializers.ProfileBody, partial=True)
        user = workflow.change_profile(request.user, if_version=version, **body)
        reply = Reply(serializers.me(user), message=_("Your profile is saved."))
        return with_version(reply, user)


class InstitutionListView(PublicReads, StrictRequests, GenericAPIView):
    permission_classes = (AllowAny,)
    filters = serializers.InstitutionFilters
    orderings = ("name_key",)

    def get_queryset(self) -> QuerySet[Institution]:
        search = self.parameters(paged=True).get("search", "")
        return (
            Institution.objects.named_like(search)
            if search
            else Institution.objects.all()
        )

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(
            [serializers.institution(row) for row in page]
        )
