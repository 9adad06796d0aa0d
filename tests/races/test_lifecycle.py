"""Teams that come, go, wait and pay at the same moment."""

from __future__ import annotations

import random
import time
from functools import partial

from accounts.models import Institution
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.upkeep.checks import checks
from registrations import workflow
from registrations.models import Competition, InstitutionQuota, Registration
from tests.factories import (
    make_competition,
    make_document,
    make_institution,
    make_registration,
    make_staff,
    make_user,
)
from tests.races.crowd import (
    ROUNDS,
    Ask,
    Crowd,
    Reply,
    can_be_lost,
    made_together,
    outcomes,
)
from tests.racing import race
from tests.servers import Server

IMPOSSIBLE = "409 invalid_transition"


def _drafts(competition: Competition, count: int) -> list[Registration]:
    institution = make_institution()

    def make() -> Registration:
        return make_registration(competition, leader=make_user(institution=institution))

    return made_together([make] * count)


def _submit(team: Registration) -> Registration:
    return workflow.submit(team, by=team.leader, at=now())


def _verb(team: Registration, verb: str) -> Ask:
    return Ask(f"/registrations/{team.pk}/{verb}", by=team.leader)


def drifted() -> list[str]:
    """Counters that don't say what the registrations do."""
    found = [f for name in ("seats", "quotas") for f in checks()[name]()]
    return [f"{f.subject}: {f.says}, not {f.should}" for f in found]


# --- two staff decide about one payment ----------------------------------------------
STAFF = 16


def all_decide(crowd: Crowd) -> tuple[Registration, list[Reply]]:
    team = _submit(make_registration(make_competition(fee=50_000)))
    make_document(team, kind="payment_proof")
    path, reason = f"/registrations/{team.pk}/payment", {"reason": "Unreadable."}
    people = [make_staff() for _ in range(STAFF)]
    asks = [Ask(f"{path}/verify", by=person) for person in people[::2]]
    asks += [Ask(f"{path}/refuse", reason, by=person) for person in people[1::2]]
    return team, crowd.ask(asks)


def _decisions(team: Registration) -> int:
    kinds = ["payment_verified", "payment_refused"]
    mails = OutboxMessage.objects.filter(kind__in=kinds)
    return mails.filter(recipient=team.leader.email).count()


def test_staff_decide_once_about_a_payment(server: Server) -> None:
    crowd = Crowd(server.url, f"{STAFF} staff verify or refuse one payment")
    for _ in range(ROUNDS):
        team, replies = all_decide(crowd)
        assert outcomes(replies) == {("200", 1), (IMPOSSIBLE, STAFF - 1)}
        assert _decisions(team) == 1
        [proof] = team.documents.all()
        team.refresh_from_db()
        states = (team.payment_status, proof.status)
        assert states in {("verified", "verified"), ("awaiting", "refused")}
    crowd.require_healthy()


def test_control_check_then_act_decides_twice(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: payments")
    assert can_be_lost(lambda: _decisions(all_decide(crowd)[0]) > 1)


# --- an offer is accepted while it runs out ------------------------------------------
ACCEPTING, EXPIRING = 12, 4
AHEAD = 0.12


def accept_at_its_end(
    crowd: Crowd, expiring: int = EXPIRING
) -> tuple[Registration, Registration, list[Reply], list[bool]]:
    """The team, the next one, what the leader was answered, whether it ran out."""
    competition = make_competition(capacity=1, waitlist_open=True)
    holder, team, next_team = (
        _submit(make_registration(competition)) for _ in range(3)
    )
    workflow.withdraw(holder, by=holder.leader, at=now())
    team.refresh_from_db()
    accepting = [_verb(team, "offer/accept")] * ACCEPTING

    def expire(copy: Registration) -> bool:
        time.sleep(random.uniform(0, AHEAD))  # requests are longer on their way
        return workflow.expire_offer(copy, at=team.offer_expires_at)

    copies = [Registration.objects.get(pk=team.pk) for _ in range(expiring)]
    replies, *ran_out = race(
        partial(crowd.ask, accepting), *(partial(expire, copy) for copy in copies)
    )
    if isinstance(replies, Exception):
        raise replies
    for row in (team, next_team):
        row.refresh_from_db()
    return team, next_team, replies, ran_out


def test_an_offer_is_accepted_or_runs_out(server: Server) -> None:
    crowd = Crowd(server.url, f"{ACCEPTING} x accept and {EXPIRING} x the offer's end")
    for _ in range(ROUNDS):
        team, next_team, replies, ends = accept_at_its_end(crowd)
        ran_out = any(ends)
        assert ends.count(True) == ran_out
        expected = {(IMPOSSIBLE, ACCEPTING)}
        if not ran_out:
            expected = {("200", 1), (IMPOSSIBLE, ACCEPTING - 1)}
        assert outcomes(replies) == expected
        statuses = (team.status, next_team.status)
        assert statuses == (
            ("expired", "offered") if ran_out else ("submitted", "waitlisted")
        )
        assert (team.seat_taken, next_team.seat_taken) == (not ran_out, ran_out)
        assert drifted() == []
    crowd.require_healthy()


def test_control_check_then_act_gives_the_place_twice(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: offers")

    def is_lost() -> bool:
        team, next_team, _replies, _ran_out = accept_at_its_end(crowd, expiring=1)
        return team.status == "submitted" and next_team.status == "offered"

    assert can_be_lost(is_lost)


# --- some leave while others come ----------------------------------------------------
PLACES, COMING = 5, 11


def come_and_go(crowd: Crowd) -> tuple[Competition, list[Reply]]:
    """All who hold a place leave while twice as many, and one, ask for one."""
    competition = make_competition(capacity=PLACES, waitlist_open=True)
    holders = made_together(
        partial(_submit, team) for team in _drafts(competition, PLACES)
    )
    coming = _drafts(competition, COMING)
    asks = [
        *(_verb(team, "withdraw") for team in holders),
        *(_verb(team, "submit") for team in coming),
    ]
    replies = crowd.ask(asks)
    competition.refresh_from_db()
    return competition, replies


def _seated(competition: Competition) -> int:
    return Registration.objects.filter(competition=competition, seat_taken=True).count()


def test_what_some_leave_others_are_offered(server: Server) -> None:
    crowd = Crowd(server.url, f"{PLACES} teams leave while {COMING} come")
    for _ in range(ROUNDS):
        competition, replies = come_and_go(crowd)
        assert outcomes(replies) == {("200", PLACES + COMING)}
        assert _seated(competition) == competition.seats_taken == PLACES
        assert competition.waitlist_length == COMING - PLACES
        assert workflow.promote_waitlist(competition, at=now()) == 0
        assert drifted() == []
    crowd.require_healthy()


def test_control_check_then_act_loses_count(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: come and go")

    def loses_count() -> bool:
        competition, _replies = come_and_go(crowd)
        return bool(drifted()) or _seated(competition) != PLACES

    assert can_be_lost(loses_count)


# --- the last places of an institution -----------------------------------------------
TEAMS, QUOTA = 20, 5


def all_of_one_campus(
    crowd: Crowd, campus: Institution, *, counted: bool = False
) -> tuple[Competition, list[Reply]]:
    """``counted``: the institution has its row of places before anybody comes."""
    competition = make_competition(institution_quota=QUOTA)
    if counted:
        of_campus = {"competition": competition, "institution_id": campus.pk}
        InstitutionQuota.objects.create(**of_campus)
    makers = [
        partial(make_registration, competition, leader=make_user(institution=campus))
        for _ in range(TEAMS)
    ]
    teams = made_together(makers)
    return competition, crowd.ask(_verb(team, "submit") for team in teams)


def _places_of(campus: Institution) -> int:
    return InstitutionQuota.objects.get(institution_id=campus.pk).seats_taken


def test_an_institution_gets_its_quota_exactly(server: Server) -> None:
    crowd = Crowd(server.url, f"{TEAMS} teams of a campus for {QUOTA} places")
    for _ in range(ROUNDS):
        campus = make_institution()
        competition, replies = all_of_one_campus(crowd, campus)
        full = ("409 institution_quota_full", TEAMS - QUOTA)
        assert outcomes(replies) == {("200", QUOTA), full}
        assert _places_of(campus) == _seated(competition) == QUOTA
        assert drifted() == []
    crowd.require_healthy()


def test_control_check_then_act_exceeds_the_quota(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: quota")

    def exceeds() -> bool:
        # Without a transaction, those who make the first row spoil the round.
        campus = make_institution()
        all_of_one_campus(crowd, campus, counted=True)
        return _places_of(campus) > QUOTA

    assert can_be_lost(exceeds)
