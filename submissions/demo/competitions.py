"""The demo's competitions, one in every phase, and a draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from registrations import workflow
from registrations.models import Competition
from submissions.demo.calendar import Calendar

DATA_SCIENCE, BUSINESS_CASE, UI_UX, CTF, LINE_FOLLOWER, HACKATHON = (
    "data-science",
    "business-case",
    "ui-ux-challenge",
    "capture-the-flag",
    "line-follower",
    "hackathon",
)
SLUGS = (DATA_SCIENCE, BUSINESS_CASE, UI_UX, CTF, LINE_FOLLOWER, HACKATHON)

Programme = Mapping[str, Competition]
"""The competitions by their slugs."""


def announce(calendar: Calendar, *, by: User) -> Programme:
    """Create the competitions, the oldest first, and publish all but the last."""
    programme = {}
    for described in (
        _data_science,
        _business_case,
        _ui_ux,
        _ctf,
        _line_follower,
        _hackathon,
    ):
        competition = workflow.create_competition(by=by, **described(calendar))
        if competition.slug != HACKATHON:
            workflow.change_competition(competition, by=by, status="published")
        programme[competition.slug] = competition
    return programme


def _data_science(calendar: Calendar) -> dict[str, Any]:
    return calendar.windows(-95, -70, -68, -36) | {
        "slug": DATA_SCIENCE,
        "title": "Data Science Competition",
        "summary": "Open data of an Indonesian city, one question, one report.",
        "description": "The ranking is public; the prizes were handed over on campus.",
        "category": "data",
        "team_size_min": 2,
        "team_size_max": 3,
        "capacity": 30,
    }


def _business_case(calendar: Calendar) -> dict[str, Any]:
    return calendar.windows(-55, -22, -20, 25) | {
        "slug": BUSINESS_CASE,
        "title": "Business Case Competition",
        "summary": "Help a small enterprise grow: ten pages, then a pitch.",
        "description": "The case is handed out when the stage opens.",
        "category": "business",
        "team_size_min": 2,
        "team_size_max": 3,
        "seat_policy": Competition.SeatPolicy.ON_APPROVAL,
        "capacity": 24,
        "required_documents": ["enrolment_letter"],
        "questions": [
            {
                "key": "sector",
                "label": {
                    "en": "Which sector do you prefer?",
                    "id": "Sektor mana yang kalian pilih?",
                },
                "type": "choice",
                "choices": ["Batik", "Kopi", "Pariwisata"],
                "required": True,
            }
        ],
    }


def _ctf(calendar: Calendar) -> dict[str, Any]:
    return calendar.windows(-9, 12, 16, 19) | {
        "slug": CTF,
        "title": "Find IT! Capture the Flag",
        "summary": "Web, crypto, pwn, forensics: 24 hours, jeopardy style.",
        "description": "Online qualification, then a write-up of your solutions.",
        "category": "security",
        "team_size_min": 1,
        "team_size_max": 3,
        "capacity": 15,
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
    return calendar.windows(-60, -32, -30, 20) | {
        "slug": UI_UX,
        "title": "UI/UX Challenge",
        "summary": "Design a service for daily life in an Indonesian city.",
        "description": "A concept on paper, then a clickable prototype, then a pitch.",
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
        "fee": 150_000,
        "questions": [
            {
                "key": "diet",
                "label": {"en": "What do you not eat?", "id": "Pantangan makanan?"},
                "type": "text",
                "help": {"en": "For the night shift.", "id": "Untuk makan malam."},
            }
        ],
    }
