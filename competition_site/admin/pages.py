"""Plain lists, rows that only the workflow writes, refusals told row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from competition_site.db.orderings import with_key
from competition_site.db.text import begins_with, folded
from competition_site.rules import RuleViolation, Text

BLOCKERS_TOLD = 5


class Page(admin.ModelAdmin):
    """A stock page over one table: newest first, each list one indexed query.

    Nothing is deleted here; rows end by verbs of the workflow. Actions ask for the
    permission ``act``, so that a page may have them without having a form.
    """

    ordering = ("-id",)
    sortable_by = ()
    list_per_page = list_max_show_all = 50
    """All of a page ticked stay below DATA_UPLOAD_MAX_NUMBER_FIELDS."""
    list_select_related = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    filters_by_link: tuple[str, ...] = ()
    """Columns that links from other pages filter by, besides ``list_filter``."""

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the role may run this page's actions: its right to change rows."""
        return super().has_change_permission(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Rows whose search column begins with the term, in the order of that index."""
        if folded(search_term):
            column = self.search_fields[0]
            queryset = queryset.filter(begins_with(column, search_term))
            queryset = queryset.order_by(*with_key(self.model, column))
        return queryset, False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only filters on offer: a column that isn't shown can't be guessed at.

        Stock Django lets a URL filter by any column: ``?password__startswith=…``.
        """
        offered = {f if isinstance(f, str) else f[0] for f in self.list_filter}
        column = lookup.partition("__")[0]
        return column in offered.union(self.filters_by_link) and super().lookup_allowed(
            lookup, value, request
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponseBase:
        """The audit events of a row: they also know what came through the API."""
        of_row = {"object_id": unquote(object_id)}
        return redirect(reverse("admin:accounts_auditevent_changelist", query=of_row))

    def run_on_each(
        self,
        request: HttpRequest,
        rows: QuerySet,
        verb: Callable[[Any], object],
        done: Text,
    ) -> None:
        """Run a verb of the workflow on every row, oldest first.

        Each is a transaction of its own: a refusal is told and holds up no other row.
        ``done`` is a sentence with ``%(count)d``.
        """
        count = 0
        for row in rows.order_by("pk"):
            try:
                verb(row)
            except RuleViolation as violation:
                self.message_user(request, f"{row}: {told(violation)}", messages.ERROR)
            else:
                count += 1
        if count:
            self.message_user(request, done % {"count": count}, messages.SUCCESS)


def told(violation: RuleViolation) -> str:
    """A refusal as one line: its sentence, what is wrong with which field, and the
    first of what stands in the way.
    """
    named = [f"{f}: {text}" for f, texts in violation.errors.items() for text in texts]
    blockers = [b["message"] for b in violation.details.get("blockers", ())]
    more = ["…"] if len(blockers) > BLOCKERS_TOLD else []
    return " ".join([str(violation), *named, *blockers[:BLOCKERS_TOLD], *more])


def listed(lines: Iterable[tuple[object, ...]], line: str = "{}") -> SafeString:
    """Lines below each other, every value escaped; ``line`` is a format for one."""
    return format_html_join(SafeString("<br>"), line, lines) or SafeString("–")


class ReadOnlyPage(Page):
    """Rows that only the workflow writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False
