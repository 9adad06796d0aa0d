"""Staff's decisions about teams as actions of the list, each a verb of the workflow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from competition_site.admin import reason_in
from competition_site.clock import now
from competition_site.rules import RuleViolation, Text
from registrations import workflow
from registrations.models import Document, Registration

Teams = QuerySet[Registration]


class ChangesForm(forms.Form):
    """A line for everything that a team may be asked to change: why, or nothing."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea
    )

    def __init__(self, *args: Any, team: Registration, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [*_field_lines(team), *_document_lines(team)]
        for name, label in self.lines:
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=500,
                widget=forms.TextInput(attrs={"size": 60}),
            )

    def asked(self, prefix: str) -> dict[str, str]:
        """What was written in the lines of one kind."""
        written = {name: self.cleaned_data[name] for name, _label in self.lines}
        return {
            name.removeprefix(prefix): why
            for name, why in written.items()
            if why and name.startswith(prefix)
        }


def _field_lines(team: Registration) -> list[tuple[str, Text]]:
    language = "id" if get_language() == "id" else "en"
    questions = team.competition.questions
    answers = [(f"field:answers.{q['key']}", q["label"][language]) for q in questions]
    return [("field:team_name", _("Team name")), *answers]


def _document_lines(team: Registration) -> list[tuple[str, Text]]:
    documents = team.documents.exclude(status=Document.Status.PURGED)
    proof = Document.Kind.PAYMENT_PROOF
    return [
        (f"document:{document.pk}", f"{document}: {document.file_name}")
        for document in documents.exclude(kind=proof).order_by("id")
    ]


class DecisionActions:
    """The verbs of staff; why, where the team is told, is written beside the action."""

    actions = (
        "approve",
        "request_changes",
        "reject",
        "send_to_waitlist",
        "reopen",
        "disqualify",
        "verify_payment",
        "refuse_payment",
        "waive_payment",
    )

    @admin.action(description=_("Approve"), permissions=["act"])
    def approve(self, request: HttpRequest, queryset: Teams) -> None:
        self._decide(request, queryset, workflow.approve, _("Approved: %(count)d."))

    @admin.action(description=_("Reject, with a reason"), permissions=["act"])
    def reject(self, request: HttpRequest, queryset: Teams) -> None:
        done = _("Rejected: %(count)d.")
        self._decide_why(request, queryset, workflow.reject, done)

    @admin.action(
        description=_("Put on the waiting list, with a reason"), permissions=["act"]
    )
    def send_to_waitlist(self, request: HttpRequest, queryset: Teams) -> None:
        done = _("On the waiting list: %(count)d.")
        self._decide_why(request, queryset, workflow.send_to_waitlist, done)

    @admin.action(description=_("Open again, with a reason"), permissions=["act"])
    def reopen(self, request: HttpRequest, queryset: Teams) -> None:
        done = _("Open again: %(count)d.")
        self._decide_why(request, queryset, workflow.reopen, done)

    @admin.action(description=_("Disqualify, with a reason"), permissions=["act"])
    def disqualify(self, request: HttpRequest, queryset: Teams) -> None:
        done = _("Disqualified: %(count)d.")
        self._decide_why(request, queryset, workflow.disqualify, done)

    @admin.action(description=_("Verify the payment"), permissions=["act"])
    def verify_payment(self, request: HttpRequest, queryset: Teams) -> None:
        done = _("Payments verified: %(count)d.")
        self._decide(request, queryset, workflow.verify_payment, done)

    @admin.action(
        description=_("Refuse the proof of payment, with a reason"), permissions=["act"]
    )
    def refuse_payment(self, request: HttpRequest, queryset: Teams) -> None:
        done = _("Proofs refused: %(count)d.")
        verb = workflow.refuse_payment
        self._decide_why(request, queryset, verb, done, name="reason")

    @admin.action(description=_("Waive the payment"), permissions=["act"])
    def waive_payment(self, request: HttpRequest, queryset: Teams) -> None:
        done = _("Payments waived: %(count)d.")
        self._decide(request, queryset, workflow.waive_payment, done)

    def _decide(
        self: Any,
        request: HttpRequest,
        queryset: Teams,
        verb: Callable[..., object],
        done: Text,
        **why: str,
    ) -> None:
        called = partial(verb, by=request.user, at=now(), **why)
        self.run_on_each(request, queryset, called, done)

    def _decide_why(
        self: Any,
        request: HttpRequest,
        queryset: Teams,
        verb: Callable[..., object],
        done: Text,
        *,
        name: str = "note",
    ) -> None:
        reason = reason_in(request)
        if not reason:
            text = _("Write the reason beside the action: the team is told it.")
            self.message_user(request, text, messages.ERROR)
            return
        self._decide(request, queryset, verb, done, **{name: reason})

    @admin.action(description=_("Ask for changes"), permissions=["act"])
    def request_changes(
        self: Any, request: HttpRequest, queryset: Teams
    ) -> TemplateResponse | None:
        teams = list(queryset[:2])
        if len(teams) != 1:
            text = _("Choose one team: each is asked for its own changes.")
            self.message_user(request, text, messages.ERROR)
            return None
        [team] = teams
        written = request.POST if "ask" in request.POST else None
        form = ChangesForm(written, team=team)
        if form.is_valid() and self._ask(request, team, form):
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Ask for changes"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "team": team,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        template = "registrations/request_changes.html"
        return TemplateResponse(request, template, context)

    def _ask(
        self: Any, request: HttpRequest, team: Registration, form: ChangesForm
    ) -> bool:
        """Whether the workflow took it; else its refusal stands in the form."""
        asked = {
            "fields": form.asked("field:"),
            "documents": form.asked("document:"),
            "note": form.cleaned_data["note"],
        }
        try:
            workflow.request_changes(team, by=request.user, at=now(), **asked)
        except RuleViolation as violation:
            form.add_error(None, str(violation))
            return False
        self.message_user(request, _("The team is asked."), messages.SUCCESS)
        return True
