"""Documents, read and judged."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.permissions import IsOrganiser
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import AnyAccept, StrictRequests
from competition_site.files.downloads import download
from registrations import workflow
from registrations.models import Document
from registrations.permissions import IsOwnDocument
from registrations.serializers import documents as serializers
from registrations.shapes import documents as shapes


class DocumentViewSet(StrictRequests, GenericViewSet[Document]):
    permission_classes = (IsOwnDocument,)

    def get_queryset(self) -> QuerySet[Document]:
        return Document.objects.visible_to(self.request.user)

    def destroy(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        self.body(NoBody)
        workflow.delete_document(document, by=request.user, at=request.received_at)
        return Reply(message=_("The document is deleted."))

    @action(
        detail=True,
        methods=["get"],
        content_negotiation_class=AnyAccept,
        permission_classes=[IsAuthenticated],
    )
    def file(self, request: Request, pk: str) -> HttpResponseBase:
        document = self.get_object()
        self.parameters()
        workflow.open_document(document, by=request.user)
        return download(
            key=document.storage_key,
            name=document.file_name,
            content_type=document.content_type,
            size=document.size,
            sha256=document.sha256,
        )

    @action(detail=True, methods=["post"], permission_classes=[IsOrganiser])
    def verify(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        self.body(NoBody)
        workflow.verify_document(document, by=request.user)
        row = shapes.document_row(document, user=request.user)
        return Reply(row, message=_("The document is verified."))

    @action(detail=True, methods=["post"], permission_classes=[IsOrganiser])
    def refuse(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        body = self.body(serializers.ReasonBody)
        workflow.refuse_document(document, by=request.user, **body)
        row = shapes.document_row(document, user=request.user)
        return Reply(row, message=_("The document is refused."))
