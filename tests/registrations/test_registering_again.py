"""Who withdrew or ran out of time may come back, with the same people and name."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from competition_site.clock import now
from registrations import workflow
from registrations.models import Competition, Invitation, Membership, Registration
from tests.api import Api
from tests.contract.answers import refusal
from tests.factories import (
    add_member,
    mailed_token,
    make_competition,
    make_registration,
    make_staff,
    make_user,
)
from tests.registrations.test_members import require_true_roster

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition(db: None) -> Competition:
    return make_competition(capacity=1)


@pytest.fixture
def team(competition: Competition) -> Registration:
    return make_registration(competition, team_name="Elang")


@pytest.fixture
def mate(team: Registration) -> User:
    return add_member(team)


def withdraw(team: Registration) -> None:
    answer = Api(team.leader).post(f"/registrations/{team.pk}/withdraw")
    assert answer.status_code == 200, answer.content


def register(leader: User, competition: Competition, name: str = "ELANG") -> Any:
    body = {"competition": competition.slug, "team_name": name}
    return Api(leader).post("/registrations", body)


def invite(leader: User, pk: str, guest: User) -> Any:
    path = f"/registrations/{pk}/invitations"
    return Api(leader).post(path, {"email": guest.email})


def test_the_same_people_come_back_under_the_same_name(competition, team, mate):
    withdraw(team)
    answer = register(team.leader, competition)
    assert answer.status_code == 201
    pk = answer.json()["data"]["id"]
    assert invite(team.leader, pk, mate).status_code == 201
    token = mailed_token(mate.email)
    assert Api(mate).post("/invitations/accept", {"token": token}).status_code == 200
    again = Registration.objects.get(pk=pk)
    require_true_roster(again)
    assert again.members_count == 2
    assert Membership.objects.filter(user=mate, active=True).count() == 1
    assert Api(team.leader).post(f"/registrations/{pk}/submit").status_code == 200
    listed = Api(mate).get("/registrations").json()["data"]["results"]
    assert {row["status"] for row in listed} == {"submitted", "withdrawn"}


def test_a_member_may_lead_the_next_team_and_the_leader_join_it(
    competition, team, mate
):
    withdraw(team)
    pk = register(mate, competition).json()["data"]["id"]
    assert invite(mate, pk, team.leader).status_code == 201
    invitation = Invitation.objects.get(registration=pk)
    answer = Api(team.leader).post(f"/invitations/{invitation.pk}/accept")
    assert answer.status_code == 200


def test_it_may_happen_again_and_again(competition, team):
    for _ in range(3):
        withdraw(team)
        answer = register(team.leader, competition)
        assert answer.status_code == 201
        team = Registration.objects.get(pk=answer.json()["data"]["id"])
        assert Api(team.leader).post(
            f"/registrations/{team.pk}/submit"
        ).status_code == (200)
    competition.refresh_from_db()
    assert competition.seats_taken == 1


def test_who_ran_out_of_time_comes_back_while_registration_is_open(team, mate):
    team.move_to("expired")
    Membership.objects.filter(registration=team).update(active=False)
    assert register(team.leader, team.competition).status_code == 201
    assert register(mate, team.competition, "Garuda").status_code == 201


def test_open_invitations_end_with_the_team(competition, team):
    guest = make_user()
    workflow.invite(team, email=guest.email, by=team.leader, at=now())
    withdraw(team)
    assert Invitation.objects.get().status == "revoked"
    assert Api(guest).get("/invitations").json()["data"]["results"] == []
    token = mailed_token(guest.email)
    answer = Api(guest).post("/invitations/accept", {"token": token})
    assert refusal(answer) == (409, "invitation_not_pending")


def test_not_after_registration_has_closed(competition, team):
    withdraw(team)
    Competition.objects.filter(pk=competition.pk).update(registration_closes_at=now())
    answer = register(team.leader, competition)
    assert refusal(answer) == (409, "registration_not_open")


def test_not_while_another_team_holds_the_person_or_the_name(competition, team, mate):
    withdraw(team)
    other = make_registration(competition, team_name="elang")
    assert refusal(register(team.leader, competition)) == (409, "team_name_taken")
    add_member(other, mate)
    answer = register(mate, competition, "Garuda")
    assert refusal(answer) == (409, "already_registered")


@pytest.mark.parametrize("status", ["disqualified", "rejected"])
def test_not_after_a_disqualification_or_rejection(competition, team, mate, status):
    staff = make_staff()
    if status == "disqualified":
        workflow.disqualify(team, note="Cheated.", by=staff, at=now())
    else:
        workflow.submit(team, by=team.leader, at=now())
        workflow.reject(team, note="Not us.", by=staff, at=now())
    for person in (team.leader, mate):
        answer = register(person, competition, "Garuda")
        assert refusal(answer) == (409, "already_registered")
    assert refusal(register(make_user(), competition)) == (409, "team_name_taken")
    assert Registration.objects.count() == 1
