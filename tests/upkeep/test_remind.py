"""``remind`` and ``lock_rosters``: the right leaders hear of it, in time, and once."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from competition_site.clock import iso, now
from competition_site.outbox.models import OutboxMessage
from competition_site.upkeep.models import Reminder
from competition_site.upkeep.reminders import Deadline
from registrations import workflow as registrations
from registrations.models import Invitation, Registration
from submissions import workflow as submissions
from submissions.models import Extension
from tests.factories import (
    add_member,
    invitation_token,
    make_approved,
    make_competition,
    make_handed_in,
    make_registration,
    make_staff,
    make_stage,
    make_submission,
    make_user,
)
from tests.races.constraints import without_constraint
from tests.racing import race
from tests.upkeep.commands import report

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))
START = now()


def mails(kind: str) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind=kind).order_by("id"))


def at(hours: float) -> list[str]:
    """The arguments of a run so many hours from now."""
    return ["--at", iso(now() + hours * HOUR)]


def remind(hours: float = 0) -> list[str]:
    """Whom a run reminds."""
    items = report("remind", *at(hours))["remind"]["items"]
    assert not [item for item in items if "error" in item]
    return [item["subject"] for item in items]


def named(*rows: Registration) -> list[str]:
    return [f"registration {row.pk}" for row in rows]


def draft(**fields: Any) -> Registration:
    return make_registration(make_competition(**fields))


def put(registration: Registration, **columns: Any) -> Registration:
    Registration.objects.filter(pk=registration.pk).update(**columns)
    registration.refresh_from_db()
    return registration


def offered(hours: float) -> Registration:
    team = draft(offer_hours=48)
    return put(team, status="offered", offer_expires_at=now() + hours * HOUR)


def unpaid(hours: float, amount: int) -> Registration:
    team = draft(payment_due_hours=48, registration_closes_at=now() + 90 * HOUR)
    registrations.submit(team, by=team.leader, at=now())
    return put(
        team,
        payment_status="awaiting",
        amount_due=amount,
        payment_reference="K7M2-QX4T",
        payment_due_at=now() + hours * HOUR,
    )


# --- when ---------------------------------------------------------------------------
def deadline(start: float, end: float) -> Deadline:
    key = make_user().pk
    return Deadline("x", key, key, START + start * HOUR, START + end * HOUR)


@pytest.mark.parametrize(
    ("start", "end", "first"),
    [
        (-100, 30, 6),  # long ago: 24 hours before
        (0, 40, 20),  # known for less than two days: when half of it is over
        (0, 1, 0.5),
    ],
)
def test_from_when_on_it_is_time(start: float, end: float, first: float) -> None:
    due = deadline(start, end)
    moment = timedelta(milliseconds=1)
    assert not due.is_near(START + first * HOUR - moment)
    assert due.is_near(START + first * HOUR)
    assert due.is_near(due.due_at - moment)
    assert not due.is_near(due.due_at)


# --- who ----------------------------------------------------------------------------
def test_a_draft_is_reminded_of_the_end_of_registration() -> None:
    team = draft(registration_closes_at=now() + 40 * HOUR)
    submitted = make_registration(team.competition)
    registrations.submit(submitted, by=submitted.leader, at=now())
    make_registration()  # of a competition that stays open for days
    archived = draft(registration_closes_at=now() + 40 * HOUR)
    registrations.change_competition(
        archived.competition, by=make_staff(), status="archived"
    )
    assert remind() == []
    assert remind(19) == []
    assert remind(21) == named(team)
    (mail,) = mails("registration_closing")
    assert mail.recipient == team.leader.email
    assert team.team_name in mail.subject
    assert remind(22) == remind(39) == remind(41) == []


def test_an_unpaid_team_is_reminded_of_its_payment() -> None:
    team = unpaid(30, 75_123)
    put(unpaid(30, 75_124), payment_status="proof_submitted")
    put(unpaid(30, 75_125), status="withdrawn")
    assert remind(5) == []
    assert remind(7) == named(team)
    (mail,) = mails("payment_due")
    assert "75123" in mail.body
    assert "K7M2-QX4T" in mail.body
    assert remind(8) == remind(31) == []


def test_an_open_offer_is_reminded_of_its_end() -> None:
    team = offered(30)
    put(offered(30), status="submitted")
    assert remind(5) == []
    assert remind(7) == named(team)
    assert [m.recipient for m in mails("offer_expiring")] == [team.leader.email]
    assert remind(8) == remind(31) == []


def test_a_team_without_work_is_reminded_of_its_stage() -> None:
    stage = make_stage(opens_at=now() - 90 * HOUR, closes_at=now() + 30 * HOUR)
    teams = [make_approved(competition=stage.competition) for _ in range(2)]
    make_submission(stage, teams[1])  # a draft is not handed in
    make_handed_in(stage)
    make_registration(stage.competition)  # doesn't compete
    paused = make_stage(opens_at=now() - 90 * HOUR, closes_at=now() + 30 * HOUR)
    make_approved(competition=paused.competition)
    submissions.change_stage(paused, by=make_staff(), paused=True)
    assert remind(5) == []
    assert sorted(remind(7)) == sorted(named(*teams))
    assert stage.name in mails("stage_closing")[0].subject
    assert remind(8) == []


def test_an_extension_is_a_teams_own_end() -> None:
    stage = make_stage(opens_at=now() - 90 * HOUR, closes_at=now() + 30 * HOUR)
    team = make_approved(competition=stage.competition)
    Extension.objects.create(
        stage=stage,
        registration=team,
        team_name=team.team_name,
        stage_name=stage.name,
        until=now() + 60 * HOUR,
        reason="Power cut",
        granted_by=make_staff(),
    )
    assert remind(7) == remind(29) == []
    assert remind(37) == named(team)
    assert remind(38) == []


def test_a_deadline_that_is_moved_is_another_one() -> None:
    team = offered(20)
    put(team, offer_expires_at=now() + 20 * HOUR)
    assert remind(1) == named(team)
    put(team, offer_expires_at=now() + 60 * HOUR)
    assert remind(2) == []
    assert remind(40) == named(team)
    assert Reminder.objects.count() == 2


def test_the_mail_is_in_the_leaders_language() -> None:
    team = offered(20)
    type(team.leader).objects.filter(pk=team.leader_id).update(language="id")
    remind(1)
    assert [mail.language for mail in mails("offer_expiring")] == ["id"]


def test_how_long_before_is_a_setting(settings: Any) -> None:
    team = offered(20)
    settings.REMIND_BEFORE = 2 * HOUR
    assert remind(17) == []
    assert remind(18.5) == named(team)


def test_a_rehearsal_mails_nobody() -> None:
    offered(20)
    assert report("remind", "--dry-run", *at(1))["remind"]["done"] == 1
    assert not OutboxMessage.objects.exists()
    assert not Reminder.objects.exists()


def mails_by_three_at_once() -> int:
    """How many mails three runs at the same moment write to four teams."""
    OutboxMessage.objects.all().delete()
    Registration.objects.filter(status="offered").update(status="withdrawn")
    teams = [offered(20) for _ in range(4)]
    runs = race(*[partial(report, "remind", *at(1))] * 3)
    assert {told["remind"]["failed"] for told in runs} == {0}
    sent = len(mails("offer_expiring"))
    assert sum(told["remind"]["done"] for told in runs) == sent
    assert sent >= len(teams)
    return sent


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_three_at_once_remind_once(_round: int) -> None:
    assert mails_by_three_at_once() == 4


def test_the_control_without_the_index_reminds_twice() -> None:
    with without_constraint(Reminder, "one_reminder_of_each"):
        assert any(mails_by_three_at_once() > 4 for _ in range(10))


def test_what_is_over_by_then_is_not_told() -> None:
    from registrations.workflow import reminders

    team = offered(20)
    ((_team, due),) = reminders.due_reminders(now() + HOUR)
    put(team, status="submitted")
    assert reminders.remind(team, due) is False
    assert not Reminder.objects.exists()


# --- lock_rosters -------------------------------------------------------------------
def lock(hours: float = 0) -> dict[str, Any]:
    told = report("lock_rosters", *at(hours))["lock_rosters"]
    assert told["failed"] == 0
    return told


def open_invitation(team: Registration) -> Invitation:
    invitation_token(team, make_user().email)
    return Invitation.objects.get(registration=team, status="pending")


def test_open_invitations_end_with_the_lock_and_with_themselves() -> None:
    locked = open_invitation(draft(registration_closes_at=now() + 2 * HOUR))
    ended = open_invitation(make_registration())
    kept = open_invitation(make_registration())
    Invitation.objects.update(expires_at=now() + 90 * HOUR)
    Invitation.objects.filter(pk=ended.pk).update(expires_at=now() + 2 * HOUR)
    assert lock(1)["items"] == []
    told = {item["subject"] for item in lock(3)["items"]}
    assert told == {f"invitation {locked.pk}", f"invitation {ended.pk}"}
    assert lock(3)["done"] == 0
    states = dict(Invitation.objects.values_list("pk", "status"))
    assert states == {
        locked.pk: "expired",
        ended.pk: "expired",
        kept.pk: "pending",
    }


def test_a_lock_that_is_moved_ends_what_the_invitation_would_outlive() -> None:
    team = make_registration()
    invitation = open_invitation(team)
    soon: datetime = now() + 2 * HOUR
    registrations.change_competition(
        team.competition, by=make_staff(), roster_locks_at=soon
    )
    assert lock(3)["items"] == [{"subject": f"invitation {invitation.pk}", "count": 1}]


def test_leaders_of_teams_locked_unfit_are_told_once() -> None:
    competition = make_competition(
        team_size_min=2, team_size_max=3, roster_locks_at=now() + 2 * HOUR
    )
    unfit, fit = make_registration(competition), make_registration(competition)
    add_member(fit)
    gone = put(make_registration(competition), status="withdrawn")
    make_registration(make_competition(team_size_min=2, team_size_max=2))  # not locked
    OutboxMessage.objects.all().delete()
    assert lock(1)["items"] == []
    assert lock(3)["items"] == [{"subject": named(unfit)[0], "count": 1}]
    (mail,) = OutboxMessage.objects.all()
    assert (mail.kind, mail.recipient) == ("roster_unfit", unfit.leader.email)
    assert lock(4)["done"] == 0
    assert gone.status == "withdrawn"


@pytest.mark.parametrize(
    ("hours", "change"),
    [
        (27, {}),  # no news a day later
        (3, {"status": "draft"}),  # with registration closed too, it can't be submitted
        (3, {"roster_complete": True}),
    ],
)
def test_who_has_no_use_for_it_is_not_told(
    hours: float, change: dict[str, Any]
) -> None:
    end = now() + 2 * HOUR
    team = draft(team_size_min=2, team_size_max=3, registration_closes_at=end)
    put(team, **{"status": "submitted", **change})
    assert lock(hours)["items"] == []


def test_three_locks_at_once_tell_once() -> None:
    competition = make_competition(
        team_size_min=2, team_size_max=3, roster_locks_at=now() + 2 * HOUR
    )
    teams = [make_registration(competition) for _ in range(3)]
    for team in teams:
        open_invitation(team)
    OutboxMessage.objects.all().delete()
    run: Callable[[], Any] = partial(report, "lock_rosters", *at(3))
    runs = race(run, run, run)
    assert sum(told["lock_rosters"]["done"] for told in runs) == 2 * len(teams)
    assert {told["lock_rosters"]["failed"] for told in runs} == {0}
    assert len(mails("roster_unfit")) == len(teams)
