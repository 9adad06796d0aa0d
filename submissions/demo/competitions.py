"""The demo's competitions: one open, one running, one upcoming, and a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from registrations import workflow as registrations
from registrations.models import Competition
from submissions import workflow
from submissions.models import Stage

MEGABYTE = 1024 * 1024
CTF, UI_UX, LINE_FOLLOWER, HACKATHON = (
    "capture-the-flag",
    "ui-ux-challenge",
    "line-follower",
    "hackathon",
)
SLUGS = (CTF, UI_UX, LINE_FOLLOWER, HACKATHON)


@dataclass(frozen=True)
class Calendar:
    """Days counted from the day of loading, in the time zone of the event."""

    today: datetime

    @classmethod
    def at(cls, moment: datetime) -> Calendar:
        midnight = timezone.localtime(moment).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return cls(midnight)

    def day(self, days: int, hour: int = 9) -> datetime:
        return self.today + timedelta(days=days, hours=hour)

    def windows(self, *days: int) -> dict[str, datetime]:
        """When registration opens and closes, and the competition starts and ends."""
        names = ("registration_opens_at", "registration_closes_at")
        names += ("starts_at", "ends_at")
        return {n: self.day(d) for n, d in zip(names, days, strict=True)}


@dataclass(frozen=True)
class Programme:
    """What the teams of the demo enter."""

    ctf: Competition
    ui_ux: Competition
    prototype: Stage


def announce(calendar: Calendar, *, by: User) -> Programme:
    """Create the competitions with their stages, and publish all but the last."""
    ctf = _create(by, published=True, **_ctf(calendar))
    ui_ux = _create(by, published=True, **_ui_ux(calendar))
    _create(by, published=True, **_line_follower(calendar))
    _create(by, published=False, **_hackathon(calendar))
    workflow.create_stage(
        ctf,
        by=by,
        name="Write-up",
        order=1,
        opens_at=calendar.day(16),
        closes_at=calendar.day(18, 23),
        late_policy=Stage.LatePolicy.FLAG,
        late_until=calendar.day(19),
    )
    prototype = workflow.create_stage(
        ui_ux,
        by=by,
        name="Prototype",
        order=1,
        opens_at=calendar.day(-8),
        closes_at=calendar.day(9, 23),
        grace_minutes=30,
        accepts_link=True,
        accepts_text=True,
        allowed_types=["application/pdf", "image/png", "application/zip"],
        max_file_bytes=20 * MEGABYTE,
    )
    workflow.create_stage(
        ui_ux,
        by=by,
        name="Final pitch",
        order=2,
        opens_at=calendar.day(14),
        closes_at=calendar.day(18, 23),
    )
    ui_ux.refresh_from_db()
    return Programme(ctf, ui_ux, prototype)


def _create(by: User, *, published: bool, **fields: Any) -> Competition:
    competition = registrations.create_competition(by=by, **fields)
    if published:
        registrations.change_competition(competition, by=by, status="published")
    return competition


def _ctf(calendar: Calendar) -> dict[str, Any]:
    return calendar.windows(-9, 12, 16, 19) | {
        "slug": CTF,
        "title": "Find IT! Capture the Flag",
        "summary": "Web, crypto, pwn, forensics: 24 hours, jeopardy style.",
        "description": "Online qualification, then a write-up of your solutions.",
        "category": "security",
        "team_size_min": 1,
        "team_size_max": 3,
        "capacity": 60,
        "required_documents": ["student_card"],
        "questions": [
            {
                "key": "shirt",
                "label": {"en": "Shirt size", "id": "Ukuran kaus"},
                "type": "choice",
                "choices": ["S", "M", "L", "XL"],
                "required": True,
            },
            {
                "key": "ctftime",
                "label": {"en": "CTFtime page", "id": "Halaman CTFtime"},
                "type": "url",
            },
        ],
    }


def _ui_ux(calendar: Calendar) -> dict[str, Any]:
    return calendar.windows(-40, -12, -10, 20) | {
        "slug": UI_UX,
        "title": "UI/UX Challenge",
        "summary": "Design a service for daily life in an Indonesian city.",
        "description": "Hand in a clickable prototype and a short design report.",
        "category": "design",
        "team_size_min": 2,
        "team_size_max": 3,
        "capacity": 40,
        "seat_policy": Competition.SeatPolicy.ON_APPROVAL,
        "required_documents": ["student_card"],
    }


def _line_follower(calendar: Calendar) -> dict[str, Any]:
    return calendar.windows(7, 35, 45, 46) | {
        "slug": LINE_FOLLOWER,
        "title": "Technocorner Line Follower",
        "summary": "Analog and microcontroller robots on one track.",
        "description": "On site in Yogyakarta. Bring a spare battery.",
        "category": "robotics",
        "team_size_min": 2,
        "team_size_max": 4,
        "capacity": 32,
        "fee": 75_000,
        "payment_instructions": "Transfer to the committee's account.",
        "required_documents": ["student_card", "enrolment_letter"],
    }


def _hackathon(calendar: Calendar) -> dict[str, Any]:
    return calendar.windows(21, 49, 56, 58) | {
        "slug": HACKATHON,
        "title": "Smart City Hackathon",
        "summary": "36 hours with open data of the city.",
        "category": "software",
        "team_size_min": 3,
        "team_size_max": 5,
    }
