"""The own account, other people's, and institutions."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts import serializers, workflow
from accounts.export import exported
from accounts.models import Institution, User
from accounts.models.user import normalised_email
from accounts.permissions import OrganisersReadAdminsWrite
from competition_site.api import throttles
from competition_site.api.conditional import PublicReads, expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.views import StrictRequests
from competition_site.db.text import begins_with


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

    def delete(self, request: Request) -> Response:
        throttles.count("login_account", str(request.user.pk))
        version = expected_version(request, request.user)
        body = self.body(serializers.ClosingBody)
        workflow.close_account(
            request.user, at=request.received_at, if_version=version, **body
        )
        message = _("Your account is closed and your personal data is erased.")
        return Reply(None, message=message)


class ExportView(StrictRequests, APIView):
    """Everything that is kept about the caller."""

    def get(self, request: Request) -> Response:
        self.parameters()
        profile = serializers.exported_profile(request.user)
        return Reply(
            {
                "exported_at": request.received_at,
                "profile": profile,
                **exported(request.user),
            }
        )


class InstitutionListView(PublicReads, StrictRequests, GenericAPIView):
    permission_classes = (IsAuthenticatedOrReadOnly,)
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

    def post(self, request: Request) -> Response:
        body = self.body(serializers.InstitutionBody)
        row = workflow.propose_institution(body["name"], by=request.user)
        message = _("Thank you, the institution is added.")
        return Reply(serializers.institution(row), message=message, status=201)


class UserViewSet(StrictRequests, GenericViewSet[User]):
    permission_classes = (OrganisersReadAdminsWrite,)
    queryset = User.objects.all()
    filters = serializers.UserFilters

    def list(self, request: Request) -> Response:
        asked = self.parameters(paged=True)
        search = asked.pop("search", None)
        queryset = User.objects.filter(**asked)
        if search:
            queryset = queryset.filter(begins_with("email", normalised_email(search)))
            self.orderings = ("email",)  # as the index has what is found
        page = self.paginate_queryset(queryset)
        return self.get_paginated_response([serializers.user_row(row) for row in page])

    def retrieve(self, request: Request, pk: str) -> Response:
        user = self.get_object()
        self.parameters()
        return with_version(Reply(serializers.user_row(user)), user)

    def partial_update(self, request: Request, pk: str) -> Response:
        user = self.get_object()
        version = expected_version(request, user)
        body = self.body(serializers.UserChanges)
        if "role" in body:
            workflow.set_role(user, body["role"], by=request.user, if_version=version)
        else:
            workflow.set_active(
                user,
                body["is_active"],
                by=request.user,
                at=request.received_at,
                if_version=version,
            )
        reply = Reply(serializers.user_row(user), message=_("The account is saved."))
        return with_version(reply, user)
