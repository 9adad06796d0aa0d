"""GET /me/export: all that is kept about a person, and of others nothing private."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from competition_site.clock import now
from registrations import workflow as registrations
from submissions import workflow as submissions
from submissions.models import Submission
from tests.api import Api
from tests.factories import (
    add_member,
    make_approved,
    make_assignment,
    make_document,
    make_handed_in,
    make_judge,
    make_judged_stage,
    make_registration,
    make_stage,
    make_user,
)

pytestmark = pytest.mark.django_db

PARTS = {
    "exported_at",
    "profile",
    "sessions",
    "mails",
    "acts",
    "registrations",
    "invitations",
    "documents",
    "submissions",
    "judging",
}


def export(user: User) -> dict[str, Any]:
    answer = Api(user).get("/me/export")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    return dict(answer.json()["data"])


def handed_in_by(leader: User) -> Submission:
    stage = make_stage()
    team = make_approved(competition=stage.competition, leader=leader)
    return make_handed_in(stage, registration=team)


def test_everything_about_a_person_is_there(student):
    submission = handed_in_by(student)
    team = submission.registration
    document = make_document(team)
    asking = make_registration()
    invitation = registrations.invite(
        asking, email=student.email, by=asking.leader, at=now()
    )
    told = export(student)
    assert set(told) == PARTS
    assert told["profile"]["email"] == student.email
    assert told["profile"]["student_number"] == student.student_number
    assert [s["device"] for s in told["sessions"]] == ["tests"]
    assert "receipt" in {m["kind"] for m in told["mails"]}
    assert "submission.handed_in" in {act["action"] for act in told["acts"]}
    [place] = told["registrations"]
    assert (place["id"], place["role"]) == (str(team.pk), "leader")
    assert [d["id"] for d in told["documents"]] == [str(document.pk)]
    assert told["documents"][0]["file_name"] == document.file_name
    assert [i["id"] for i in told["invitations"]] == [str(invitation.pk)]
    [work] = told["submissions"]
    assert work["id"] == str(submission.pk)
    assert [v["number"] for v in work["versions"]] == [1]
    assert work["versions"][0]["by_you"]


def test_a_judges_marks_are_theirs_to_take_along():
    stage = make_judged_stage()
    judge = make_judge(stage.competition)
    assignment = make_assignment(make_handed_in(stage), judge)
    criterion = stage.criterion_rows.get()
    submissions.save_review(
        assignment,
        by=judge,
        at=now(),
        scores={str(criterion.pk): 80},
        private_note="weak",
    )
    submissions.declare_conflict(judge=judge, reason="Kin", user=make_user())
    told = export(judge)["judging"]
    assert told["competitions"] == [stage.competition.slug]
    assert [a["id"] for a in told["assignments"]] == [str(assignment.pk)]
    assert told["reviews"][0]["private_note"] == "weak"
    assert [c["reason"] for c in told["conflicts"]] == ["Kin"]


def test_of_others_there_is_nothing(student):
    canaries = {
        "full_name": "Canary Kenari",
        "phone": "+62 4711 0815",
        "student_number": "kenari-number",
    }
    mate = make_user(email="canary@kenari.example", **canaries)
    team = make_registration(leader=student)
    add_member(team, mate)
    make_document(team, by=mate)
    alien = make_handed_in(make_stage())
    told = str(export(student))
    assert [word for word in canaries.values() if word in told] == []
    assert mate.email not in told
    assert str(alien.pk) not in told
    assert Submission.objects.count() == 1


def test_who_left_a_team_takes_only_that_along(student):
    team = make_registration()
    add_member(team, student)
    registrations.remove_member(team, student, by=student, at=now())
    [place] = export(student)["registrations"]
    assert place["left_at"] is not None
    assert place["status"] is None
    assert place["answers"] is None


def test_an_unproven_address_exports_no_invitations():
    pretender = make_user(email_verified=False)
    team = make_registration()
    registrations.invite(team, email=pretender.email, by=team.leader, at=now())
    assert export(pretender)["invitations"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_export_costs_the_same_whatever_it_holds(
    django_assert_num_queries, student, count
):
    for _ in range(count):
        submission = handed_in_by(student)
        make_document(submission.registration)
        team = make_registration()
        registrations.invite(team, email=student.email, by=team.leader, at=now())
    api = Api(student)
    with django_assert_num_queries(13):
        told = api.get("/me/export").json()["data"]
    assert len(told["submissions"]) == len(told["registrations"]) == count
