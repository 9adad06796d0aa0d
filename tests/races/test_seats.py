"""The last places of a competition: exactly as many teams get one as there are."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from accounts.models import Institution
from competition_site.clock import now
from registrations import workflow
from registrations.models import Competition, InstitutionQuota, Registration
from tests.factories import (
    make_competition,
    make_institution,
    make_registration,
    make_staff,
    make_user,
)
from tests.races.crowd import (
    ROUNDS,
    Ask,
    Crowd,
    Reply,
    can_be_lost,
    made_together,
    outcomes,
)
from tests.servers import Server

CLIENTS, PLACES = 40, 10


def _teams(
    competition: Competition, institution: Institution | None = None
) -> list[Registration]:
    institution = institution or make_institution()

    def make() -> Registration:
        return make_registration(competition, leader=make_user(institution=institution))

    return made_together([make] * CLIENTS)


def all_submit(
    crowd: Crowd, institution: Institution | None = None, **fields: Any
) -> tuple[Competition, list[Reply]]:
    competition = make_competition(**{"capacity": PLACES} | fields)
    teams = _teams(competition, institution)
    if institution is not None:
        counted = {"competition": competition, "institution_id": institution.pk}
        InstitutionQuota.objects.create(**counted)
    replies = crowd.ask(
        Ask(f"/registrations/{team.pk}/submit", by=team.leader) for team in teams
    )
    return competition, replies


def all_are_approved(crowd: Crowd) -> tuple[Competition, list[Reply]]:
    competition = make_competition(capacity=PLACES, seat_policy="on_approval")
    teams = _teams(competition)
    made_together(
        partial(workflow.submit, team, by=team.leader, at=now()) for team in teams
    )
    staff = make_staff()
    replies = crowd.ask(
        Ask(f"/registrations/{team.pk}/approve", by=staff) for team in teams
    )
    return competition, replies


ways = pytest.mark.parametrize(
    ("crowd_does", "status"),
    [(all_submit, "submitted"), (all_are_approved, "approved")],
    ids=["on submit", "on approval"],
)


@ways
def test_forty_teams_share_ten_places(server: Server, crowd_does, status: str) -> None:
    crowd = Crowd(server.url, f"{CLIENTS} teams for {PLACES} places, {status}")
    for _ in range(ROUNDS):
        competition, replies = crowd_does(crowd)
        assert outcomes(replies) == {
            ("200", PLACES),
            ("409 competition_full", CLIENTS - PLACES),
        }
        competition.refresh_from_db()
        rows = partial(Registration.objects.filter, competition=competition)
        assert competition.seats_taken == PLACES
        assert rows(seat_taken=True).count() == PLACES
        assert rows(status=status, seat_taken=True).count() == PLACES
        assert rows(status=status).count() == PLACES
    crowd.require_healthy()


def test_control_check_then_act_oversells(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: places")

    def oversells() -> bool:
        # Without a transaction, two who make the first quota row spoil the round.
        competition, replies = all_submit(crowd, make_institution())
        competition.refresh_from_db()
        submitted = [reply for reply in replies if reply.status == 200]
        return competition.seats_taken > PLACES and len(submitted) > PLACES

    assert can_be_lost(oversells)
