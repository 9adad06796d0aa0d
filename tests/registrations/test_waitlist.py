"""The waiting list: joined when all is taken, offered what becomes free, in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition, Membership, Registration
from registrations.workflow import waitlist
from tests.api import Api
from tests.factories import (
    add_member,
    make_approved,
    make_institution,
    make_registration,
    make_staff,
    make_user,
)
from tests.registrations.states import one_place, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counted")]

HOUR = timedelta(hours=1)


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def statuses(*teams: Registration) -> list[str]:
    for team in teams:
        team.refresh_from_db()
    return [team.status for team in teams]


def withdraw(team: Registration, **fields: Any) -> None:
    workflow.withdraw(team, by=team.leader, **{"at": now()} | fields)


def taken(competition: Competition) -> tuple[int, int]:
    competition.refresh_from_db()
    return competition.seats_taken, competition.waitlist_length


def told(team: Registration) -> list[str]:
    mails = OutboxMessage.objects.filter(recipient=team.leader.email).order_by("id")
    return list(mails.values_list("kind", flat=True))


# --- joining it ---------------------------------------------------------------------
def test_a_team_that_finds_all_places_taken_waits():
    competition = one_place()
    holder, waiting = (submitted(competition) for _ in range(2))
    assert statuses(holder, waiting) == ["submitted", "waitlisted"]
    assert taken(competition) == (1, 1)
    assert (waiting.seat_taken, waiting.payment_status) == (False, "not_required")
    assert waiting.submitted_at == waiting.waitlisted_at
    assert told(waiting) == ["registration_waitlisted"]
    assert AuditEvent.objects.filter(action="registration.waitlisted").count() == 1


def test_without_a_waiting_list_a_full_competition_is_full():
    competition = one_place(waitlist_open=False)
    submitted(competition)
    assert code_of(submitted, competition) == "competition_full"


@pytest.mark.parametrize("column", ["waitlist_closes_at", "starts_at"])
def test_the_list_closes_at_its_date(column: str):
    competition = one_place()
    submitted(competition)
    end = now() + HOUR
    Competition.objects.filter(pk=competition.pk).update(**{column: end})
    late, timely = (make_registration(competition) for _ in range(2))
    assert code_of(workflow.submit, late, by=late.leader, at=end) == "competition_full"
    workflow.submit(timely, by=timely.leader, at=end - timedelta(milliseconds=1))
    assert timely.status == "waitlisted"


def test_creating_with_submit_waits_as_well_and_says_so():
    competition = one_place()
    submitted(competition)
    body = {"competition": competition.slug, "team_name": "Garuda", "submit": True}
    answer = Api(make_user()).post("/registrations", body)
    assert answer.status_code == 201
    detail = answer.json()["data"]
    assert (detail["status"], detail["waitlist_position"]) == ("waitlisted", 1)


def test_nobody_overtakes_those_who_wait():
    """A place is free, but its next taker is too small: a newcomer stands behind."""
    competition = one_place(team_size_min=1)
    holder, small, next_team = (submitted(competition) for _ in range(3))
    Registration.objects.filter(pk=small.pk).update(roster_complete=False)
    Registration.objects.filter(pk=next_team.pk).update(roster_complete=False)
    withdraw(holder)
    assert taken(competition) == (0, 2)
    newcomer = submitted(competition)
    assert newcomer.status == "offered"  # behind them, and the first who can take it
    assert told(newcomer) == ["registration_waitlisted", "place_offered"]
    assert statuses(small, next_team) == ["waitlisted", "waitlisted"]
    assert taken(competition) == (1, 2)
    Registration.objects.filter(status="waitlisted").update(roster_complete=True)


def test_once_the_list_is_closed_a_free_place_goes_to_who_comes():
    competition = one_place()
    holder, waiting = (submitted(competition) for _ in range(2))
    Competition.objects.filter(pk=competition.pk).update(waitlist_closes_at=now())
    withdraw(holder)
    newcomer = submitted(competition)
    assert statuses(waiting, newcomer) == ["waitlisted", "submitted"]


def test_positions_are_those_of_the_order():
    competition = one_place()
    submitted(competition)
    teams = [submitted(competition) for _ in range(3)]
    same = now()
    Registration.objects.filter(status="waitlisted").update(waitlisted_at=same)
    answers = [
        Api(team.leader).get(f"/registrations/{team.pk}").json() for team in teams
    ]
    assert [a["data"]["waitlist_position"] for a in answers] == [1, 2, 3]
    withdraw(teams[0])
    for team in teams:
        team.refresh_from_db()
    assert [waitlist.position(team) for team in teams] == [None, 1, 2]


# --- a place becomes free -----------------------------------------------------------
def reject(team: Registration) -> None:
    workflow.reject(team, note="No.", by=make_staff(), at=now())


def disqualify(team: Registration) -> None:
    workflow.disqualify(team, note="No.", by=make_staff(), at=now())


def run_out(team: Registration) -> None:
    assert workflow.expire_unpaid(team, at=now() + timedelta(days=3))


def set_back(team: Registration) -> None:
    workflow.send_to_waitlist(team, note="Later.", by=make_staff(), at=now())


@pytest.mark.parametrize("frees", [withdraw, reject, disqualify, run_out, set_back])
def test_a_place_that_becomes_free_is_offered_to_the_next(frees: Any):
    competition = one_place()
    holder, first, second = (submitted(competition) for _ in range(3))
    mate = add_member(first)
    before = now()
    frees(holder)
    assert statuses(first, second) == ["offered", "waitlisted"]
    holder.refresh_from_db()
    assert (first.seat_taken, holder.seat_taken) == (True, False)
    assert first.offer_expires_at >= before + timedelta(hours=48)
    assert taken(competition) == (1, 2 if frees is set_back else 1)
    assert told(first)[-1] == "place_offered"
    assert OutboxMessage.objects.filter(recipient=mate.email, kind="place_offered")
    offers = AuditEvent.objects.filter(action="registration.offered")
    assert [event.object_id for event in offers] == [first.pk]


def test_an_offer_ends_with_the_list_at_the_latest():
    competition = one_place()
    holder, waiting = (submitted(competition) for _ in range(2))
    end = now() + HOUR
    Competition.objects.filter(pk=competition.pk).update(waitlist_closes_at=end)
    withdraw(holder)
    waiting.refresh_from_db()
    assert waiting.offer_expires_at == end


def test_a_team_that_cannot_take_the_place_is_passed_over_and_keeps_its_turn():
    campus = make_institution()
    competition = one_place(capacity=2, institution_quota=1)
    holder = submitted(competition, leader=make_user(institution=campus))
    other = submitted(competition)
    compatriot = submitted(competition, leader=make_user(institution=campus))
    behind = submitted(competition)
    withdraw(other)
    assert statuses(compatriot, behind) == ["waitlisted", "offered"]
    withdraw(holder)
    assert statuses(compatriot) == ["offered"]


def test_a_team_set_back_by_staff_is_not_offered_its_own_place():
    competition = one_place()
    holder = submitted(competition)
    set_back(holder)
    holder.refresh_from_db()
    assert (holder.status, holder.note) == ("waitlisted", "Later.")
    assert "Later." in OutboxMessage.objects.get(kind="registration_waitlisted").body
    assert taken(competition) == (0, 1)
    assert workflow.promote_waitlist(competition, at=now() + 47 * HOUR) == 0
    assert workflow.promote_waitlist(competition, at=now() + 49 * HOUR) == 1
    assert statuses(holder) == ["offered"]


def test_more_places_are_offered_by_the_scheduled_promotion():
    competition = one_place()
    teams = [submitted(competition) for _ in range(4)]
    assert list(workflow.due_promotions(now())) == [competition]
    Competition.objects.filter(pk=competition.pk).update(capacity=3)
    assert workflow.promote_waitlist(competition, at=now()) == 2
    assert workflow.promote_waitlist(competition, at=now()) == 0
    assert statuses(*teams) == ["submitted", "offered", "offered", "waitlisted"]
    assert taken(competition) == (3, 1)


def test_a_promotion_offers_no_more_than_a_few_at_once(monkeypatch):
    competition = one_place()
    teams = [submitted(competition) for _ in range(4)]
    Competition.objects.filter(pk=competition.pk).update(capacity=None)
    offered = [
        waitlist.promote(competition.pk, now(), most=2),
        waitlist.promote(competition.pk, now(), most=2),
    ]
    assert offered == [2, 1]
    assert statuses(*teams)[1:] == ["offered"] * 3


def test_nothing_is_promoted_once_the_list_is_closed():
    competition = one_place()
    holder, waiting = (submitted(competition) for _ in range(2))
    Competition.objects.filter(pk=competition.pk).update(waitlist_open=False)
    withdraw(holder)
    assert list(workflow.due_promotions(now())) == []
    assert statuses(waiting) == ["waitlisted"]


# --- the offer ----------------------------------------------------------------------
@pytest.fixture
def offered(db: None) -> Registration:
    """A team that is offered the only place, before another that waits."""
    competition = one_place()
    holder, first, _second = (submitted(competition) for _ in range(3))
    withdraw(holder)
    first.refresh_from_db()
    return first


def accept(team: Registration, **headers: str) -> Any:
    return Api(team.leader).post(f"/registrations/{team.pk}/offer/accept", **headers)


def decline(team: Registration) -> Any:
    return Api(team.leader).post(f"/registrations/{team.pk}/offer/decline")


def test_who_accepts_keeps_the_place_and_is_to_pay(offered: Registration):
    detail = accept(offered).json()["data"]
    assert (detail["status"], detail["waitlist_position"]) == ("submitted", None)
    assert detail["payment"]["status"] == "awaiting"
    assert detail["offer_expires_at"] is None
    assert taken(offered.competition) == (1, 1)
    assert told(offered)[-1] == "offer_accepted"


def test_what_is_to_be_done_about_an_offer(offered: Registration):
    detail = Api(offered.leader).get(f"/registrations/{offered.pk}").json()["data"]
    [step] = detail["next_actions"]
    assert step["code"] == "accept_offer"
    assert step["due_at"] == detail["offer_expires_at"] is not None
    assert step["href"] == f"/api/v1/registrations/{offered.pk}/offer/accept"


def test_who_declines_goes_on_waiting_in_their_turn(offered: Registration):
    since = offered.waitlisted_at
    next_team = Registration.objects.get(status="waitlisted")
    assert decline(offered).json()["data"]["waitlist_position"] == 1
    assert statuses(offered, next_team) == ["waitlisted", "offered"]
    assert offered.waitlisted_at == since
    assert told(offered)[-1] == "offer_declined"
    withdraw(next_team)  # the one who declined isn't asked again at once
    assert statuses(offered) == ["waitlisted"]
    at = now() + 49 * HOUR
    assert workflow.promote_waitlist(offered.competition, at=at) == 1
    assert statuses(offered) == ["offered"]


def test_after_its_end_an_offer_is_over_even_before_anybody_notes_it(
    offered: Registration,
):
    end = now() - timedelta(milliseconds=1)
    Registration.objects.filter(pk=offered.pk).update(offer_expires_at=end)
    for answer in (accept(offered), decline(offered)):
        assert answer.status_code == 409
        assert answer.json()["data"]["code"] == "offer_expired"
    detail = Api(offered.leader).get(f"/registrations/{offered.pk}").json()["data"]
    assert detail["can"]["accept_offer"] == "offer_expired"
    assert detail["next_actions"] == []


def test_an_offer_that_ran_out_goes_to_the_next(offered: Registration):
    competition, end = offered.competition, offered.offer_expires_at
    next_team = Registration.objects.get(status="waitlisted")
    before = end - timedelta(milliseconds=1)
    assert list(workflow.due_offers(before)) == []
    assert not workflow.expire_offer(offered, at=before)
    assert list(workflow.due_offers(end)) == [offered]
    assert workflow.expire_offer(offered, at=end)
    assert not workflow.expire_offer(offered, at=end)
    assert statuses(offered, next_team) == ["expired", "offered"]
    assert taken(competition) == (1, 0)
    assert told(offered)[-1] == "offer_expired"
    assert not Membership.objects.filter(registration=offered, active=True).exists()


def test_an_accepted_offer_does_not_run_out(offered: Registration):
    end = offered.offer_expires_at
    accept(offered)
    assert not workflow.expire_offer(offered, at=end)
    assert statuses(offered) == ["submitted"]


def test_who_has_become_too_small_does_not_get_the_place(offered: Registration):
    Competition.objects.filter(pk=offered.competition_id).update(team_size_min=2)
    answer = accept(offered)
    assert answer.json()["data"]["code"] == "team_too_small"
    [step] = (
        Api(offered.leader)
        .get(f"/registrations/{offered.pk}")
        .json()["data"]["next_actions"]
    )
    assert step["code"] == "team_too_small"
    Competition.objects.filter(pk=offered.competition_id).update(team_size_min=1)


# --- places by other policies -------------------------------------------------------
def test_on_approval_the_offered_place_is_kept_until_approval():
    competition = one_place(seat_policy="on_approval")
    team, other = (submitted(competition) for _ in range(2))
    assert statuses(team, other) == ["submitted", "submitted"]
    set_back(team)
    assert workflow.promote_waitlist(competition, at=now() + 49 * HOUR) == 1
    workflow.accept_offer(team, by=team.leader, at=now())
    assert (team.status, team.payment_status) == ("submitted", "not_required")
    assert taken(competition) == (1, 0)
    assert code_of(workflow.approve, other, by=make_staff()) == "competition_full"
    workflow.approve(team, by=make_staff())
    assert team.payment_status == "awaiting"
    assert taken(competition) == (1, 0)


def test_staff_may_seat_a_team_before_those_that_wait():
    competition = one_place(seat_policy="on_approval")
    first, second = (submitted(competition) for _ in range(2))
    set_back(first)
    workflow.approve(second, by=make_staff())
    assert taken(competition) == (1, 1)


def test_a_rejected_team_that_is_reopened_needs_a_free_place():
    competition = one_place()
    team = submitted(competition)
    reject(team)
    holder = submitted(competition)
    reopen = {"note": "Sorry.", "by": make_staff(), "at": now()}
    assert code_of(workflow.reopen, team, **reopen) == "competition_full"
    withdraw(holder)
    workflow.reopen(team, **reopen)
    assert taken(competition) == (1, 0)


def test_an_approved_team_that_is_reopened_keeps_its_place():
    competition = one_place()
    team = make_approved(make_registration(competition))
    workflow.reopen(team, note="Once more.", by=make_staff(), at=now())
    assert team.status == "submitted"
    assert taken(competition) == (1, 0)
    workflow.approve(team, by=make_staff())
    assert taken(competition) == (1, 0)
