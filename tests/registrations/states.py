"""A team in each state, brought there by the verbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from competition_site.clock import now
from registrations import workflow
from registrations.models import Competition, Document, Registration
from tests.factories import (
    make_competition,
    make_document,
    make_registration,
    make_staff,
    stored_file,
)

FEE = 150_000
QUESTION = {
    "key": "motto",
    "label": {"en": "Motto", "id": "Semboyan"},
    "type": "text",
}


def one_place(**fields: Any) -> Competition:
    """A competition with a fee, one place, and a waiting list for the others."""
    defaults = {"capacity": 1, "fee": FEE, "waitlist_open": True}
    return make_competition(**defaults | {"questions": [QUESTION]} | fields)


def submitted(competition: Competition | None = None, **fields: Any) -> Registration:
    """A team that has asked for a place, whatever it got."""
    team = make_registration(competition, **fields)
    return workflow.submit(team, by=team.leader, at=now())


def bring_to(state: str, team: Registration) -> Registration:
    """Bring the first draft of a competition of :func:`one_place` to a state."""
    if state in {"waitlisted", "offered"}:
        holder = submitted(team.competition)
    if state != "draft":
        workflow.submit(team, by=team.leader, at=now())
    if state == "offered":
        workflow.withdraw(holder, by=holder.leader, at=now())
    _FURTHER.get(state, lambda _: None)(team)
    team.refresh_from_db()
    assert team.status == state
    return team


def ask_for_changes(team: Registration, **asked: Any) -> None:
    fields = asked or {"fields": {"team_name": "Please leave out the brand."}}
    workflow.request_changes(team, by=make_staff(), at=now(), **fields)


def prove(team: Registration, **fields: Any) -> Document:
    """Hand in a proof of payment."""
    kind = Document.Kind.PAYMENT_PROOF
    return make_document(team, kind=kind, **fields)


def prove_with(team: Registration, content: bytes) -> Document:
    return prove(team, file=stored_file("transfer.pdf", content))


_FURTHER: dict[str, Any] = {
    "changes_requested": ask_for_changes,
    "approved": lambda team: workflow.approve(team, by=make_staff()),
    "rejected": lambda team: workflow.reject(
        team, note="No.", by=make_staff(), at=now()
    ),
    "withdrawn": lambda team: workflow.withdraw(team, by=team.leader, at=now()),
    "expired": lambda team: workflow.expire_unpaid(team, at=now() + timedelta(days=9)),
    "disqualified": lambda team: workflow.disqualify(
        team, note="Cheated.", by=make_staff(), at=now()
    ),
}
