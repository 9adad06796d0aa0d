"""Students of Indonesian universities, judges, and the two people of the office."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import workflow
from accounts.models import Institution, User
from accounts.roles import Role
from competition_site.db.text import folded
from competition_site.db.transactions import retry_on_conflict
from submissions.demo.mails import take_token
from submissions.demo.names import (
    FIRST_NAMES,
    JUDGES,
    LAST_NAMES,
    PROGRAMMES,
    UNIVERSITIES,
)

DOMAIN = "demo.example"
"""A reserved domain: no mail of the demo can reach anybody."""
PASSWORD = "Wedang-Ronde-77"  # noqa: S105 - meant to be known
STUDENTS = 300
ADMIN_EMAIL = f"admin@{DOMAIN}"
STAFF_EMAIL = f"panitia@{DOMAIN}"
JUDGE_EMAIL = f"juri1@{DOMAIN}"


@dataclass(frozen=True)
class Student:
    """A person as they would write themselves into the form."""

    full_name: str
    email: str
    phone: str
    university: str
    student_number: str
    study_program: str
    entry_year: int


def invent_students(random: Random) -> list[Student]:
    """As many people as there are students; no two share a name."""
    names = [
        (first, last) for first in FIRST_NAMES.split() for last in LAST_NAMES.split()
    ]
    return [_invent(random, *name) for name in random.sample(names, STUDENTS)]


def _invent(random: Random, first: str, last: str) -> Student:
    year = random.choice([2022, 2023, 2024, 2025])
    return Student(
        full_name=f"{first} {last}",
        email=f"{first}.{last}@{DOMAIN}".lower(),
        phone=f"+62 812 {random.randrange(1000, 9999)} {random.randrange(1000, 9999)}",
        university=random.choice(UNIVERSITIES),
        student_number=f"{year % 100}/{random.randrange(510000, 540000)}/TK/{year}",
        study_program=random.choice(PROGRAMMES),
        entry_year=year,
    )


def open_office() -> tuple[User, User]:
    """One staff and one admin; no verb makes them, as no student becomes one."""
    verified = {"email_verified": True}
    staff = User.objects.create_user(
        STAFF_EMAIL, None, role=Role.STAFF, full_name="Panitia Lomba", **verified
    )
    admin = User.objects.create_superuser(
        ADMIN_EMAIL, None, full_name="Ketua Panitia", **verified
    )
    return staff, admin


def found_universities() -> dict[str, Institution]:
    """The confirmed institutions by their names."""
    return {name: _institution(name) for name in UNIVERSITIES}


def _institution(name: str) -> Institution:
    known = Institution.objects.filter(name_key=folded(name)).first()
    return known or Institution.objects.create(
        name=name, name_key=folded(name), confirmed=True
    )


def join_all(
    students: Iterable[Student], universities: dict[str, Institution], *, at: datetime
) -> list[User]:
    """Register the students."""
    return [
        _join(
            s.email,
            at=at,
            full_name=s.full_name,
            phone=s.phone,
            institution=universities[s.university],
            student_number=s.student_number,
            study_program=s.study_program,
            entry_year=s.entry_year,
        )
        for s in students
    ]


def join_judges(universities: dict[str, Institution], *, at: datetime) -> list[User]:
    """People of six universities who will be appointed."""
    return [
        _join(
            f"juri{number}@{DOMAIN}",
            at=at,
            full_name=name,
            institution=universities[university],
        )
        for number, (name, university) in enumerate(JUDGES, start=1)
    ]


@retry_on_conflict
@transaction.atomic
def _join(email: str, *, at: datetime, **profile: Any) -> User:
    """Register a person and confirm the address, as the mail's link would."""
    user = workflow.register(email=email, password=None, at=at, **profile)
    return workflow.verify_email(take_token("verify_email", user.email), at=at)


def hand_out_password() -> None:
    """Give everybody the one password that all know: hashed once, not 300 times."""
    encoded = make_password(PASSWORD)
    User.objects.filter(email__endswith=f"@{DOMAIN}").update(password=encoded)
