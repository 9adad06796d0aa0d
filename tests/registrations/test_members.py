"""Members leave and are removed until the roster locks; the leader hands over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import AuditEvent, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import (
    Competition,
    Document,
    Invitation,
    Membership,
    Registration,
)
from tests.api import Api
from tests.contract.answers import errors_of, refusal
from tests.factories import (
    add_member,
    make_approved,
    make_competition,
    make_document,
    make_registration,
    make_staff,
    make_stage,
    make_submission,
    make_user,
)

pytestmark = pytest.mark.django_db

ENDED = ("rejected", "withdrawn", "expired", "disqualified")


@pytest.fixture
def team(db: None) -> Registration:
    return make_registration()


@pytest.fixture
def mate(team: Registration) -> User:
    return add_member(team)


def remove(team: Registration, member: User, *, by: User, **headers: str) -> Any:
    return Api(by).delete(f"/registrations/{team.pk}/members/{member.pk}", **headers)


def hand_over(team: Registration, to: Any, *, by: User) -> Any:
    path = f"/registrations/{team.pk}/transfer-leadership"
    return Api(by).post(path, {"user_id": str(to)})


def kinds_mailed_to(user: User) -> list[str]:
    mails = OutboxMessage.objects.filter(recipient=user.email).order_by("id")
    return [k for k in mails.values_list("kind", flat=True) if k != "invitation"]


def require_true_roster(team: Registration) -> None:
    """The registration's row says what the memberships say."""
    team.refresh_from_db()
    members = Membership.objects.filter(registration=team, left_at=None)
    roles = {str(m.user_id): m.role for m in members}
    assert roles == {entry["id"]: entry["role"] for entry in team.roster}
    assert len(roles) == team.members_count
    assert [i for i, role in roles.items() if role == "leader"] == [str(team.leader_id)]


def lock(team: Registration) -> None:
    Competition.objects.filter(pk=team.competition_id).update(roster_locks_at=now())


# --- leaving and removing -----------------------------------------------------------
def test_the_leader_removes_a_member(team, mate):
    answer = remove(team, mate, by=team.leader)
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    require_true_roster(team)
    assert team.members_count == 1
    membership = Membership.objects.get(user=mate)
    assert not membership.active
    assert membership.left_at is not None
    assert kinds_mailed_to(mate) == ["member_removed"]
    event = AuditEvent.objects.get(action="registration.member_removed")
    assert (event.actor_id, event.object_id) == (team.leader_id, team.pk)


def test_a_member_leaves(team, mate):
    assert remove(team, mate, by=mate).status_code == 200
    require_true_roster(team)
    assert kinds_mailed_to(team.leader) == ["member_joined", "member_left"]
    assert kinds_mailed_to(mate) == []


def test_who_has_left_sees_neither_the_team_nor_its_work(mate, team):
    stage = make_stage(team.competition)
    make_approved(team)
    submission = make_submission(stage, team)
    paths = [f"/registrations/{team.pk}", f"/submissions/{submission.pk}"]
    assert [Api(mate).get(path).status_code for path in paths] == [200, 200]
    remove(team, mate, by=mate)
    assert [refusal(Api(mate).get(path))[0] for path in paths] == [404, 404]
    for path in ("/registrations", "/submissions"):
        assert Api(mate).get(path).json()["data"]["results"] == []
    assert [Api(team.leader).get(path).status_code for path in paths] == [200, 200]


def test_who_has_left_may_join_another_team_or_come_back(team, mate):
    remove(team, mate, by=mate)
    other = make_registration(team.competition)
    add_member(other, mate)
    remove(other, mate, by=mate)
    add_member(team, mate)
    require_true_roster(team)
    assert Membership.objects.filter(user=mate).count() == 3
    assert [r.pk for r in Registration.objects.visible_to(mate)] == [team.pk]


def test_nobody_removes_another_but_the_leader(team, mate):
    third = add_member(team)
    assert refusal(remove(team, third, by=mate)) == (403, "permission_denied")
    assert refusal(remove(team, team.leader, by=mate)) == (403, "permission_denied")
    assert refusal(remove(team, third, by=make_staff())) == (403, "permission_denied")
    require_true_roster(team)
    assert team.members_count == 3


def test_who_is_no_member_is_not_found(team, mate):
    stranger = make_user()
    make_registration(team.competition, leader=stranger)
    foreign = remove(team, stranger, by=team.leader)
    path = f"/registrations/{team.pk}/members"
    missing = Api(team.leader).delete(f"{path}/{uuid4()}")
    assert refusal(foreign) == (404, "not_found")
    assert foreign.content == missing.content
    for odd in ("abc", "0", str(mate.pk).replace("-", "")):
        assert refusal(Api(team.leader).delete(f"{path}/{odd}"))[0] == 404
    remove(team, mate, by=mate)
    assert refusal(remove(team, mate, by=team.leader))[0] == 404


def test_the_leader_does_not_leave_but_is_told_how(team, mate):
    answer = remove(team, team.leader, by=team.leader)
    assert refusal(answer) == (409, "invalid_transition")
    assert "Hand the team over" in answer.json()["message"]
    require_true_roster(team)


@pytest.mark.parametrize("by", ["leader", "mate"])
def test_the_locked_roster_stays(team, mate, by):
    lock(team)
    actor = team.leader if by == "leader" else mate
    assert refusal(remove(team, mate, by=actor)) == (409, "roster_locked")
    require_true_roster(team)


@pytest.mark.parametrize("status", ENDED)
def test_nobody_leaves_a_team_that_has_ended(team, mate, status):
    Registration.objects.filter(pk=team.pk).update(status=status)
    assert refusal(remove(team, mate, by=mate)) == (409, "invalid_transition")


@pytest.mark.parametrize("status", Registration.ACTIVE)
def test_members_leave_an_active_team(team, mate, status):
    Registration.objects.filter(pk=team.pk).update(status=status)
    assert remove(team, mate, by=mate).status_code == 200
    require_true_roster(team)


def test_the_moment_of_the_lock_decides(team, mate):
    end = team.competition.registration_closes_at
    with pytest.raises(RuleViolation, match="can no longer be changed"):
        workflow.remove_member(team, mate, by=mate, at=end)
    before = end - timedelta(milliseconds=1)
    workflow.remove_member(team, mate, by=mate, at=before)


def test_a_removal_may_ask_for_a_version(team, mate):
    current = Api(mate).get(f"/registrations/{team.pk}")["ETag"]
    stale = remove(team, mate, by=team.leader, If_Match='"1"')
    assert refusal(stale) == (412, "stale_version")
    assert remove(team, mate, by=team.leader, If_Match=current).status_code == 200


def test_what_a_member_handed_in_no_longer_counts():
    competition = make_competition(required_documents=["student_card"])
    team = make_registration(competition)
    mate = add_member(team)
    staff = make_staff()
    workflow.verify_document(make_document(team), by=staff)
    of_mate = make_document(team, by=mate)
    team.refresh_from_db()
    assert not team.documents_complete
    remove(team, mate, by=mate)
    team.refresh_from_db()
    assert team.documents_complete
    assert Document.objects.filter(pk=of_mate.pk, status="uploaded").exists()
    add_member(team, mate)
    assert not team.documents_complete


def test_a_team_that_becomes_too_small_does_not_compete():
    competition = make_competition(team_size_min=2)
    team = make_registration(competition)
    mate = add_member(team)
    make_approved(team)
    team.refresh_from_db()
    assert team.competing
    remove(team, mate, by=mate)
    team.refresh_from_db()
    assert not team.roster_complete
    assert not team.competing


# --- handing over -------------------------------------------------------------------
def test_the_leader_hands_over(team, mate):
    guest = make_user()
    workflow.invite(team, email=guest.email, by=team.leader, at=now())
    leader = team.leader
    answer = hand_over(team, mate.pk, by=leader)
    assert answer.status_code == 200
    assert answer.json()["data"]["leader"]["id"] == str(mate.pk)
    assert answer.json()["data"]["can"]["transfer_leadership"] == "permission_denied"
    require_true_roster(team)
    assert team.leader_id == mate.pk
    assert Invitation.objects.get(email=guest.email).leader_id == mate.pk
    assert kinds_mailed_to(mate) == ["leadership_passed"]
    assert AuditEvent.objects.filter(action="registration.handed_over").count() == 1
    assert refusal(hand_over(team, leader.pk, by=leader))[0] == 403
    assert remove(team, leader, by=leader).status_code == 200


def test_the_lock_does_not_hold_up_a_hand_over(team, mate):
    lock(team)
    assert hand_over(team, mate.pk, by=team.leader).status_code == 200
    require_true_roster(team)


@pytest.mark.parametrize("status", ENDED[1:])
def test_a_team_that_has_ended_keeps_its_leader(team, mate, status):
    Registration.objects.filter(pk=team.pk).update(status=status)
    answer = hand_over(team, mate.pk, by=team.leader)
    assert refusal(answer) == (409, "invalid_transition")


def test_a_rejected_team_may_get_another_leader(team, mate):
    Registration.objects.filter(pk=team.pk).update(status="rejected")
    assert hand_over(team, mate.pk, by=team.leader).status_code == 200


def test_only_a_member_takes_over(team, mate):
    Api(mate).get("/me")
    strangers = [make_user().pk, uuid4(), "abc", team.leader_id]
    for stranger in strangers:
        answer = hand_over(team, stranger, by=team.leader)
        assert list(errors_of(answer)) == ["user_id"]
    User.objects.filter(pk=mate.pk).update(is_active=False)
    answer = hand_over(team, mate.pk, by=team.leader)
    assert errors_of(answer) == {"user_id": ["This account is closed."]}
    require_true_roster(team)


def test_nobody_but_the_leader_hands_over(team, mate):
    assert refusal(hand_over(team, mate.pk, by=mate))[0] == 403
    assert refusal(hand_over(team, mate.pk, by=make_staff()))[0] == 403
    assert refusal(hand_over(team, mate.pk, by=make_user()))[0] == 404


# --- what may be done now -----------------------------------------------------------
def test_can_says_what_the_verbs_would(team, mate):
    def can(user: User) -> dict[str, Any]:
        possible = Api(user).get(f"/registrations/{team.pk}").json()["data"]["can"]
        verbs = ("remove_members", "leave", "transfer_leadership")
        return {verb: possible[verb] for verb in verbs}

    no = "permission_denied"
    assert can(team.leader) == {
        "remove_members": True,
        "leave": "invalid_transition",
        "transfer_leadership": True,
    }
    assert can(mate) == {"remove_members": no, "leave": True, "transfer_leadership": no}
    assert set(can(make_staff()).values()) == {no}
    lock(team)
    assert can(mate)["leave"] == "roster_locked"
    assert can(team.leader)["remove_members"] == "roster_locked"
    assert can(team.leader)["transfer_leadership"] is True
