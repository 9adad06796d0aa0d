"""More time for one team: who gave it, why and until when; and what it opens again."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import AuditEvent, User
from competition_site.clock import iso, now, told
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations.models import Registration
from submissions import workflow
from submissions.models import Extension, Stage, Submission, SubmissionVersion
from submissions.workflow.deadlines import last_end
from tests.api import Api
from tests.factories import (
    PDF,
    add_member,
    make_approved,
    make_competition,
    make_registration,
    make_staff,
    make_stage,
    make_submission,
    stored_file,
)
from tests.racing import race

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def stage() -> Stage:
    """Closed a minute ago."""
    at = now()
    return make_stage(opens_at=at - HOUR, closes_at=at - timedelta(minutes=1))


@pytest.fixture
def team(stage: Stage) -> Registration:
    return make_approved(competition=stage.competition)


def path(stage: Stage, team: Registration) -> str:
    return f"/stages/{stage.pk}/extensions/{team.pk}"


def body(until, reason: str = "The power was out.") -> dict[str, str]:
    return {"until": iso(until), "reason": reason}


def begin(stage: Stage, team: Registration):
    work = workflow.create(
        team, stage, by=team.leader, at=stage.opens_at, title="Our work"
    )
    workflow.add_file(work, file=stored_file(), by=team.leader, at=stage.opens_at)
    return work


def test_it_opens_a_closed_stage_for_this_team(stage, team, staff: User):
    work = begin(stage, team)
    student, other = Api(team.leader), make_approved(competition=stage.competition)
    others_work = begin(stage, other)
    submit = f"/submissions/{work.pk}/submit"
    refused = student.post(submit)
    assert refused.json()["data"] == {"code": "stage_closed", "errors": {}}
    assert told(stage.closes_at) in refused.json()["message"]
    until = now() + HOUR
    answer = Api(staff).request("PUT", path(stage, team), body(until))
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    assert told(until) in answer.json()["message"]
    detail = student.get(f"/submissions/{work.pk}").json()["data"]
    assert detail["can"] == {"edit": True, "submit": True}
    assert detail["next_actions"][0]["due_at"] == iso(until)
    assert student.post(submit).json()["data"]["late"] is False
    late = Api(other.leader).post(f"/submissions/{others_work.pk}/submit")
    assert late.json()["data"]["code"] == "stage_closed"


def test_its_shape(stage, team, staff: User):
    until = now() + HOUR
    answer = Api(staff).request("PUT", path(stage, team), body(until))
    shown = answer.json()["data"]
    row = Extension.objects.get()
    assert shown == {
        "id": str(row.pk),
        "stage": {"id": str(stage.pk), "name": "Proposal"},
        "registration": {"id": str(team.pk), "team_name": team.team_name},
        "until": iso(until),
        "reason": "The power was out.",
        "granted_by": {"id": str(staff.pk), "full_name": staff.full_name},
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "version": 1,
    }


def test_a_second_one_changes_the_first(stage, team, staff: User):
    api = Api(staff)
    first, second = now() + HOUR, now() + 2 * HOUR
    api.request("PUT", path(stage, team), body(first))
    answer = api.request("PUT", path(stage, team), body(second, "Still out."))
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    row = Extension.objects.get()
    assert (row.until, row.reason) == (second, "Still out.")
    granted, changed = AuditEvent.objects.filter(action__startswith="extension.")
    if granted.action == "extension.changed":
        granted, changed = changed, granted
    assert dict(granted.changes)["until"] == iso(first)
    assert dict(changed.changes) == {
        "stage": str(stage.pk),
        "registration": str(team.pk),
        "until": f"{iso(first)} → {iso(second)}",
        "reason": "Still out.",
    }
    assert changed.actor == staff


@pytest.mark.parametrize("header", ['"1"', "*"])
def test_nothing_is_there_to_match(stage, team, staff: User, header: str):
    answer = Api(staff).request(
        "PUT", path(stage, team), body(now() + HOUR), If_Match=header
    )
    assert answer.status_code == 412
    assert not Extension.objects.exists()


def test_a_stale_change_is_refused(stage, team, staff: User):
    api = Api(staff)
    for hours in (1, 2):
        api.request("PUT", path(stage, team), body(now() + hours * HOUR))
    sent = body(now() + 3 * HOUR)
    assert (
        api.request("PUT", path(stage, team), sent, If_Match='"1"').status_code == 412
    )
    assert (
        api.request("PUT", path(stage, team), sent, If_Match='"2"').status_code == 200
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"granted_by": str(uuid4())}, "granted_by"),
        ({"late": True}, "late"),
    ],
)
def test_what_it_refuses(stage, team, change: dict, field: str):
    sent = body(now() + HOUR) | change
    answer = Api(make_staff()).request("PUT", path(stage, team), sent)
    assert answer.status_code == 400
    assert list(answer.json()["data"]["errors"]) == [field]
    assert not Extension.objects.exists()
    assert not OutboxMessage.objects.filter(kind="extension").exists()


def test_the_end_of_the_stage_itself_is_no_extension(stage, team, staff: User):
    answer = Api(staff).request("PUT", path(stage, team), body(stage.closes_at))
    assert list(answer.json()["data"]["errors"]) == ["until"]


def test_crossed_ids_are_not_found(stage, team, staff: User):
    elsewhere = make_registration(make_competition())
    api = Api(staff)
    for asked in (
        path(stage, elsewhere),
        path(make_stage(), team),
        f"/stages/{uuid4()}/extensions/{team.pk}",
        f"/stages/{stage.pk}/extensions/{uuid4()}",
        f"/stages/{stage.pk}/extensions/abc",
        f"/stages/0/extensions/{team.pk}",
    ):
        answer = api.request("PUT", asked, body(now() + HOUR))
        assert answer.status_code == 404, asked
        assert answer.json()["data"] == {"code": "not_found", "errors": {}}
    assert not Extension.objects.exists()


def test_every_member_hears_of_it(stage, staff: User):
    draft = make_registration(stage.competition)
    mate = add_member(draft)
    team = make_approved(draft)
    until = now() + HOUR
    workflow.extend(stage, team, until=until, reason="Out, <b>again</b>.", by=staff)
    mails = OutboxMessage.objects.filter(kind="extension")
    assert {mail.recipient for mail in mails} == {team.leader.email, mate.email}
    for mail in mails:
        assert told(until) in mail.body
        assert "Out, <b>again</b>." in mail.body
        assert "<b>" not in mail.html


def test_two_at_once_are_one(stage, team, transactional_db, staff: User):
    ends = [now() + hours * HOUR for hours in (1, 2, 3, 4)]

    def give(until):
        return lambda: workflow.extend(
            stage, team, until=until, reason="Ill.", by=staff
        )

    answers = race(*map(give, ends))
    assert not [a for a in answers if isinstance(a, Exception)]
    assert sum(is_new for _, is_new in answers) == 1
    row = Extension.objects.get()
    assert row.version == len(ends)
    assert row.until in ends


@pytest.fixture
def flagging(transactional_db) -> Submission:
    """Work for a stage that closed a second ago and takes late work."""
    at = now()
    stage = make_stage(
        closes_at=at - timedelta(seconds=1),
        opens_at=at - HOUR,
        late_policy="flag",
        late_until=at + HOUR,
    )
    return begin(stage, make_approved(competition=stage.competition))


def handing_in(work: Submission):
    by = work.registration.leader
    return lambda: workflow.hand_in(work, by=by, at=now())


def test_work_and_an_extension_at_once_are_one_after_the_other(flagging, staff: User):
    """Either order will do; the version says what was true of it."""
    team, until = flagging.registration, now() + HOUR

    def extend():
        return workflow.extend(
            flagging.stage, team, until=until, reason="Ill.", by=staff
        )

    _, taken = race(extend, handing_in(flagging))
    flagging.refresh_from_db()
    row = SubmissionVersion.objects.get()
    assert row.late == flagging.late == taken.late
    assert handing_in(flagging)().late is False


def test_work_and_a_pause_at_once_are_one_after_the_other(flagging, staff: User):
    def pause():
        return workflow.change_stage(flagging.stage, by=staff, paused=True)

    _, taken = race(pause, handing_in(flagging))
    if isinstance(taken, RuleViolation):
        assert taken.code == "stage_paused"
        assert not SubmissionVersion.objects.exists()
    else:
        assert SubmissionVersion.objects.get().late is True
    with pytest.raises(RuleViolation) as refusal:
        handing_in(flagging)()
    assert refusal.value.code == "stage_paused"


def test_results_wait_for_the_longest_extension(stage, team, staff: User):
    assert last_end(stage) == stage.closes_at
    until = now() + HOUR
    workflow.extend(stage, team, until=until, reason="Ill.", by=staff)
    other = make_approved(competition=stage.competition)
    workflow.extend(stage, other, until=until - HOUR / 2, reason="Ill.", by=staff)
    assert last_end(stage) == until


def test_a_paused_stage_stays_paused_for_those_with_more_time(stage, staff: User):
    open_stage = make_stage(stage.competition)
    work = make_submission(open_stage)
    team, leader = work.registration, work.registration.leader
    until = open_stage.closes_at + HOUR
    workflow.extend(open_stage, team, until=until, reason="Ill.", by=staff)
    workflow.change_stage(open_stage, by=staff, paused=True)
    student = Api(leader)
    detail = student.get(f"/submissions/{work.pk}")
    assert detail.status_code == 200
    assert detail.json()["data"]["can"] == {
        "edit": "stage_paused",
        "submit": "stage_paused",
    }
    codes = [
        student.patch(f"/submissions/{work.pk}", {"title": "New"}),
        student.upload(f"/submissions/{work.pk}/files", "a.pdf", PDF),
        student.post(f"/submissions/{work.pk}/submit"),
    ]
    assert [c.json()["data"]["code"] for c in codes] == ["stage_paused"] * 3
    assert Api().get(f"/stages/{open_stage.pk}").json()["data"]["paused"] is True
