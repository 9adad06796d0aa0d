"""Counts by state: each status with its number, zero included."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from competition_site.clock import now
from registrations import workflow
from tests.api import Api
from tests.factories import (
    make_approved,
    make_competition,
    make_document,
    make_registration,
)

pytestmark = pytest.mark.django_db


def test_each_state_is_counted_in_its_competition_only(
    staff: User, django_assert_num_queries: Any
) -> None:
    competition = make_competition(capacity=5)
    draft = make_registration(competition)
    make_document(draft)
    workflow.verify_document(make_document(draft, kind="other"), by=staff)
    make_document(make_registration())  # another competition's
    for _ in range(2):
        team = make_registration(competition)
        workflow.submit(team, by=team.leader, at=now())
    make_approved(competition=competition)
    make_approved()  # another competition's
    api = Api(staff)
    with django_assert_num_queries(6):
        response = api.get(f"/competitions/{competition.slug}/stats")
    counts = response.json()["data"]
    assert counts["registrations"] == {
        "draft": 1,
        "submitted": 2,
        "approved": 1,
        **dict.fromkeys(
            (
                *("changes_requested", "waitlisted", "offered", "rejected"),
                *("withdrawn", "expired", "disqualified"),
            ),
            0,
        ),
    }
    assert counts["payments"]["not_required"] == 4
    assert counts["documents_waiting"] == {
        "payment_proof": 0,
        "student_card": 1,
        "enrolment_letter": 0,
        "other": 0,
    }
    assert counts["seats"] == {"capacity": 5, "taken": 3, "free": 2}
    assert counts["waitlist"] == {"open": False, "length": 0}


def test_without_a_limit_there_is_no_number_of_free_places(staff: User) -> None:
    competition = make_competition()
    counts = Api(staff).get(f"/competitions/{competition.slug}/stats").json()["data"]
    assert counts["seats"] == {"capacity": None, "taken": 0, "free": None}
    assert set(counts["registrations"].values()) == {0}


def test_it_is_for_staff(student: User) -> None:
    competition = make_competition()
    path = f"/competitions/{competition.slug}/stats"
    assert Api(student).get(path).status_code == 403
    assert Api().get(path).status_code == 401
