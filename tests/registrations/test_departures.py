"""What becomes of teams when a member or leader closes their account."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage

from accounts.models import User
from accounts.workflow.closing import NAME
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow
from registrations.models import (
    Competition,
    Document,
    Invitation,
    Membership,
    Registration,
)
from submissions import workflow as submissions
from submissions.models import Assignment, JudgeAppointment, Submission
from tests.api import Api
from tests.factories import (
    PASSWORD,
    add_member,
    make_approved,
    make_assignment,
    make_competition,
    make_document,
    make_handed_in,
    make_judge,
    make_judged_stage,
    make_registration,
    make_staff,
    make_stage,
    make_user,
)
from tests.registrations.test_members import require_true_roster

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db: None) -> Registration:
    return make_registration()


def close(user: User) -> None:
    answer = Api(user).delete("/me", {"password": PASSWORD})
    assert answer.status_code == 200, answer.content


def lock(team: Registration) -> None:
    Competition.objects.filter(pk=team.competition_id).update(roster_locks_at=now())


def end(team: Registration) -> None:
    Competition.objects.filter(pk=team.competition_id).update(
        roster_locks_at=now(), ends_at=now()
    )


def names_of(team: Registration) -> list[str]:
    team.refresh_from_db()
    return [member["full_name"] for member in team.roster]


def test_a_member_leaves_while_the_roster_is_open(team):
    mate = add_member(team)
    close(mate)
    require_true_roster(team)
    assert names_of(team) == [team.leader.full_name]
    assert Membership.objects.get(user=mate).left_at is not None
    mails = OutboxMessage.objects.filter(kind="member_left")
    assert [m.recipient for m in mails] == [team.leader.email]


def test_on_a_locked_roster_a_member_stays_without_a_name(team):
    mate = add_member(team)
    lock(team)
    close(mate)
    require_true_roster(team)
    assert names_of(team) == [team.leader.full_name, NAME]
    shown = Api(team.leader).get(f"/registrations/{team.pk}").json()["data"]["members"]
    assert {tuple(member) for member in shown} == {
        ("id", "full_name", "role", "institution", "joined_at")
    }


def test_a_leader_is_succeeded_and_leaves(team):
    leader, mate = team.leader, add_member(team)
    close(leader)
    require_true_roster(team)
    assert team.leader_id == mate.pk
    assert names_of(team) == [mate.full_name]
    mails = OutboxMessage.objects.filter(recipient=mate.email).order_by("id")
    assert [m.kind for m in mails] == ["invitation", "leadership_passed", "member_left"]


def test_a_leader_alone_takes_the_team_along(team):
    close(team.leader)
    team.refresh_from_db()
    assert team.status == "withdrawn"
    assert names_of(team) == [NAME]


def test_what_a_team_did_stays_once_the_competition_is_over(staff):
    submission = make_handed_in(make_stage())
    team = submission.registration
    end(team)
    close(team.leader)
    team.refresh_from_db()
    assert (team.status, names_of(team)) == ("approved", [NAME])
    assert team.competing
    assert Submission.objects.get().status == "submitted"
    answer = Api(staff).get(f"/submissions/{submission.pk}").json()["data"]
    assert [v["number"] for v in answer["versions"]] == [1]


@pytest.mark.parametrize("status", ["rejected", "withdrawn", "expired", "disqualified"])
def test_teams_that_have_ended_name_nobody_who_closed_their_account(team, status):
    mate = add_member(team)
    Registration.objects.filter(pk=team.pk).update(status=status)
    close(mate)
    assert names_of(team) == [team.leader.full_name, NAME]


def test_personal_documents_are_purged_files_and_all():
    team = make_registration()
    mate = add_member(team)
    card = make_document(team, by=mate)
    of_leader = make_document(team)
    proof = make_document(team, by=mate, kind="other")
    close(mate)
    card.refresh_from_db()
    assert (card.status, card.file_name) == ("purged", "")
    assert not default_storage.exists(card.storage_key)
    kept = Document.objects.exclude(pk=card.pk)
    assert set(kept.values_list("pk", flat=True)) == {of_leader.pk, proof.pk}
    assert all(default_storage.exists(row.storage_key) for row in kept)
    assert Api(make_staff()).get(f"/documents/{card.pk}/file").status_code == 404


def test_a_card_that_is_purged_costs_the_team_nothing():
    competition = make_competition(required_documents=["student_card"])
    team = make_registration(competition)
    mate = add_member(team)
    staff = make_staff()
    own, others = make_document(team), make_document(team, by=mate)
    make_approved(team)
    workflow.verify_document(others, by=staff)
    lock(team)
    close(mate)
    workflow.verify_document(own, by=staff)
    team.refresh_from_db()
    assert team.documents_complete
    assert team.competing


def test_a_name_like_that_of_a_closed_account_proves_nothing():
    competition = make_competition(required_documents=["student_card"])
    team = make_registration(competition, leader=make_user(full_name=NAME))
    make_document(team, kind="other")
    answer = Api(team.leader).post(f"/registrations/{team.pk}/submit")
    assert answer.json()["data"]["code"] == "documents_missing"


def test_invitations_to_the_address_are_declined_and_forgotten(team):
    guest = make_user()
    sent = workflow.invite(team, email=guest.email, by=team.leader, at=now())
    close(guest)
    sent.refresh_from_db()
    assert sent.status == "declined"
    assert sent.email.endswith("@closed.invalid")
    assert workflow.invite(team, email=guest.email, by=team.leader, at=now())


def test_an_address_that_nobody_proved_keeps_its_invitation(team):
    pretender = make_user(email_verified=False)
    sent = workflow.invite(team, email=pretender.email, by=team.leader, at=now())
    close(pretender)
    sent.refresh_from_db()
    assert (sent.status, sent.email) == ("pending", pretender.email)


def test_the_token_of_an_invitation_outlives_no_account(team):
    mate = add_member(team)
    accepted = Invitation.objects.get()
    close(mate)
    accepted.refresh_from_db()
    assert accepted.status == "accepted"
    assert mate.email not in accepted.email


def test_a_judge_gives_back_what_is_not_marked_and_is_named_no_more():
    stage = make_judged_stage()
    judge = make_judge(stage.competition)
    marked = make_assignment(make_handed_in(stage), judge)
    waiting = make_assignment(make_handed_in(stage), judge)
    marks = {str(stage.criterion_rows.get().pk): 80}
    submissions.save_review(marked, by=judge, at=now(), scores=marks, final=True)
    close(judge)
    statuses = dict(Assignment.objects.values_list("pk", "status"))
    assert statuses == {marked.pk: "final", waiting.pk: "declined"}
    assert set(Assignment.objects.values_list("judge_name", flat=True)) == {NAME}
    assert JudgeAppointment.objects.get().full_name == NAME
