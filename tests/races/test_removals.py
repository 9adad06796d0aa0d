"""A competition that is deleted while teams enter it: one of both, never half.

The control stands in ``tests/registrations/competitions/test_removal.py``.
"""

from __future__ import annotations

from uuid import UUID

from registrations.models import Competition, Membership, Registration
from tests.factories import (
    make_competition,
    make_institution,
    make_staff,
    make_user,
)
from tests.races.crowd import ROUNDS, Ask, Crowd, Reply, outcomes
from tests.servers import Server

TEAMS = 14


def enter_and_delete(crowd: Crowd) -> tuple[UUID, list[Reply], list[Reply]]:
    """The competition's key, the answers to the teams, and those to two organisers."""
    competition, campus = make_competition(), make_institution()
    entries = [
        Ask(
            "/registrations",
            {"competition": competition.slug, "team_name": f"Team {number}"},
            by=make_user(institution=campus),
        )
        for number in range(TEAMS)
    ]
    staff, path = make_staff(), f"/competitions/{competition.slug}"
    deletions = [Ask(path, by=staff, method="DELETE") for _ in range(2)]
    half = TEAMS // 2
    replies = crowd.ask([*entries[:half], *deletions, *entries[half:]])
    teams = [*replies[:half], *replies[half + 2 :]]
    return competition.pk, teams, replies[half : half + 2]


def test_a_team_or_its_deletion_comes_first(server: Server) -> None:
    crowd = Crowd(server.url, f"{TEAMS} teams enter what two organisers delete")
    for _ in range(ROUNDS):
        key, teams, deletions = enter_and_delete(crowd)
        rows = Registration.objects.filter(competition=key)
        if competition := Competition.objects.filter(pk=key).first():
            assert outcomes(deletions) == {("409 in_use", 2)}
            assert outcomes(teams) == {("201", TEAMS)}
            assert competition.registered
            assert rows.count() == TEAMS
        else:
            assert outcomes(deletions) == {("200", 1), ("404 not_found", 1)}
            assert {r.outcome for r in teams} <= {
                "404 not_found",
                "409 registration_not_open",
            }
            assert not rows.exists()
            assert not Membership.objects.filter(competition=key).exists()
    crowd.require_healthy()
