"""The page of results: what was computed, what stands in its way, and its release."""

from __future__ import annotations

from functools import partial

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from competition_site.admin import ReadOnlyPage, ReasonForm, listed, reason_in
from submissions import workflow
from submissions.models import ResultSnapshot

DECIDED_BY = {
    "score": _("score"),
    "earlier_submission": _("earlier submission"),
    "tie": _("a tie"),
}


@admin.register(ResultSnapshot)
class ResultSnapshotPage(ReadOnlyPage):
    """Numbered results; stages compute them, admins release them."""

    actions = ("release", "withdraw")
    action_form = ReasonForm
    list_display = (
        "stage_name",
        "competition",
        "number",
        "status",
        "is_clear",
        "computed_at",
        "released_at",
    )
    list_filter = ("competition",)
    fields = (
        "competition",
        "stage",
        "number",
        "status",
        "reason",
        "computed_at",
        "released_at",
        "blocker_list",
        "ranking",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResultSnapshot]:
        """The competitions of a page in one further query."""
        return super().get_queryset(request).prefetch_related("competition")

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Admins only: what is released is public."""
        return request.user.has_perm("submissions.release_resultsnapshot")

    @admin.display(boolean=True, description=_("nothing in its way"))
    def is_clear(self, snapshot: ResultSnapshot) -> bool:
        return not snapshot.blockers

    @admin.display(description=_("in the way of a release"))
    def blocker_list(self, snapshot: ResultSnapshot) -> SafeString:
        return listed((blocker["message"],) for blocker in snapshot.blockers)

    @admin.display(description=_("ranking"))
    def ranking(self, snapshot: ResultSnapshot) -> SafeString:
        heads = (_("rank"), _("team"), _("institution"), _("score"), _("decided by"))
        lines = (
            (
                row["rank"],
                row["team_name"],
                row["institution"] or "–",
                row["score"],
                DECIDED_BY.get(row["decided_by"], row["decided_by"]),
            )
            for row in snapshot.rows
        )
        return format_html(
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
            format_html_join("", "<th>{}</th>", ((head,) for head in heads)),
            format_html_join("", f"<tr>{'<td>{}</td>' * len(heads)}</tr>", lines),
        )

    @admin.action(description=_("Release"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[ResultSnapshot]) -> None:
        verb = partial(workflow.release, by=request.user, at=request.received_at)
        self.run_on_each(request, queryset, verb, _("Released: %(count)d."))

    @admin.action(description=_("Withdraw, with a reason"), permissions=["release"])
    def withdraw(
        self, request: HttpRequest, queryset: QuerySet[ResultSnapshot]
    ) -> None:
        if not (reason := reason_in(request)):
            text = _("Write the reason beside the action.")
            self.message_user(request, text, messages.ERROR)
            return
        verb = partial(workflow.withdraw, by=request.user, reason=reason)
        self.run_on_each(request, queryset, verb, _("Withdrawn: %(count)d."))
