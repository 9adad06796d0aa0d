"""Every list of the API, and how to fill it quickly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.models import Institution
from accounts.views.people import InstitutionListView
from competition_site.clock import now
from registrations.models import Competition, Invitation, Registration
from registrations.views.competitions import CompetitionViewSet
from submissions.models import (
    Assignment,
    JudgeConflict,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
    SubmissionVersion,
)
from submissions.views.work import CompetitionStagesView
from tests.contract.world import World
from tests.factories import competition_fields


def add_institutions(_: World, count: int) -> None:
    names = [f"institut {number:02}" for number in range(count)]
    Institution.objects.bulk_create([Institution(name=n, name_key=n) for n in names])


def add_competitions(_: World, count: int) -> None:
    """Five starts only, so that there are ties."""
    moment = now()
    Competition.objects.bulk_create(
        Competition(
            **competition_fields(starts_at=moment + timedelta(days=number % 5)),
            title_key="title",
            status="published",
        )
        for number in range(count)
    )


def add_registrations(world: World, count: int) -> None:
    Registration.objects.bulk_create(
        Registration(
            competition=world.competition,
            competition_slug=world.competition.slug,
            team_name=f"Team {number}",
            team_name_key=f"team {number}",
            leader=world.owner,
        )
        for number in range(count)
    )


def add_submissions(world: World, count: int) -> None:
    add_registrations(world, count)
    Submission.objects.bulk_create(
        Submission(
            registration_id=key,
            stage=world.stage,
            competition_id=world.competition.pk,
            team_name="Team",
            stage_name="Stage",
            title="Work",
        )
        for key in Registration.objects.values_list("pk", flat=True)
    )


def add_invitations(world: World, count: int) -> None:
    Invitation.objects.filter(registration=world.draft).delete()
    Invitation.objects.bulk_create(
        Invitation(
            registration=world.draft,
            leader_id=world.owner.pk,
            email=f"guest{number}@mail.example",
            digest=str(number),
            expires_at=now() + timedelta(days=1),
        )
        for number in range(count)
    )


def add_waiting_invitations(world: World, count: int) -> None:
    """Of as many teams, to one of the mates."""
    add_registrations(world, count)
    teams = Registration.objects.order_by("-id")[:count]
    Invitation.objects.bulk_create(
        Invitation(
            registration=team,
            leader_id=world.owner.pk,
            email=world.mate.email,
            digest=f"waiting {team.pk}",
            expires_at=now() + timedelta(days=1),
        )
        for team in teams
    )


def add_stages(world: World, count: int) -> None:
    Stage.objects.bulk_create(
        Stage(
            competition=world.competition,
            name=f"Stage {number}",
            order=count - number,
            opens_at=now(),
            closes_at=now() + timedelta(days=1),
        )
        for number in range(count)
    )


def add_assignments(world: World, count: int) -> None:
    """Work of as many teams, handed in and marked by one of the judges."""
    add_submissions(world, count)
    work = Submission.objects.filter(version_number=0)
    work.update(status="submitted", version_number=1, submitted_at=now())
    given = {"stage": world.stage, "stage_name": world.stage.name}
    for entry in Submission.objects.filter(stage=world.stage):
        SubmissionVersion.objects.create(
            submission=entry,
            stage_name=world.stage.name,
            stage_id=world.stage.pk,
            number=1,
            title=entry.title,
            submitted_by=world.owner,
            submitted_at=now(),
            late=False,
            code=str(entry.pk)[-32:],
        )
        assignment = Assignment.objects.create(
            submission=entry,
            registration_id=entry.registration_id,
            judge=world.judge_assigned,
            judge_name="Judge",
            **given,
        )
        Review.objects.create(
            version_number=1,
            assignment=assignment,
            stage=world.stage,
            submission=entry,
            saved_at=now(),
        )


def add_conflicts(world: World, count: int) -> None:
    JudgeConflict.objects.bulk_create(
        JudgeConflict(judge=world.judge_assigned, user=world.stranger, reason="Kin")
        for _ in range(count)
    )


def add_snapshots(world: World, count: int) -> None:
    ResultSnapshot.objects.bulk_create(
        ResultSnapshot(
            competition=world.competition,
            stage=world.stage,
            stage_order=1,
            number=number,
            computed_at=now(),
        )
        for number in range(count)
    )


@dataclass(frozen=True)
class List:
    """A list with its allowed orderings, and who sees all of its rows.

    ``queries`` is what a page costs: session and user in one, and the rows.
    """

    path: str
    orderings: tuple[str, ...]
    add: Callable[[World, int], None]
    reader: str = "staff"
    queries: int = 2

    def __str__(self) -> str:
        return f"{self.path} as {self.reader}"


LISTS = (
    List("/institutions", InstitutionListView.orderings, add_institutions),
    List("/competitions", CompetitionViewSet.orderings, add_competitions),
    List("/registrations", ("-id",), add_registrations),
    List("/submissions", ("-id",), add_submissions),
    List(
        "/competitions/{competition}/stages",
        CompetitionStagesView.orderings,
        add_stages,
        queries=3,
    ),
    List(
        "/registrations/{draft}/invitations",
        ("-id",),
        add_invitations,
        reader="owner",
        queries=4,
    ),
    List("/invitations", ("-id",), add_waiting_invitations, reader="mate"),
    List(
        "/submissions",
        ("-id",),
        add_assignments,
        reader="judge_assigned",
        queries=11,
    ),
    List(
        "/judging/assignments",
        ("-id",),
        add_assignments,
        reader="judge_assigned",
        queries=10,
    ),
    List("/judging/conflicts", ("-id",), add_conflicts, reader="judge_assigned"),
    List("/stages/{stage}/results", ("-id",), add_snapshots, queries=3),
)


def rows_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    return list(response.json()["data"]["results"])
