"""The demo's judges: appointed, given work that they may judge, and their marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from accounts.models import User
from registrations.models import Registration
from submissions import workflow
from submissions.demo.teams import backdate
from submissions.models import Assignment, Stage, Submission
from submissions.models.conflicts import judgeable

COMMENTS = (
    "Clear problem; say sooner whom it helps.",
    "Good idea. The numbers on page three need a source.",
    "I would use this tomorrow.",
    "Solid work; the presentation hides the best part.",
)


@dataclass(frozen=True)
class Jury:
    """Those who judge one stage."""

    stage: Stage
    judges: Sequence[User]
    staff: User
    random: Random
    load: Counter[UUID] = field(default_factory=Counter)

    @classmethod
    def appoint(
        cls, stage: Stage, judges: Sequence[User], *, by: User, random: Random
    ) -> Jury:
        for judge in judges:
            appointment = workflow.appoint(stage.competition, judge, by=by)
            backdate(appointment, stage.opens_at)
            judge.refresh_from_db()
        return cls(stage, judges, by, random)

    def assign(self, works: Iterable[Submission], *, each: int) -> list[Assignment]:
        """Give every work to so many judges: the least busy of those who may."""
        works = list(works)
        teams = Registration.objects.filter(pk__in=[w.registration_id for w in works])
        may = {judge.pk: judgeable(judge, teams) for judge in self.judges}
        assignments = []
        for work in works:
            free = [j for j in self.judges if work.registration_id in may[j.pk]]
            free.sort(key=lambda judge: self.load[judge.pk])
            for judge in free[:each]:
                self.load[judge.pk] += 1
                assignment = workflow.assign(self.stage, work, judge, by=self.staff)
                backdate(assignment, self.stage.closes_at)
                assignments.append(assignment)
        return assignments

    def mark(
        self,
        assignment: Assignment,
        shares: Sequence[float] | None = None,
        *,
        at: datetime,
        final: bool = True,
    ) -> None:
        """Save marks: ``shares`` of each criterion's most, else such as chance gives.

        A review that is not final lacks the last criterion.
        """
        shares = shares or [self.random.uniform(0.5, 1) for _ in self.stage.criteria]
        scores = {
            criterion["id"]: round(share * criterion["max_score"])
            for criterion, share in zip(self.stage.criteria, shares, strict=True)
        }
        if not final:
            scores.popitem()
        workflow.save_review(
            assignment,
            by=assignment.judge,
            at=at,
            scores=scores,
            comment=self.random.choice(COMMENTS),
            private_note="Compare with the team next to it." if not final else "",
            final=final,
        )


def declare_conflicts(judges: Sequence[User], team: Registration) -> None:
    """Two judges say whom they must not judge."""
    reason = "I supervise their student club."
    workflow.declare_conflict(judge=judges[1], registration=team, reason=reason)
    workflow.declare_conflict(
        judge=judges[2],
        institution=team.leader.institution,
        reason="I teach there as a guest.",
    )
