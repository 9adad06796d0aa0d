"""Teams, seats and the waiting list against a plain Python model of them.

Whatever people do, in any order and far beyond what is sensible: after each deed the
rows must say what the model says, and a refusal must have its code. Long rehearsals are
drawn at random, the same ones each time; Hypothesis looks for short ones that go wrong,
for long and each time elsewhere with ``make model``.
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies

from accounts.models import User
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import InstitutionQuota, Membership, Registration
from registrations.workflow import leaving, waitlist
from tests.factories import (
    mailed_token,
    make_competition,
    make_institution,
    make_staff,
    make_user,
    stored_file,
)
from tests.registrations import event as model
from tests.registrations.event import Event, Team

AT_LENGTH = "MODEL_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "5"))
SEEDS, LENGTH = 10, 80

BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = 8
_NOTE = {"note": "Because."}
LEADER_VERBS: dict[str, Callable[..., Any]] = {
    "submit": workflow.submit,
    "withdraw": workflow.withdraw,
    "accept": workflow.accept_offer,
    "decline": workflow.decline_offer,
    "prove": lambda row, **by_at: workflow.add_document(
        row, kind="payment_proof", file=stored_file(), **by_at
    ),
}
STAFF_VERBS: dict[str, Callable[..., Any]] = {
    "approve": workflow.approve,
    "reject": partial(workflow.reject, **_NOTE),
    "send_to_waitlist": partial(workflow.send_to_waitlist, **_NOTE),
    "request_changes": partial(workflow.request_changes, fields={"team_name": "No."}),
    "reopen": partial(workflow.reopen, **_NOTE),
    "disqualify": partial(workflow.disqualify, **_NOTE),
    "verify": workflow.verify_payment,
    "refuse": partial(workflow.refuse_payment, reason="Not readable."),
    "waive": workflow.waive_payment,
}
VERBS = LEADER_VERBS | STAFF_VERBS
RARE_FIRST = (
    *("accept", "decline", "verify", "refuse", "prove", "waive", "reopen", "reject"),
    *("send_to_waitlist", "request_changes", "approve", "submit"),
)
"""The verbs after which a team goes on; what ends one is only drawn blindly."""


def moment(hour: int) -> datetime:
    return BEGINNING + timedelta(hours=hour)


class Rehearsal:
    """One competition, eight people of two institutions, and the clock."""

    def __init__(self, rules: dict[str, Any]) -> None:
        self.people = _people()
        self.staff = make_staff()
        self.competition = make_competition(
            capacity=rules["capacity"],
            institution_quota=rules["quota"],
            seat_policy=rules["policy"],
            fee=rules["fee"],
            waitlist_open=rules["waitlist"],
            offer_hours=model.OFFER_HOURS,
            payment_due_hours=model.PAYMENT_HOURS,
            team_size_min=rules["smallest"],
            team_size_max=3,
            registration_opens_at=moment(-24),
            registration_closes_at=moment(model.REGISTRATION_CLOSES),
            starts_at=moment(model.STARTS),
            ends_at=moment(model.ENDS),
        )
        institutions = {
            str(n): str(p.institution_id) for n, p in enumerate(self.people)
        }
        self.event = Event(institutions, **rules, largest=3)
        self.rows: list[Registration] = []

    # what happens

    def enters(self, person: int) -> None:
        def enter() -> None:
            self.rows.append(
                workflow.create(
                    self.competition,
                    leader=self.people[person],
                    team_name=f"Team {len(self.rows)}",
                    at=self.at,
                )
            )

        self.agree_on(self.event.enter(str(person)), enter)

    def enters_and_submits(self, person: int) -> None:
        before = len(self.rows)
        self.enters(person)
        if len(self.rows) > before:
            self.ask(before, "submit")

    def joins(self, team: int, person: int) -> None:
        number = team % len(self.rows)
        row, user = self.rows[number], self.people[person]

        def join() -> None:
            by = self.people[int(self.event.teams[number].leader)]
            workflow.invite(row, email=user.email, by=by, at=self.at)
            token = mailed_token(user.email)
            workflow.accept_invitation(token, by=user, at=self.at)

        self.agree_on(self.event.join(self.event.teams[number], str(person)), join)
        row.invitations.filter(status="pending").update(status="revoked")

    def is_left(self, team: int, member: int) -> None:
        number = team % len(self.rows)
        members = self.event.teams[number].members
        person = members[member % len(members)]
        user = self.people[int(person)]
        self.agree_on(
            self.event.leave(self.event.teams[number], person),
            lambda: workflow.remove_member(
                self.rows[number], user, by=user, at=self.at
            ),
        )

    def is_led_by(self, team: int, member: int) -> None:
        number = team % len(self.rows)
        of_model = self.event.teams[number]
        person = of_model.members[member % len(of_model.members)]
        by = self.people[int(of_model.leader)]
        self.agree_on(
            self.event.hand_over(of_model, person),
            lambda: workflow.hand_over(
                self.rows[number], self.people[int(person)], by=by, at=self.at
            ),
        )

    def is_asked_anything(self, team: int, verb: str) -> None:
        self.ask(team % len(self.rows), verb)

    def does_what_is_possible(self, verb: int, team: int) -> None:
        """One of the verbs that would not be refused now, rare ones first."""
        if possible := self.possible(verb, team):
            self.ask(*possible)

    def ends(self, team: int, verb: str) -> None:
        self.ask(team % len(self.rows), verb)

    def comes_too_late(self, verb: int, team: int, hours: int) -> None:
        """The same, had it been done some hours ago."""
        possible = self.possible(verb, team)
        self.event.now += hours
        if possible:
            self.ask(*possible)

    def time_passes(self, hours: int) -> None:
        self.event.now += hours

    def clock_strikes(self) -> None:
        self.event.tick()
        for due, expire in (
            (leaving.due_drafts, leaving.expire_draft),
            (leaving.due_offers, leaving.expire_offer),
            (leaving.due_unpaid, leaving.expire_unpaid),
        ):
            for row in due(self.at).filter(competition=self.competition).order_by("id"):
                assert expire(row, at=self.at)
        waitlist.promote_waitlist(self.competition, at=self.at)

    def has_one_place_more(self) -> None:
        if self.event.capacity == 5:
            return
        self.event.enlarge()
        workflow.change_competition(
            self.competition, by=self.staff, capacity=self.event.capacity
        )

    # how both are asked

    @property
    def at(self) -> datetime:
        return moment(self.event.now)

    def possible(self, verb: int, team: int) -> tuple[int, str] | None:
        able = {
            name: [t.number for t in self.event.teams if _would_do(self.event, t, name)]
            for name in RARE_FIRST
        }
        names = [name for name in RARE_FIRST if able[name]]
        if not names:
            return None
        name = names[verb % len(names)]
        return able[name][team % len(able[name])], name

    def ask(self, number: int, verb: str) -> None:
        row, team = self.rows[number], self.event.teams[number]
        leader = self.people[int(team.leader)]
        by = self.staff if verb in STAFF_VERBS else leader
        expected = getattr(self.event, verb)(team)
        self.agree_on(expected, lambda: VERBS[verb](row, by=by, at=self.at))

    def agree_on(self, expected: str | None, act: Callable[[], Any]) -> None:
        refused = None
        try:
            act()
        except RuleViolation as violation:
            refused = violation.code
        assert refused == expected

    # what must hold after each deed

    def require_agreement(self) -> None:
        self.rows_say_what_the_model_says()
        self.counters_count()
        self.nobody_has_two_places()

    def rows_say_what_the_model_says(self) -> None:
        rows = Registration.objects.filter(competition=self.competition).order_by("id")
        assert [self._told_by_row(row) for row in rows] == [
            self._told_by_model(team) for team in self.event.teams
        ]

    def _told_by_row(self, row: Registration) -> dict[str, Any]:
        numbers = {str(p.pk): str(n) for n, p in enumerate(self.people)}
        paid = row.payment_status != "not_required"
        return {
            "status": row.status,
            "seat": row.seat_taken,
            "leader": numbers[str(row.leader_id)],
            "members": [numbers[member["id"]] for member in row.roster],
            "count": row.members_count,
            "payment": row.payment_status,
            "due": row.payment_due_at,
            "amount": row.amount_due > self.event.fee if paid else row.amount_due,
            "position": waitlist.position(row),
            "offer": row.offer_expires_at,
        }

    def _told_by_model(self, team: Team) -> dict[str, Any]:
        waits = team.status == "waitlisted"
        ends, due = team.offer_ends, team.payment_due
        return {
            "status": team.status,
            "seat": team.seat,
            "leader": team.leader,
            "members": team.members,
            "count": len(team.members),
            "payment": team.payment,
            "due": None if due is None else moment(due),
            "amount": 0 if team.payment == "not_required" else True,
            "position": self.event.waiting.index(team) + 1 if waits else None,
            "offer": None if ends is None else moment(ends),
        }

    def counters_count(self) -> None:
        self.competition.refresh_from_db()
        assert self.competition.seats_taken == self.event.seats_taken
        assert self.competition.seats_taken <= self.event.capacity
        assert self.competition.waitlist_length == len(self.event.waiting)
        quotas = InstitutionQuota.objects.filter(
            competition=self.competition, seats_taken__gt=0
        )
        assert {str(q.institution_id): q.seats_taken for q in quotas} == Counter(
            team.institution for team in self.event.teams if team.seat
        )

    def nobody_has_two_places(self) -> None:
        active = Membership.objects.filter(competition=self.competition, active=True)
        held = Counter(active.values_list("user", flat=True))
        assert all(places == 1 for places in held.values())
        free = {str(n) for n, p in enumerate(self.people) if not held[p.pk]}
        assert free == {p for p in self.event.institutions if self.event.is_free(p)}


RULES = {
    "capacity": [1, 2],
    "quota": [None, None, 1, 2],
    "policy": ["on_submit", "on_submit", "on_proof", "on_proof", "on_approval"],
    "fee": [0, 75_000],
    "waitlist": [True, True, False],
    "smallest": [1, 2],
}
"""What a competition may be like; what stands twice is drawn as often."""

_ANY, _HOURS = range(10), [1, 4, 10, 20]
DEEDS: list[tuple[Callable[..., None], Sequence[Sequence[Any]]]] = [
    *[(Rehearsal.does_what_is_possible, (_ANY, range(PEOPLE)))] * 6,
    *[(Rehearsal.enters_and_submits, (range(PEOPLE),))] * 2,
    (Rehearsal.enters, (range(PEOPLE),)),
    *[(Rehearsal.joins, (range(PEOPLE), range(PEOPLE)))] * 3,
    (Rehearsal.is_left, (range(PEOPLE), range(3))),
    (Rehearsal.is_led_by, (range(PEOPLE), range(3))),
    (Rehearsal.is_asked_anything, (range(PEOPLE), sorted(VERBS))),
    (Rehearsal.ends, (range(PEOPLE), ["withdraw", "withdraw", "disqualify"])),
    (Rehearsal.comes_too_late, (range(3), range(PEOPLE), [9, 10, 20])),
    (Rehearsal.time_passes, (_HOURS,)),
    (Rehearsal.clock_strikes, ()),
    (Rehearsal.has_one_place_more, ()),
]
"""What may happen, with what each part of it is drawn from."""


def _would_do(event: Event, team: Team, verb: str) -> bool:
    tried = copy.deepcopy(event)
    return getattr(tried, verb)(tried.teams[team.number]) is None


def _people() -> list[User]:
    institutions = [make_institution(), make_institution()]
    return [make_user(institution=institutions[n % 2]) for n in range(PEOPLE)]


def rehearse(rules: dict[str, Any], deeds: Iterable[tuple[Any, ...]]) -> None:
    """Do it all, and compare after each deed."""
    rehearsal = Rehearsal(rules)
    for person in range(3):
        rehearsal.enters_and_submits(person)
    for deed, *numbers in deeds:
        deed(rehearsal, *numbers)
        rehearsal.require_agreement()


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.django_db
def test_a_long_rehearsal_ends_as_the_model_says(seed: int) -> None:
    draw = Random(seed)
    rules = {name: draw.choice(values) for name, values in RULES.items()}
    deeds = [draw.choice(DEEDS) for _deed in range(LENGTH)]
    rehearse(rules, [(deed, *map(draw.choice, drawn)) for deed, drawn in deeds])


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    # Shrinking takes minutes: the long form does it.
    phases=set(Phase) if AT_LENGTH else {Phase.generate},
    derandomize=not AT_LENGTH,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    rules=strategies.fixed_dictionaries(
        {name: strategies.sampled_from(values) for name, values in RULES.items()}
    ),
    deeds=strategies.lists(
        strategies.one_of(
            strategies.tuples(
                strategies.just(deed), *map(strategies.sampled_from, drawn)
            )
            for deed, drawn in DEEDS
        ),
        max_size=LENGTH,
    ),
)
def test_no_deeds_are_found_that_the_model_would_not_have(
    rules: dict[str, Any], deeds: list[tuple[Any, ...]]
) -> None:
    rehearse(rules, deeds)
