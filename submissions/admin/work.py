"""The pages of what teams hand in: works, versions, files."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from competition_site.admin import FilePage, ReadOnlyPage, listed
from submissions import receipts
from submissions.models import Submission, SubmissionFile, SubmissionVersion


@admin.register(Submission)
class SubmissionPage(ReadOnlyPage):
    """What teams work on; the files are those of the working copy."""

    list_display = (
        "title",
        "team_name",
        "stage_name",
        "status",
        "version_number",
        "late",
        "submitted_at",
    )
    list_filter = ("status", "late", "competition")
    fields = (
        "registration",
        "competition",
        "stage",
        "title",
        "summary",
        "link_url",
        "file_list",
        "status",
        "version_list",
        "late",
        "created_at",
        "submitted_at",
    )

    @admin.display(description=_("files"))
    def file_list(self, submission: Submission) -> SafeString:
        return linked_files(
            (str(file.pk), file.name, file.size)
            for file in submission.files.current().order_by("id")
        )

    @admin.display(description=_("versions handed in"))
    def version_list(self, submission: Submission) -> SafeString:
        page = "admin:submissions_submissionversion_change"
        versions = submission.versions.order_by("number")
        return listed(
            ((reverse(page, args=[v.pk]), v.number, v.code) for v in versions),
            '<a href="{}">{}</a>: {}',
        )


def linked_files(files: Iterable[tuple[str, str, int]]) -> SafeString:
    """Files, each a link that sends it."""
    page = "admin:submissions_submissionfile_file"
    return listed(
        (
            (reverse(page, args=[pk]), name, filesizeformat(size))
            for pk, name, size in files
        ),
        '<a href="{}">{}</a>, {}',
    )


@admin.register(SubmissionVersion)
class SubmissionVersionPage(ReadOnlyPage):
    """What was handed in, frozen; the receipt is checked each time it is shown."""

    list_display = ("title", "stage_name", "number", "code", "late", "submitted_at")
    list_filter = ("late",)
    search_fields = ("code",)
    search_help_text = _("The receipt's code.")
    fields = (
        "submission",
        "stage_name",
        "number",
        "title",
        "summary",
        "link_url",
        "file_list",
        "submitted_by",
        "submitted_at",
        "late",
        "code",
        "receipt_is_valid",
    )

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[SubmissionVersion],
        search_term: str,
    ) -> tuple[QuerySet[SubmissionVersion], bool]:
        """The version of a receipt's code, in whatever case it is typed."""
        if code := search_term.strip().upper():
            queryset = queryset.filter(code=code)
        return queryset, False

    @admin.display(description=_("files"))
    def file_list(self, version: SubmissionVersion) -> SafeString:
        return linked_files((f["id"], f["name"], f["size"]) for f in version.files)

    @admin.display(boolean=True, description=_("receipt is valid"))
    def receipt_is_valid(self, version: SubmissionVersion) -> bool:
        return receipts.is_valid(version)


@admin.register(SubmissionFile)
class SubmissionFilePage(FilePage):
    """Every stored file of every team."""

    list_display = ("name", "content_type", "size", "created_at", "frozen", "file_link")
    fields = (
        "registration",
        "submission",
        "name",
        "file_link",
        "content_type",
        "size",
        "sha256",
        "frozen",
        "created_at",
        "removed_at",
    )

    def file_name(self, file: SubmissionFile) -> str:
        return file.name
