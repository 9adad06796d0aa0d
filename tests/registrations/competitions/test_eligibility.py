"""Who may take part: each condition alone, and where it is asked."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Institution, User
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Invitation, Registration
from registrations.workflow import eligibility
from tests.api import Api
from tests.factories import (
    add_member,
    invitation_token,
    make_competition,
    make_institution,
    make_registration,
    make_user,
)

pytestmark = pytest.mark.django_db


def named(call: Any, *args: Any, **kwargs: Any) -> dict[str, list[str]]:
    """The conditions that a refusal names."""
    with pytest.raises(RuleViolation) as violation:
        call(*args, **kwargs)
    assert violation.value.code == "not_eligible"
    return dict(violation.value.errors)


@pytest.fixture
def campus(db: None) -> Institution:
    return make_institution("Campus")


@pytest.mark.parametrize(
    ("conditions", "person", "key"),
    [
        ({"email_domains": ["campus.example"]}, {"email": "a@campus.example"}, None),
        (
            {"email_domains": ["other.example", "campus.example"]},
            {"email": "b@campus.example"},
            None,
        ),
        (
            {"email_domains": ["campus.example"]},
            {"email": "c@evilcampus.example"},
            "email_domains",
        ),
        (
            {"email_domains": ["campus.example"]},
            {"email": "d@campus.example.evil.example"},
            "email_domains",
        ),
        (
            {"email_domains": ["campus.example"]},
            {"email": "e@mail.campus.example"},
            "email_domains",
        ),
        (
            {"email_domains": ["campus.example"]},
            {"email": "f@campus.example", "email_verified": False},
            "email_domains",
        ),
        ({"entry_year_min": 2024}, {"entry_year": 2024}, None),
        ({"entry_year_min": 2024}, {"entry_year": 2023}, "entry_year_min"),
        ({"entry_year_min": 2024}, {"entry_year": None}, "entry_year_min"),
        ({"entry_year_max": 2024}, {"entry_year": 2024}, None),
        ({"entry_year_max": 2024}, {"entry_year": 2025}, "entry_year_max"),
        ({"entry_year_max": 2024}, {"entry_year": None}, "entry_year_max"),
        ({}, {"entry_year": None}, None),
    ],
)
def test_each_condition(conditions: Any, person: Any, key: str | None) -> None:
    competition = make_competition(eligibility=conditions)
    user = make_user(full_name="Sri", **person)
    asked = (competition, [user])
    if key is None:
        eligibility.require(*asked, team_institution=None)
    else:
        errors = named(eligibility.require, *asked, team_institution=None)
        assert list(errors) == [f"eligibility.{key}"]
        assert errors[f"eligibility.{key}"][0].startswith("Sri: ")


def test_of_one_of_the_institutions(campus: Institution) -> None:
    conditions = {"institutions": [str(campus.pk), str(make_institution().pk)]}
    competition = make_competition(eligibility=conditions)
    own, foreign, none = (
        make_user(institution=campus),
        make_user(),
        make_user(),
    )
    none.institution = None
    eligibility.require(competition, [own], team_institution=campus.pk)
    for user in (foreign, none):
        errors = named(
            eligibility.require, competition, [own, user], team_institution=campus.pk
        )
        [texts] = errors.values()
        assert [text.partition(":")[0] for text in texts] == [user.full_name]


def test_all_of_the_leaders_institution(campus: Institution) -> None:
    competition = make_competition(eligibility={"mixed_institutions": False})
    team = [make_user(institution=campus) for _ in range(2)]
    eligibility.require(competition, team, team_institution=campus.pk)
    foreign = make_user()
    errors = named(
        eligibility.require, competition, [*team, foreign], team_institution=campus.pk
    )
    assert list(errors) == ["eligibility.mixed_institutions"]
    assert len(errors["eligibility.mixed_institutions"]) == 1


def test_every_condition_that_fails_is_told(campus: Institution) -> None:
    conditions = {
        "institutions": [str(campus.pk)],
        "email_domains": ["campus.example"],
        "entry_year_min": 2025,
    }
    competition = make_competition(eligibility=conditions)
    body = {"competition": competition.slug, "team_name": "We"}
    response = Api(make_user()).post("/registrations", body)
    data = response.json()["data"]
    assert (response.status_code, data["code"]) == (409, "not_eligible")
    assert set(data["errors"]) == {f"eligibility.{key}" for key in conditions}
    assert not Registration.objects.exists()
    competition.refresh_from_db()
    assert not competition.registered


def test_a_leader_who_meets_them_enters(campus: Institution) -> None:
    conditions = {"institutions": [str(campus.pk)], "mixed_institutions": False}
    competition = make_competition(eligibility=conditions)
    assert make_registration(competition, leader=make_user(institution=campus))


def test_a_whole_roster_is_one_query_and_none_where_everybody_may(
    django_assert_num_queries: Any, campus: Institution
) -> None:
    leader: User = make_user(institution=campus)
    free = make_competition()
    team = make_registration(free, leader=leader)
    with django_assert_num_queries(0):
        eligibility.require_team(free, team)
    closed = make_competition(eligibility={"mixed_institutions": False})
    with django_assert_num_queries(1):
        eligibility.require_team(closed, team)


def test_who_joins_is_asked(campus: Institution) -> None:
    conditions = {"mixed_institutions": False, "entry_year_min": 2024}
    competition = make_competition(eligibility=conditions)
    team = make_registration(competition, leader=make_user(institution=campus))
    foreign = make_user(entry_year=2020)
    token = invitation_token(team, foreign.email)
    response = Api(foreign).post("/invitations/accept", {"token": token})
    data = response.json()["data"]
    assert (response.status_code, data["code"]) == (409, "not_eligible")
    assert set(data["errors"]) == {f"eligibility.{key}" for key in conditions}
    assert Invitation.objects.get().status == "pending"
    team.refresh_from_db()
    assert team.members_count == 1
    assert add_member(team, make_user(institution=campus))


def test_the_whole_team_is_asked_at_submission_and_told_before(
    campus: Institution, staff: User
) -> None:
    competition = make_competition()
    team = make_registration(competition, leader=make_user(institution=campus))
    mate = add_member(team, make_user(institution=campus, full_name="Budi"))
    foreign = add_member(team, make_user(full_name="Citra"))
    path, api = f"/registrations/{team.pk}", Api(team.leader)
    for conditions, names in (
        ({"mixed_institutions": False}, {"Citra"}),
        ({"entry_year_min": 2025}, {team.leader.full_name, "Budi", "Citra"}),
    ):
        workflow.change_competition(competition, by=staff, eligibility=conditions)
        detail = api.get(path).json()["data"]
        assert detail["can"]["submit"] == "not_eligible"
        [step] = detail["next_actions"]
        assert (step["code"], step["method"]) == ("not_eligible", "GET")
        assert api.get(step["href"].removeprefix("/api/v1")).status_code == 200
        data = api.post(f"{path}/submit").json()["data"]
        assert data["code"] == "not_eligible"
        [texts] = data["errors"].values()
        assert {text.partition(":")[0] for text in texts} == names
    team.refresh_from_db()
    assert (team.status, team.seat_taken) == ("draft", False)
    workflow.change_competition(
        competition, by=staff, eligibility={"mixed_institutions": False}
    )
    workflow.remove_member(team, foreign, by=team.leader, at=now())
    assert api.post(f"{path}/submit").status_code == 200
    assert team.has_member(mate)
