"""A team leaves, and its work ends with it: withdrawn, or void."""

from __future__ import annotations

from functools import partial

import pytest

from accounts.models import AuditEvent, User
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations.workflow.leaving import disqualify, withdraw
from submissions import receipts, workflow
from submissions.models import Extension, Submission, SubmissionVersion
from tests.api import Api
from tests.factories import (
    PDF,
    make_approved,
    make_handed_in,
    make_registration,
    make_stage,
    make_submission,
    stored_file,
)
from tests.racing import race

pytestmark = pytest.mark.django_db


def ending(work: Submission, how: str, staff: User):
    team = work.registration
    if how == "void":
        return partial(disqualify, team, note="Cheated.", by=staff, at=now())
    return partial(withdraw, team, by=team.leader, at=now())


@pytest.mark.parametrize("how", ["withdrawn", "void"])
def test_all_work_of_the_team_ends_and_nobody_elses(staff: User, how: str):
    work = make_handed_in(make_stage())
    competition = work.stage.competition
    draft = make_submission(make_stage(competition), work.registration)
    others = make_handed_in(work.stage)
    ending(work, how, staff)()
    statuses = dict(Submission.objects.values_list("pk", "status"))
    assert statuses == {work.pk: how, draft.pk: how, others.pk: "submitted"}
    events = AuditEvent.objects.filter(action=f"submission.{how}")
    assert {event.object_id for event in events} == {work.pk, draft.pk}
    version = SubmissionVersion.objects.get(submission=work)
    assert receipts.is_valid(version)


@pytest.mark.parametrize(
    ("how", "change", "submit"),
    [
        ("withdrawn", "permission_denied", "permission_denied"),  # members no longer
        ("void", "invalid_transition", "not_competing"),
    ],
)
def test_the_team_still_reads_it_and_changes_nothing(how, change, submit, staff: User):
    work = make_handed_in(make_stage())
    student = Api(work.registration.leader)
    ending(work, how, staff)()
    path = f"/submissions/{work.pk}"
    shown = student.get(path).json()["data"]
    assert shown["status"] == how
    assert shown["can"] == {"edit": change, "submit": submit}
    assert shown["next_actions"] == []
    file = work.files.get()
    refused = [
        student.patch(path, {"title": "New"}),
        student.upload(f"{path}/files", "a.pdf", PDF),
        student.delete(f"/submission-files/{file.pk}"),
        student.post(f"{path}/submit"),
    ]
    codes = [r.json()["data"]["code"] for r in refused]
    assert codes == [change, change, change, submit]
    assert work.versions.count() == 1


def _edit(work: Submission):
    leader = work.registration.leader
    return workflow.edit(work, by=leader, at=now(), title="New")


def _add_file(work: Submission):
    leader = work.registration.leader
    return workflow.add_file(work, file=stored_file(), by=leader, at=now())


def _hand_in(work: Submission):
    return workflow.hand_in(work, by=work.registration.leader, at=now())


@pytest.mark.parametrize("act", [_edit, _add_file, _hand_in])
def test_work_while_the_team_leaves_is_before_it_or_refused(
    transactional_db, staff: User, act
):
    work = make_handed_in(make_stage())
    _, did = race(ending(work, "withdrawn", staff), partial(act, work))
    row = Submission.objects.get()
    assert row.status == "withdrawn"
    if isinstance(did, Exception):
        assert isinstance(did, RuleViolation)
        assert did.code in {"invalid_transition", "not_competing"}
        assert (row.title, row.files_count, row.version_number) == ("Our work", 1, 1)
    for late in (_edit, _add_file, _hand_in):
        with pytest.raises(RuleViolation):
            late(work)


def test_a_first_draft_while_the_team_leaves_ends_with_it(transactional_db):
    stage = make_stage()
    team = make_approved(competition=stage.competition)
    leader = team.leader
    _, begun = race(
        partial(withdraw, team, by=leader, at=now()),
        partial(workflow.create, team, stage, by=leader, at=now(), title="Ours"),
    )
    if isinstance(begun, Submission):
        assert Submission.objects.get().status == "withdrawn"
    else:
        assert isinstance(begun, RuleViolation)
        assert begun.code == "not_competing"
        assert not Submission.objects.exists()


def test_neither_a_draft_nor_who_has_left_gets_more_time(staff: User):
    work = make_handed_in(make_stage())
    stage, team = work.stage, work.registration
    ending(work, "withdrawn", staff)()
    until = stage.closes_at.replace(year=stage.closes_at.year + 1)
    for nobody in (team, make_registration(stage.competition)):
        with pytest.raises(RuleViolation) as refusal:
            workflow.extend(stage, nobody, until=until, reason="Ill.", by=staff)
        assert refusal.value.code == "not_competing"
    assert not Extension.objects.exists()
