"""Joining and naming teams: one team a person, one person an invitation, one name."""

from __future__ import annotations

from functools import partial

from accounts.models import User
from registrations.models import Invitation, Membership, Registration
from tests.factories import (
    invitation_token,
    make_competition,
    make_institution,
    make_registration,
    make_user,
)
from tests.races.constraints import without_constraint
from tests.races.crowd import ROUNDS, Ask, Crowd, Reply, can_be_lost, outcomes
from tests.servers import Server

PEOPLE, APPLICANTS, NAMESAKES = 8, 16, 16
ACCEPT = "/invitations/accept"


def _people(count: int) -> list[User]:
    institution = make_institution()
    return [make_user(institution=institution) for _ in range(count)]


def _accept(team: Registration, user: User) -> Ask:
    return Ask(ACCEPT, {"token": invitation_token(team, user.email)}, user)


def _members(team: Registration) -> int:
    return Membership.objects.filter(registration=team, active=True).count()


def _require_true_roster(team: Registration, size: int) -> None:
    team.refresh_from_db()
    members = Membership.objects.filter(registration=team, active=True)
    assert team.members_count == len(team.roster) == size
    assert {str(member.user_id) for member in members} == {
        entry["id"] for entry in team.roster
    }


def all_join_two_teams(crowd: Crowd) -> tuple[list[Registration], list[Reply]]:
    competition = make_competition(team_size_max=PEOPLE + 1)
    teams = [make_registration(competition) for _ in range(2)]
    people = _people(PEOPLE)
    return teams, crowd.ask(_accept(team, user) for user in people for team in teams)


def test_nobody_joins_two_teams(server: Server) -> None:
    crowd = Crowd(server.url, f"{PEOPLE} people each into two teams")
    for _ in range(ROUNDS):
        teams, replies = all_join_two_teams(crowd)
        for pair in zip(replies[::2], replies[1::2], strict=True):
            assert outcomes(pair) == {("200", 1), ("409 already_registered", 1)}
        for team in teams:
            team.refresh_from_db()
            _require_true_roster(team, team.members_count)
        assert sum(team.members_count for team in teams) == PEOPLE + 2
        open_still = {"registration__in": teams, "status": "pending"}
        assert Invitation.objects.filter(**open_still).count() == PEOPLE
    crowd.require_healthy()


def test_control_without_the_constraint_people_join_both(server: Server) -> None:
    crowd = Crowd(server.url, "control: two teams")
    with without_constraint(Membership, "one_team_per_person_and_competition"):
        _, replies = all_join_two_teams(crowd)
        assert len([reply for reply in replies if reply.status == 200]) > PEOPLE


def all_take_one_invitation(crowd: Crowd) -> tuple[Registration, list[Reply]]:
    team = make_registration(make_competition(team_size_max=PEOPLE + 1))
    body = {"token": invitation_token(team, "somebody@kampus.example")}
    return team, crowd.ask(Ask(ACCEPT, body, user) for user in _people(APPLICANTS))


def test_one_invitation_lets_one_person_in(server: Server) -> None:
    crowd = Crowd(server.url, f"{APPLICANTS} people with one invitation")
    for _ in range(ROUNDS):
        team, replies = all_take_one_invitation(crowd)
        expected = {("200", 1), ("409 invitation_not_pending", APPLICANTS - 1)}
        assert outcomes(replies) == expected
        _require_true_roster(team, 2)
    crowd.require_healthy()


def test_control_check_then_act_lets_several_in(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: one invitation")
    assert can_be_lost(lambda: _members(all_take_one_invitation(crowd)[0]) > 2)


def all_join_one_team(crowd: Crowd) -> tuple[Registration, list[Reply]]:
    team = make_registration(make_competition(team_size_max=3))
    return team, crowd.ask(_accept(team, user) for user in _people(APPLICANTS))


def test_a_team_takes_as_many_as_it_has_places(server: Server) -> None:
    crowd = Crowd(server.url, f"{APPLICANTS} people for 2 places of a team")
    for _ in range(ROUNDS):
        team, replies = all_join_one_team(crowd)
        assert outcomes(replies) == {("200", 2), ("409 team_full", APPLICANTS - 2)}
        _require_true_roster(team, 3)
    crowd.require_healthy()


def test_control_check_then_act_overfills_a_team(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: places of a team")
    assert can_be_lost(lambda: _members(all_join_one_team(crowd)[0]) > 3)


def all_take_one_name(crowd: Crowd) -> tuple[partial, list[Reply]]:
    competition = make_competition()
    bodies = ({"competition": competition.slug, "team_name": n} for n in _NAMES)
    people = _people(NAMESAKES)
    asks = [
        Ask("/registrations", body, user)
        for body, user in zip(bodies, people, strict=True)
    ]
    rows = partial(Registration.objects.filter, competition=competition)
    return rows, crowd.ask(asks)


_NAMES = ["Elang", "ELANG", " elang", "\uff25lang"] * (NAMESAKES // 4)  # noqa: RUF100


def test_one_name_goes_to_one_team(server: Server) -> None:
    crowd = Crowd(server.url, f"{NAMESAKES} teams of one name")
    for _ in range(ROUNDS):
        rows, replies = all_take_one_name(crowd)
        expected = {("201", 1), ("409 team_name_taken", NAMESAKES - 1)}
        assert outcomes(replies) == expected
        assert rows().count() == 1
    crowd.require_healthy()


def test_control_without_the_constraint_many_get_the_name(server: Server) -> None:
    crowd = Crowd(server.url, "control: team names")
    with without_constraint(Registration, "team_name_once_per_competition"):
        rows, _ = all_take_one_name(crowd)
        assert rows().count() > 1
