"""Every state, verb and role by the table, and ``can`` says the same beforehand."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest
from django.http import HttpResponse

from competition_site.clock import now
from registrations import workflow
from registrations.models import Registration
from registrations.workflow.possibilities import RULES
from tests.api import Api
from tests.factories import (
    PDF,
    add_member,
    make_admin,
    make_judge,
    make_registration,
    make_staff,
    make_user,
)
from tests.registrations.states import bring_to, one_place, prove
from tests.registrations.table import PAYMENTS, ROLES, STATES, Cell, cells, columns

pytestmark = pytest.mark.django_db

NOTE = {"note": "Because."}
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "edit": ("PATCH", "", {"team_name": "Another name"}),
    "delete": ("DELETE", "", None),
    "submit": ("POST", "/submit", None),
    "withdraw": ("POST", "/withdraw", None),
    "accept_offer": ("POST", "/offer/accept", None),
    "decline_offer": ("POST", "/offer/decline", None),
    "invite": ("POST", "/invitations", {"email": "guest@mail.example"}),
    "remove_members": ("DELETE", "/members/{mate}", None),
    "leave": ("DELETE", "/members/{self}", None),
    "transfer_leadership": ("POST", "/transfer-leadership", None),
    "approve": ("POST", "/approve", None),
    "reject": ("POST", "/reject", NOTE),
    "request_changes": ("POST", "/request-changes", {"fields": {"team_name": "No"}}),
    "waitlist": ("POST", "/waitlist", NOTE),
    "reopen": ("POST", "/reopen", NOTE),
    "disqualify": ("POST", "/disqualify", NOTE),
    "verify_payment": ("POST", "/payment/verify", None),
    "refuse_payment": ("POST", "/payment/refuse", {"reason": "Not readable."}),
    "waive_payment": ("POST", "/payment/waive", None),
}
UPLOADS = {"upload_document": "other", "pay": "payment_proof"}
UNSEEN = "not_found"


class People:
    """One of each role; ``other`` leads another team, ``judge`` judges."""

    def __init__(self) -> None:
        self.leader, self.member, self.other = (make_user() for _ in range(3))
        self.staff, self.admin = make_staff(), make_admin()
        self._clients: dict[str, Api] = {}

    def client(self, role: str) -> Api:
        if role not in self._clients:
            self._clients[role] = Api(getattr(self, role))
        return self._clients[role]

    @cached_property
    def judge(self) -> Any:
        return make_judge(one_place())

    def team(self, **fields: Any) -> Registration:
        """A draft of leader and member."""
        team = make_registration(one_place(**fields), leader=self.leader)
        add_member(team, self.member)
        return team


def ask(people: People, role: str, verb: str, team: Registration) -> HttpResponse:
    path, client = f"/registrations/{team.pk}", people.client(role)
    if verb in UPLOADS:
        fields = {"kind": UPLOADS[verb]}
        return client.upload(f"{path}/documents", "a.pdf", PDF, fields=fields)
    method, suffix, body = REQUESTS[verb]
    mate = people.leader if role == "member" else people.member
    suffix = suffix.format(mate=mate.pk, self=getattr(people, role).pk)
    if verb == "transfer_leadership":
        body = {"user_id": str(mate.pk)}
    return client.request(method, f"{path}{suffix}", body)


def told(client: Api, team: Registration) -> dict[str, Any] | None:
    """What ``can`` tells beforehand; None to those who don't see the team."""
    answer = client.get(f"/registrations/{team.pk}").json()
    return answer["data"]["can"] if answer["success"] else None


def outcome(response: HttpResponse) -> str | None:
    assert response.status_code < 500, response.content
    body = response.json()
    return None if body["success"] else body["data"]["code"]


def require_as_in_table(table: str, state: str, make: Any) -> None:
    people = People()
    team = make(people)
    wanted = sorted(cells(table, state), key=lambda cell: cell.code is None)
    possible = {r: told(people.client(r), team) for r in columns(ROLES)}
    for cell in wanted:  # refusals first: they leave the team as it is
        answer = outcome(ask(people, cell.role, cell.verb, team))
        assert Cell(cell.verb, cell.role, answer) == cell
        require_told(possible[cell.role], cell)
        if answer is None:
            team = make(people)


def require_told(possible: dict[str, Any] | None, cell: Cell) -> None:
    if possible is None:
        assert cell.code in {UNSEEN, "permission_denied"}
    else:
        assert (cell.verb, possible[cell.verb]) == (cell.verb, cell.code or True)


@pytest.mark.parametrize("state", columns(STATES))
def test_each_state_allows_what_the_table_says(state: str):
    require_as_in_table(STATES, state, lambda people: bring_to(state, people.team()))


def in_payment(state: str, people: People) -> Registration:
    team = people.team(fee=0 if state == "not_required" else 150_000)
    workflow.submit(team, by=people.leader, at=now())
    if state in {"proof_submitted", "verified"}:
        prove(team)
    if state == "verified":
        workflow.verify_payment(team, by=people.staff, at=now())
    if state == "waived":
        workflow.waive_payment(team, by=people.staff, at=now())
    if state == "expired":
        assert workflow.expire_unpaid(team, at=now() + timedelta(days=9))
    team.refresh_from_db()
    assert team.payment_status == state
    return team


@pytest.mark.parametrize("state", columns(PAYMENTS))
def test_each_payment_allows_what_the_table_says(state: str):
    require_as_in_table(PAYMENTS, state, lambda people: in_payment(state, people))


def test_the_tables_leave_nothing_out():
    assert set(columns(STATES)) == set(Registration.Status.values)
    assert set(columns(PAYMENTS)) == set(Registration.PaymentStatus.values)
    assert {cell.verb for cell in cells(STATES, "draft")} == set(RULES)
    assert set(RULES) == REQUESTS.keys() | UPLOADS.keys()
