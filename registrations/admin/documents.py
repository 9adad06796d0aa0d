"""The page of documents: opened, verified, refused with a reason."""

from __future__ import annotations

from functools import partial

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from competition_site.admin import FilePage, ReasonForm, listed, reason_in
from registrations import workflow
from registrations.models import Document

MOST_SAME = 20


@admin.register(Document)
class DocumentPage(FilePage):
    """Proofs to look at and judge; each opening of a file is recorded."""

    actions = ("verify", "refuse")
    action_form = ReasonForm
    list_display = (
        "kind",
        "team_name",
        "competition_title",
        "status",
        "uploaded_at",
        "file_link",
    )
    list_filter = ("status", "kind")
    fields = (
        "registration",
        "competition_title",
        "kind",
        "member",
        "uploaded_by",
        "uploaded_at",
        "status",
        "reason",
        "file_name",
        "file_link",
        "content_type",
        "size",
        "sha256",
        "same_proofs",
    )

    @admin.display(description=_("The same file of other teams"))
    def same_proofs(self, document: Document) -> SafeString:
        """Other teams that handed in the very same file: one transfer pays once."""
        if not document.original_sha256:  # one of before it was kept
            return listed(())
        same = Document.objects.filter(original_sha256=document.original_sha256)
        others = same.exclude(registration=document.registration_id).order_by("id")
        return listed(
            (
                (
                    reverse("admin:registrations_document_change", args=[other.pk]),
                    other,
                    other.competition_title,
                )
                for other in others[:MOST_SAME]
            ),
            '<a href="{}">{}</a>, {}',
        )

    def file_name(self, document: Document) -> str:
        return document.file_name

    def note_opening(self, request: HttpRequest, document: Document) -> None:
        if document.status != Document.Status.PURGED:
            workflow.open_document(document, by=request.user)

    @admin.action(description=_("Verify"), permissions=["act"])
    def verify(self, request: HttpRequest, queryset: QuerySet) -> None:
        verb = partial(workflow.verify_document, by=request.user)
        self.run_on_each(request, queryset, verb, _("Verified: %(count)d."))

    @admin.action(description=_("Refuse, with a reason"), permissions=["act"])
    def refuse(self, request: HttpRequest, queryset: QuerySet) -> None:
        reason = reason_in(request)
        if not reason:
            text = _("Write the reason beside the action: the team is told it.")
            self.message_user(request, text, messages.ERROR)
            return
        verb = partial(workflow.refuse_document, by=request.user, reason=reason)
        self.run_on_each(request, queryset, verb, _("Refused: %(count)d."))
