"""Pages of stored files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from competition_site.admin.pages import ReadOnlyPage
from competition_site.files.downloads import download


class FilePage(ReadOnlyPage):
    """Stored files, each with a link that sends it as an attachment, never inline."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        own = path("<uuid:object_id>/file/", view, name=self._file_url_name)
        return [own, *super().get_urls()]

    @property
    def _file_url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_file"

    @admin.display(description=_("file"))
    def file_link(self, row: Any) -> SafeString:
        href = reverse(f"admin:{self._file_url_name}", args=[row.pk])
        return format_html('<a href="{}">{}</a>', href, _("Download"))

    def file_view(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        row = self.get_queryset(request).filter(pk=object_id).first()
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        self.note_opening(request, row)
        try:
            return download(
                key=row.storage_key,
                name=self.file_name(row),
                content_type=row.content_type,
                size=row.size,
                sha256=row.sha256,
            )
        except FileNotFoundError:
            text = _("This file is missing in the storage.")
            self.message_user(request, text, messages.ERROR)
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return redirect(page, object_id)

    def file_name(self, row: Any) -> str:
        raise NotImplementedError

    def note_opening(self, request: HttpRequest, row: Any) -> None:
        """Called before a file is sent."""
