"""How far each competition of the demo has come, with how many teams in which state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from random import Random

from accounts.models import User
from registrations.models import Competition, Registration
from submissions import workflow
from submissions.demo import names
from submissions.demo.calendar import Calendar
from submissions.demo.competitions import (
    BUSINESS_CASE,
    CTF,
    DATA_SCIENCE,
    UI_UX,
    Programme,
)
from submissions.demo.judging import Jury, declare_conflicts
from submissions.demo.stages import Stages
from submissions.demo.teams import State, Teams
from submissions.demo.works import Idea, Works
from submissions.models import Stage

TIE = ((0.8, 0.9, 0.9), (0.9, 0.8, 0.8))
"""Marks that two teams get alike, who also handed in at the same moment."""


@dataclass(frozen=True)
class Office:
    """Who runs the event, and when."""

    staff: User
    admin: User
    judges: Sequence[User]
    calendar: Calendar
    random: Random

    def shuffled_ideas(self, ideas: Sequence[Idea]) -> Iterator[Idea]:
        return iter(self.random.sample(ideas, len(ideas)))

    def jury(self, stage: Stage, *numbers: int) -> Jury:
        judges = [self.judges[number] for number in numbers]
        return Jury.appoint(stage, judges, by=self.staff, random=self.random)

    def teams_of(
        self,
        teams: Teams,
        competition: Competition,
        words: tuple[str, str],
        counts: Mapping[State, int],
        *,
        first_day: int,
    ) -> dict[State, list[Registration]]:
        """Form so many teams of each state, a few a day from the first day on."""
        states = [state for state, count in counts.items() for _ in range(count)]
        parts = self.random.sample(
            list(product(*(line.split() for line in words))), len(states)
        )
        formed: dict[State, list[Registration]] = {state: [] for state in counts}
        for number, (state, name) in enumerate(zip(states, parts, strict=True)):
            at = self.calendar.day(first_day + number // 4, 8 + number % 4)
            team = teams.form(competition, " ".join(name), state, at=at)
            formed[state].append(team)
        return formed


def finished(
    office: Office, teams: Teams, programme: Programme, stages: Stages
) -> None:
    """Fifteen reports, all marked; the released ranking holds a tie."""
    competition, day = programme[DATA_SCIENCE], office.calendar.day
    counts = {State.ALONE: 1, State.WAITING: 1, State.COMPETING: 16}
    formed = office.teams_of(
        teams, competition, names.DATA_TEAMS, counts, first_day=-94
    )
    works = Works(stages.report)
    ideas = office.shuffled_ideas(names.DATA_WORKS)
    handed_in = [
        works.handed_in(team, idea, at=day(-60 + max(number - 1, 0) % 9, 10))
        for number, (team, idea) in enumerate(
            zip(formed[State.COMPETING][:15], ideas, strict=False)
        )
    ]
    jury = office.jury(stages.report, 0, 1, 3, 5)
    tied = {work.pk for work in handed_in[:2]}
    marked: dict[object, int] = {}
    for assignment in jury.assign(handed_in, each=2):
        number = marked[assignment.submission_id] = (
            marked.get(assignment.submission_id, -1) + 1
        )
        shares = TIE[number] if assignment.submission_id in tied else None
        jury.mark(assignment, shares, at=day(-45, 10 + number))
    snapshot = workflow.compute(stages.report, by=office.staff, at=day(-39))
    workflow.release(snapshot, by=office.admin, at=day(-38, 12))


def in_judging(
    office: Office, teams: Teams, programme: Programme, stages: Stages
) -> None:
    """Fourteen proposals with three judges, some of whom are done."""
    competition, day = programme[BUSINESS_CASE], office.calendar.day
    counts = {State.READY: 1, State.REFUSED: 1, State.COMPETING: 16}
    formed = office.teams_of(
        teams, competition, names.BUSINESS_TEAMS, counts, first_day=-54
    )
    works = Works(stages.proposal)
    ideas = office.shuffled_ideas(names.BUSINESS_WORKS)
    *entrants, slow, slower = formed[State.COMPETING]
    handed_in = [
        works.handed_in(team, idea, at=day(-10 + number % 6, 9 + number), versions=1)
        for number, (team, idea) in enumerate(zip(entrants, ideas, strict=False))
    ]
    for team, idea in zip((slow, slower), islice(ideas, 2), strict=True):
        works.draft(team, idea, at=day(-5, 20))
    jury = office.jury(stages.proposal, 0, 1, 2, 4)
    declare_conflicts(office.judges, entrants[0])
    assignments = jury.assign(handed_in, each=2)
    for number, assignment in enumerate(assignments):
        at = day(-2, 8 + number % 12)
        if number % 7 == 6:
            workflow.decline(
                assignment, reason="I am abroad that week.", by=assignment.judge
            )
        elif number % 7 < 3:
            jury.mark(assignment, at=at)
        elif number % 7 < 5:
            jury.mark(assignment, at=at, final=False)


def running(office: Office, teams: Teams, programme: Programme, stages: Stages) -> None:
    """The concepts are ranked but not released; the prototypes are being made."""
    competition, day = programme[UI_UX], office.calendar.day
    counts = {
        State.ALONE: 1,
        State.REPLACED: 2,
        State.APPROVED: 3,
        State.COMPETING: 16,
    }
    formed = office.teams_of(
        teams, competition, names.DESIGN_TEAMS, counts, first_day=-59
    )
    ideas = dict(
        zip(
            formed[State.COMPETING],
            office.shuffled_ideas(names.DESIGN_WORKS),
            strict=True,
        )
    )
    _concepts(office, stages, list(ideas.items())[:12])
    works = Works(stages.prototype)
    for number, (team, idea) in enumerate(ideas.items()):
        at = day(-6 + number % 3, 9 + number % 8)
        if number < 5:
            works.draft(team, idea, at=at)
        elif number < 12:
            works.handed_in(team, idea, at=at, versions=2 - number % 2)


def _concepts(
    office: Office, stages: Stages, entries: Sequence[tuple[Registration, Idea]]
) -> None:
    """Computed too early, withdrawn, judged to the end, and computed again."""
    day, works = office.calendar.day, Works(stages.concept)
    handed_in = [
        works.handed_in(team, idea, at=day(-26 + number % 7, 9 + number % 9))
        for number, (team, idea) in enumerate(entries)
    ]
    jury = office.jury(stages.concept, 1, 2, 3, 4)
    *others, last = jury.assign(handed_in, each=2)
    for number, assignment in enumerate(others):
        jury.mark(assignment, at=day(-15 + number % 4, 10))
    early = workflow.compute(stages.concept, by=office.staff, at=day(-11, 9))
    reason = "One judge had not finished."
    workflow.withdraw(early, reason=reason, by=office.admin)
    jury.mark(last, at=day(-10, 9))
    workflow.compute(stages.concept, by=office.staff, at=day(-9))


def taking_registrations(office: Office, teams: Teams, programme: Programme) -> None:
    """Almost all places are taken."""
    counts = {
        State.COMPETING: 3,
        State.APPROVED: 2,
        State.REFUSED: 1,
        State.REPLACED: 2,
        State.WAITING: 5,
        State.READY: 3,
        State.INVITING: 3,
        State.ALONE: 3,
    }
    office.teams_of(teams, programme[CTF], names.CTF_TEAMS, counts, first_day=-8)
