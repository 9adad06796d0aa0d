"""The demo's stages: one in each phase, the judged ones with a rubric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from submissions import workflow
from submissions.demo.calendar import Calendar
from submissions.demo.competitions import (
    BUSINESS_CASE,
    CTF,
    DATA_SCIENCE,
    UI_UX,
    Programme,
)
from submissions.models import Stage

MEGABYTE = 1024 * 1024
RUBRIC = (
    ("Problem", "Whose problem is it, and how well is it understood?", 20, 1),
    ("Solution", "How well does it solve the problem? How new is it?", 50, 3),
    ("Presentation", "Can one follow it without asking?", 30, 1),
)


@dataclass(frozen=True)
class Stages:
    """Where the demo's teams hand in."""

    report: Stage
    proposal: Stage
    concept: Stage
    prototype: Stage


def open_stages(programme: Programme, calendar: Calendar, *, by: User) -> Stages:
    """Create the stages in the order in which they were or will be held."""
    stages = Stages(
        report=_judged(
            programme[DATA_SCIENCE],
            calendar,
            (-68, -50),
            (-50, -40),
            by=by,
            name="Report",
        ),
        proposal=_judged(
            programme[BUSINESS_CASE],
            calendar,
            (-20, -4),
            (-4, 6),
            by=by,
            name="Proposal",
        ),
        concept=_judged(
            programme[UI_UX],
            calendar,
            (-30, -18),
            (-18, -9),
            by=by,
            name="Concept",
            blind=True,
        ),
        prototype=_open(programme[UI_UX], calendar, by=by),
    )
    workflow.create_stage(
        programme[UI_UX],
        by=by,
        name="Final pitch",
        order=3,
        opens_at=calendar.day(14),
        closes_at=calendar.day(18, 23),
    )
    workflow.create_stage(
        programme[CTF],
        by=by,
        name="Write-up",
        order=1,
        opens_at=calendar.day(16),
        closes_at=calendar.day(18, 23),
        late_policy=Stage.LatePolicy.FLAG,
        late_until=calendar.day(19),
    )
    return stages


def _open(competition: Any, calendar: Calendar, *, by: User) -> Stage:
    return workflow.create_stage(
        competition,
        by=by,
        name="Prototype",
        order=2,
        opens_at=calendar.day(-8),
        closes_at=calendar.day(9, 23),
        grace_minutes=30,
        accepts_link=True,
        accepts_text=True,
        allowed_types=["application/pdf", "image/png", "application/zip"],
        max_file_bytes=20 * MEGABYTE,
    )


def _judged(
    competition: Any,
    calendar: Calendar,
    work: tuple[int, int],
    judging: tuple[int, int],
    *,
    by: User,
    **fields: Any,
) -> Stage:
    """A stage whose windows are pairs of days, with the demo's rubric."""
    stage = workflow.create_stage(
        competition,
        by=by,
        order=1,
        opens_at=calendar.day(work[0]),
        closes_at=calendar.day(work[1], 23),
        accepts_text=True,
        judging_opens_at=calendar.day(judging[0], 23),
        judging_closes_at=calendar.day(judging[1], 23),
        **fields,
    )
    for name, description, most, weight in RUBRIC:
        workflow.add_criterion(
            stage,
            by=by,
            name=name,
            description=description,
            max_score=most,
            weight=weight,
        )
    stage.refresh_from_db()
    return stage
