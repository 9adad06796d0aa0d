"""The same thing asked twice: by an impatient client, or by two of the staff."""

from __future__ import annotations

from functools import partial

from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow as registrations
from registrations.models import Registration
from submissions import workflow as submissions
from submissions.models import Submission, SubmissionVersion
from tests.factories import (
    make_approved,
    make_competition,
    make_registration,
    make_staff,
    make_stage,
    make_submission,
    make_user,
    stored_file,
)
from tests.races.constraints import without_constraint
from tests.races.crowd import ROUNDS, Ask, Crowd, Reply, can_be_lost, outcomes
from tests.servers import Server

CLICKS = 16
BUSY = "409 request_in_progress"


def _begun() -> Submission:
    submission = make_submission()
    leader = submission.registration.leader
    submissions.add_file(submission, file=stored_file(), by=leader, at=now())
    return submission


def all_hand_in(crowd: Crowd, key: str) -> tuple[Submission, list[Reply], Ask]:
    submission = _begun()
    path = f"/submissions/{submission.pk}/submit"
    ask = Ask(path, by=submission.registration.leader, key=key)
    return submission, crowd.ask([ask] * CLICKS), ask


def test_one_key_hands_in_one_version(server: Server) -> None:
    crowd = Crowd(server.url, f"{CLICKS} x the same keyed hand-in")
    for number in range(ROUNDS):
        submission, replies, ask = all_hand_in(crowd, key=f"click-{number}")
        assert {reply.outcome for reply in replies} <= {"200", BUSY}
        waits = [r.response.headers["Retry-After"] for r in replies if r.status == 409]
        assert all(int(seconds) >= 1 for seconds in waits)
        [version] = SubmissionVersion.objects.filter(submission=submission)
        last = ask.send(server.url)
        assert last.response.headers["Idempotency-Replayed"] == "true"
        answered = [reply for reply in [*replies, last] if reply.status == 200]
        assert {r.body["receipt"]["code"] for r in answered} == {version.code}
        recipient = submission.registration.leader.email
        mails = OutboxMessage.objects.filter(kind="receipt", recipient=recipient)
        assert mails.count() == 1
    crowd.require_healthy()


def test_control_without_keys_every_click_counts(keyless: Server) -> None:
    crowd = Crowd(keyless.url, "control: keyed hand-in")
    submission, _, _ = all_hand_in(crowd, key="click")
    assert SubmissionVersion.objects.filter(submission=submission).count() == CLICKS


def all_register_one_team(crowd: Crowd, key: str) -> tuple[partial, list[Reply]]:
    body = {"competition": make_competition().slug, "team_name": "Elang"}
    leader = make_user()
    ask = Ask("/registrations", body, leader, key=key)
    return partial(Registration.objects.filter, leader=leader), crowd.ask(
        [ask] * CLICKS
    )


def test_one_key_registers_one_team(server: Server) -> None:
    crowd = Crowd(server.url, f"{CLICKS} x the same keyed registration")
    for number in range(ROUNDS):
        rows, replies = all_register_one_team(crowd, key=f"click-{number}")
        assert {reply.outcome for reply in replies} <= {"201", BUSY}
        [row] = rows()
        made = [reply.body["id"] for reply in replies if reply.status == 201]
        assert set(made) == {str(row.pk)}
    crowd.require_healthy()


def test_control_without_keys_the_client_is_told_off(keyless: Server) -> None:
    crowd = Crowd(keyless.url, "control: keyed registration")
    _, replies = all_register_one_team(crowd, key="click")
    told_off = {"409 already_registered", "409 team_name_taken"}
    assert told_off & {reply.outcome for reply in replies}


def all_begin_one_work(crowd: Crowd) -> tuple[partial, list[Reply]]:
    team = make_approved()
    stage = make_stage(team.competition)
    body = {"registration": str(team.pk), "stage": str(stage.pk), "title": "Work"}
    asks = [Ask("/submissions", body, team.leader, f"key-{n}") for n in range(CLICKS)]
    return partial(Submission.objects.filter, registration=team), crowd.ask(asks)


def test_a_team_begins_one_work_for_a_stage(server: Server) -> None:
    crowd = Crowd(server.url, f"{CLICKS} works for one stage, each with its key")
    for _ in range(ROUNDS):
        rows, replies = all_begin_one_work(crowd)
        expected = {("201", 1), ("409 already_exists", CLICKS - 1)}
        assert outcomes(replies) == expected
        [row] = rows()
        assert {reply.body["id"] for reply in replies} == {str(row.pk)}
    crowd.require_healthy()


def test_control_without_the_constraint_it_begins_many(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: works for one stage")
    with without_constraint(Submission, "one_submission_per_stage"):
        assert can_be_lost(lambda: all_begin_one_work(crowd)[0]().count() > 1)


def all_approve_one_team(crowd: Crowd) -> tuple[Registration, list[Reply]]:
    team = make_registration()
    registrations.submit(team, by=team.leader, at=now())
    path = f"/registrations/{team.pk}/approve"
    return team, crowd.ask([Ask(path, by=make_staff()) for _ in range(2)])


def _approvals(team: Registration) -> int:
    mails = OutboxMessage.objects.filter(kind="registration_approved")
    return mails.filter(recipient=team.leader.email).count()


def test_two_staff_approve_a_team_once(server: Server) -> None:
    crowd = Crowd(server.url, "2 staff approve one team")
    for _ in range(ROUNDS * 4):
        team, replies = all_approve_one_team(crowd)
        assert outcomes(replies) == {("200", 1), ("409 invalid_transition", 1)}
        assert _approvals(team) == 1
    crowd.require_healthy()


def test_control_check_then_act_approves_twice(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: approvals")
    assert can_be_lost(lambda: _approvals(all_approve_one_team(crowd)[0]) == 2)
