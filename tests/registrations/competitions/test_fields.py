"""What a competition is made of: bounds, contradictions, what freezes, what shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition, InstitutionQuota, Registration
from registrations.workflow import entries
from tests.api import Api
from tests.factories import (
    competition_fields,
    make_competition,
    make_institution,
    make_registration,
)
from tests.racing import race

pytestmark = pytest.mark.django_db

QUESTION = {
    "key": "shirt",
    "type": "choice",
    "choices": ["M", "L"],
    "label": {"en": "Shirt size", "id": "Ukuran kaus"},
}


def body(**fields: Any) -> dict[str, Any]:
    """A whole competition as a client sends it."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in competition_fields(**fields).items()
    }


def data_of(response: Any, status: int) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


def refused(response: Any, code: str) -> list[str]:
    """The fields that a refusal names."""
    answer = response.json()["data"]
    assert answer["code"] == code, answer
    return sorted(answer["errors"])


# --- written and shown --------------------------------------------------------------
def test_every_field_is_stored_and_those_of_the_shape_are_shown(staff: User) -> None:
    campus = make_institution()
    written = body(
        summary="Short",
        capacity=20,
        seat_policy="on_proof",
        institution_quota=2,
        waitlist_open=True,
        waitlist_closes_at=now() + timedelta(days=6),
        offer_hours=24,
        payment_due_hours=72,
        withdrawal_closes_at=now() + timedelta(days=7),
        roster_locks_at=now() + timedelta(days=4),
        fee=75_000,
        payment_instructions="Bank Kampus 123",
        questions=[QUESTION],
        required_documents=["student_card"],
        eligibility={
            "institutions": [str(campus.pk)],
            "email_domains": ["mail.campus.example"],
            "entry_year_min": 2022,
            "entry_year_max": 2026,
            "mixed_institutions": False,
        },
    )
    shown = data_of(Api(staff).post("/competitions", written), 201)
    assert set(shown) == {
        *("id", "slug", "title", "summary", "category", "phase", "capacity", "fee"),
        *("registration_opens_at", "registration_closes_at", "starts_at", "ends_at"),
        *("team_size_min", "team_size_max", "seats_taken", "description", "status"),
        *("questions", "required_documents", "stages", "announcements"),
        *("payment_instructions", "roster_locks_at", "seat_policy", "waitlist"),
        *("eligibility", "version"),
    }
    assert shown["status"] == "draft"
    assert shown["waitlist"] == {"open": True, "length": 0}
    assert shown["eligibility"] == written["eligibility"]
    assert shown["questions"] == [{**QUESTION, "required": False, "help": None}]
    row = Competition.objects.get(slug=shown["slug"])
    assert (row.institution_quota, row.offer_hours) == (2, 24)
    assert (row.payment_due_hours, row.seat_policy) == (72, "on_proof")
    for name in ("waitlist_closes_at", "withdrawal_closes_at"):
        assert getattr(row, name) is not None


def test_what_is_left_out_has_the_contracts_defaults(staff: User) -> None:
    shown = data_of(Api(staff).post("/competitions", body()), 201)
    row = Competition.objects.get(slug=shown["slug"])
    assert (shown["seat_policy"], row.offer_hours) == ("on_submit", 48)
    assert (row.payment_due_hours, row.institution_quota) == (48, None)
    assert shown["waitlist"] == {"open": False, "length": 0}
    assert shown["eligibility"] == {
        "institutions": [],
        "email_domains": [],
        "entry_year_min": None,
        "entry_year_max": None,
        "mixed_institutions": True,
    }


def test_eligibility_is_written_whole(staff: User) -> None:
    competition = make_competition(eligibility={"entry_year_min": 2023})
    changes = {"eligibility": {"mixed_institutions": False}}
    path = f"/competitions/{competition.slug}"
    shown = data_of(Api(staff).patch(path, changes), 200)["eligibility"]
    assert (shown["entry_year_min"], shown["mixed_institutions"]) == (None, False)


# --- what contradicts ---------------------------------------------------------------
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"registration_closes_at": now() - 2 * DAY}, "registration_closes_at"),
        ({"ends_at": now()}, "ends_at"),
        ({"roster_locks_at": now() - 2 * DAY}, "roster_locks_at"),
        ({"roster_locks_at": now() + 10 * DAY}, "roster_locks_at"),
        ({"waitlist_closes_at": now() - 2 * DAY}, "waitlist_closes_at"),
        ({"waitlist_closes_at": now() + 10 * DAY}, "waitlist_closes_at"),
        ({"withdrawal_closes_at": now() - 2 * DAY}, "withdrawal_closes_at"),
        ({"withdrawal_closes_at": now() + 10 * DAY}, "withdrawal_closes_at"),
        ({"team_size_min": 3, "team_size_max": 2}, "team_size_max"),
        ({"team_size_min": 0}, "team_size_min"),
        ({"team_size_max": 51}, "team_size_max"),
        ({"capacity": 0}, "capacity"),
        ({"institution_quota": 0}, "institution_quota"),
        ({"offer_hours": 0}, "offer_hours"),
        ({"offer_hours": 721}, "offer_hours"),
        ({"payment_due_hours": 0}, "payment_due_hours"),
        ({"fee": 1_000_000_001}, "fee"),
        ({"questions": [QUESTION, QUESTION]}, "questions"),
        ({"questions": [QUESTION | {"label": {"en": "Only"}}]}, "questions"),
        ({"questions": [QUESTION | {"label": "Shirt"}]}, "questions"),
        ({"questions": [QUESTION | {"choices": ["M", "M"]}]}, "questions"),
        ({"questions": [QUESTION | {"choices": [" "]}]}, "questions"),
        ({"questions": [QUESTION | {"choices": ["x" * 101]}]}, "questions"),
        ({"questions": [QUESTION | {"choices": []}]}, "questions"),
        ({"questions": [QUESTION | {"type": "text"}]}, "questions"),
        ({"questions": [QUESTION | {"type": ["choice"]}]}, "questions"),
        ({"questions": [QUESTION | {"key": "Shirt size"}]}, "questions"),
        ({"questions": [QUESTION | {"key": 3}]}, "questions"),
        ({"questions": [QUESTION | {"more": 1}]}, "questions"),
        ({"questions": [QUESTION | {"help": {"en": "a", "id": ""}}]}, "questions"),
        (
            {"questions": [QUESTION | {"label": {"en": "x" * 201, "id": "y"}}]},
            "questions",
        ),
        (
            {"questions": [QUESTION | {"choices": [str(n) for n in range(51)]}]},
            "questions",
        ),
        ({"questions": [QUESTION | {"key": f"k{n}"} for n in range(51)]}, "questions"),
        (
            {"required_documents": ["student_card", "student_card"]},
            "required_documents",
        ),
    ],
)
def test_a_contradiction_is_named(staff: User, fields: Any, named: str) -> None:
    response = Api(staff).post("/competitions", body(**fields))
    assert response.status_code == 400, response.content
    assert refused(response, "validation_error") == [named]
    assert not Competition.objects.exists()
    with pytest.raises(RuleViolation) as violation:  # the admin's way in
        workflow.create_competition(by=staff, **competition_fields(**fields))
    assert list(violation.value.errors) == [named]


@pytest.mark.parametrize(
    ("conditions", "named"),
    [
        ({"institutions": [str(uuid4())]}, "eligibility.institutions"),
        ({"institutions": ["x"]}, "eligibility.institutions"),
        ({"institutions": [{"$ne": 1}]}, "eligibility.institutions"),
        ({"email_domains": ["Mail.Campus.example"]}, "eligibility.email_domains"),
        ({"email_domains": ["@campus.example"]}, "eligibility.email_domains"),
        ({"email_domains": ["campus"]}, "eligibility.email_domains"),
        ({"email_domains": ["-a.example"]}, "eligibility.email_domains"),
        ({"email_domains": ["a.example."]}, "eligibility.email_domains"),
        ({"email_domains": ["a.example"] * 2}, "eligibility.email_domains"),
        ({"email_domains": "a.example"}, "eligibility.email_domains"),
        ({"entry_year_min": 1949}, "eligibility.entry_year_min"),
        ({"entry_year_max": 2101}, "eligibility.entry_year_max"),
        (
            {"entry_year_min": 2025, "entry_year_max": 2024},
            "eligibility.entry_year_max",
        ),
        ({"mixed_institutions": None}, "eligibility.mixed_institutions"),
        ({"cities": []}, "eligibility.cities"),
        ("everybody", "eligibility"),
    ],
)
def test_a_condition_that_is_none_is_named(
    staff: User, conditions: Any, named: str
) -> None:
    written = body() | {"eligibility": conditions}
    response = Api(staff).post("/competitions", written)
    assert response.status_code == 400, response.content
    [field] = refused(response, "validation_error")
    assert field == named or field.startswith(f"{named}.")
    assert not Competition.objects.exists()


def test_the_workflow_checks_conditions_by_itself(staff: User) -> None:
    for conditions in (
        {"institutions": ["x"]},
        {"institutions": "all"},
        {"email_domains": ["Campus.example"]},
        {"email_domains": ["campus.example\n"]},
        {"entry_year_min": True},
        {"entry_year_max": "2024"},
        {"mixed_institutions": 1},
        {"cities": []},
        [],
        None,
    ):
        fields = competition_fields(eligibility=conditions)
        with pytest.raises(RuleViolation) as violation:
            workflow.create_competition(by=staff, **fields)
        assert violation.value.code == "validation_error", conditions


# --- what cannot change any more ----------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"questions": [QUESTION]},
        {"required_documents": ["student_card"]},
        {"team_size_min": 2},
        {"team_size_max": 4},
        {"seat_policy": "on_approval"},
    ],
)
def test_what_teams_registered_under_is_frozen(staff: User, change: Any) -> None:
    competition, free = make_competition(), make_competition()
    make_registration(competition)
    api = Api(staff)
    response = api.patch(f"/competitions/{competition.slug}", change)
    assert response.status_code == 409
    assert refused(response, "in_use") == list(change)
    assert data_of(api.patch(f"/competitions/{free.slug}", change), 200)
    [(field, value)] = change.items()
    competition.refresh_from_db()
    assert getattr(competition, field) != value


def test_the_same_value_again_is_no_change(staff: User) -> None:
    competition = make_competition(questions=[QUESTION])
    make_registration(competition)
    api = Api(staff)
    shown = data_of(api.get(f"/competitions/{competition.slug}"), 200)
    same = {"questions": shown["questions"], "eligibility": shown["eligibility"]}
    again = data_of(api.patch(f"/competitions/{competition.slug}", same), 200)
    assert again["version"] == shown["version"]


def test_the_fee_may_change_for_later_teams(staff: User) -> None:
    competition = make_competition(fee=50_000)
    early = make_registration(competition, submit_now=True)
    owed = early.amount_due
    workflow.change_competition(competition, by=staff, fee=80_000)
    late = make_registration(competition, submit_now=True)
    early.refresh_from_db()
    assert early.amount_due == owed
    assert late.amount_due >= 80_000


def test_a_quota_is_not_cut_below_what_one_institution_holds(staff: User) -> None:
    competition, other = make_competition(), make_competition()
    for row, taken in ((competition, 3), (competition, 1), (other, 9)):
        InstitutionQuota.objects.create(
            competition=row, institution_id=uuid4(), seats_taken=taken
        )
    path = f"/competitions/{competition.slug}"
    response = Api(staff).patch(path, {"institution_quota": 2})
    assert refused(response, "validation_error") == ["institution_quota"]
    competition.refresh_from_db()
    assert competition.institution_quota is None
    assert data_of(Api(staff).patch(path, {"institution_quota": 3}), 200)


def test_a_new_question_and_a_team_that_answered_the_old_one_exclude_each_other(
    staff: User,
) -> None:
    for _round in range(4):
        assert not both_happen(staff)


def test_control_without_the_note_both_happen(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "note_registration", lambda _: None)
    assert any(both_happen(staff) for _round in range(8))


def both_happen(staff: User) -> bool:
    """Whether a team holds an answer to a question that is no longer asked."""
    competition = make_competition(questions=[QUESTION])
    other = [QUESTION | {"key": "meal"}]
    make = {"answers": {"shirt": "M"}}
    race(
        lambda: make_registration(Competition.objects.get(pk=competition.pk), **make),
        lambda: workflow.change_competition(
            Competition.objects.get(pk=competition.pk), by=staff, questions=other
        ),
        lambda: make_registration(Competition.objects.get(pk=competition.pk), **make),
    )
    competition.refresh_from_db()
    teams = Registration.objects.filter(competition=competition).count()
    return bool(teams) and competition.questions[0]["key"] == "meal"


# --- published, archived ------------------------------------------------------------
def test_draft_published_archived_and_back(staff: User, student: User) -> None:
    competition = make_competition(published=False)
    path = f"/competitions/{competition.slug}"
    api, anyone = Api(staff), Api()
    ways = (
        ("archived", "invalid_transition", (404, False)),
        ("published", None, (200, True)),
        ("draft", None, (404, False)),
        ("published", None, (200, True)),
        ("archived", None, (200, False)),
        ("draft", "invalid_transition", (200, False)),
        ("published", None, (200, True)),
    )
    for status, code, (detail, listed) in ways:
        response = api.patch(path, {"status": status})
        assert response.json()["data"].get("code") == code
        assert anyone.get(path).status_code == detail
        rows = anyone.get("/competitions").json()["data"]["results"]
        assert bool(rows) == listed
        assert api.get("/competitions").json()["data"]["results"]


def test_an_archived_one_takes_no_teams(student: User) -> None:
    competition = make_competition()
    draft = make_registration(competition)
    workflow.change_competition(competition, by=student, status="archived")
    entry = {"competition": competition.slug, "team_name": "Late"}
    response = Api(student).post("/registrations", entry)
    assert refused(response, "registration_not_open") == []
    with pytest.raises(RuleViolation) as violation:
        workflow.submit(draft, by=draft.leader, at=now())
    assert violation.value.code == "registration_not_open"


def test_with_teams_it_is_no_draft_any_more(staff: User) -> None:
    competition = make_competition()
    make_registration(competition)
    response = Api(staff).patch(
        f"/competitions/{competition.slug}", {"status": "draft"}
    )
    assert (response.status_code, refused(response, "in_use")) == (409, [])
    competition.refresh_from_db()
    assert competition.status == "published"
