"""Hundreds of teams with their work and a log-in, in a handful of inserts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import Any

from accounts.models import User
from competition_site.clock import now
from registrations.models import Membership, Registration
from registrations.workflow import roster
from submissions.models import Stage, Submission
from tests.api import access_token
from tests.factories import make_institution
from tests.races.crowd import made_together

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Work:
    """A competing team's draft, and its leader's token."""

    submission: Submission
    token: str

    @property
    def path(self) -> str:
        return f"/api/v1/submissions/{self.submission.pk}"


def make_works(stages: list[Stage], count: int, **fields: Any) -> list[Work]:
    """``count`` teams of one, in turn for each of the stages of one competition."""
    at, competition = now(), stages[0].competition
    institution, batch = make_institution(), next(_numbers)
    users = User.objects.bulk_create(
        User(
            email=f"runner{batch}-{number}@mail.example",
            full_name=f"Runner {number}",
            email_verified=True,
            institution=institution,
            institution_name=institution.name,
        )
        for number in range(count)
    )
    teams = Registration.objects.bulk_create(
        Registration(
            competition=competition,
            competition_slug=competition.slug,
            competition_title=competition.title,
            team_name=f"Crowd {batch}-{number}",
            team_name_key=f"crowd {batch}-{number}",
            leader=user,
            institution_id=institution.pk,
            roster=[roster.entry(user, Membership.Role.LEADER, at)],
            members_count=1,
            roster_complete=True,
            documents_complete=True,
            status=Registration.Status.APPROVED,
        )
        for number, user in enumerate(users)
    )
    Membership.objects.bulk_create(
        Membership(
            registration=team,
            competition=competition,
            user=user,
            role=Membership.Role.LEADER,
            joined_at=at,
        )
        for team, user in zip(teams, users, strict=True)
    )
    works = Submission.objects.bulk_create(
        Submission(
            registration=team,
            stage=stage,
            competition=competition,
            team_name=team.team_name,
            stage_name=stage.name,
            title="Work",
            **fields,
        )
        for team, stage in zip(teams, itertools.cycle(stages), strict=False)
    )
    tokens = made_together([partial(access_token, user) for user in users])
    return [Work(work, token) for work, token in zip(works, tokens, strict=True)]
