"""Forms save through the workflow; what it refuses stands at a field."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.db.transactions import Conflict
from registrations import workflow
from registrations.models import Competition
from submissions.models import Stage
from tests.admin.conftest import errors_of
from tests.factories import make_competition, make_registration, make_stage


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def moment(name, days):
    at = timezone.localtime(now() + timedelta(days=days))
    return {f"{name}_0": at.date().isoformat(), f"{name}_1": at.strftime("%H:%M:%S")}


def competition_form(office, **fields):
    return {
        **office.filled(Competition),
        "title": "Business Case",
        "slug": "business-case",
        "category": "business",
        "required_documents": ["student_card"],
        "questions": json.dumps(
            [{"key": "shirt", "type": "text", "label": {"en": "Shirt", "id": "Kaus"}}]
        ),
        **moment("registration_opens_at", -1),
        **moment("registration_closes_at", 2),
        **moment("starts_at", 3),
        **moment("ends_at", 5),
        **fields,
    }


def stage_form(office, competition, /, **fields):
    return {
        **office.filled(Stage),
        "competition": str(competition.pk),
        "name": "Proposal",
        **moment("opens_at", 1),
        **moment("closes_at", 2),
        **fields,
    }


def test_create_a_competition_with_a_stage_and_publish_it(office, staff, anyone):
    page = office.save(Competition, competition_form(office))
    assert page.status_code == 302, errors_of(page)
    competition = Competition.objects.get()
    assert competition.status == "draft"
    assert competition.title_key == "business case"
    assert competition.required_documents == ["student_card"]
    assert competition.questions[0]["required"] is False  # completed by the workflow
    page = office.save(Stage, stage_form(office, competition))
    assert page.status_code == 302, errors_of(page)
    assert Stage.objects.get().allowed_types == ["application/pdf"]
    assert office.run("publish", competition)[-1] == "Published: 1."
    shown = anyone.get("/competitions/business-case").json()["data"]
    assert [stage["name"] for stage in shown["stages"]] == ["Proposal"]
    events = AuditEvent.objects.filter(actor=staff).order_by("id")
    assert [event.action for event in events] == [
        "competition.created",
        "stage.created",
        "competition.published",
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (moment("registration_closes_at", -2), "registration_closes_at"),
        (moment("ends_at", 1), "ends_at"),
        ({"team_size_min": 4, "team_size_max": 3}, "team_size_max"),
        ({"questions": '[{"key": "A B"}]'}, "questions"),
        ({"questions": '{"a": 1}'}, "questions"),
        ({"questions": "nonsense"}, "questions"),
        ({"questions": "NaN"}, "questions"),
        ({"questions": '[{"key": "\\ud800"}]'}, "questions"),
        ({"questions": "[" * 99_999}, "questions"),
        ({"required_documents": ["passport"]}, "required_documents"),
        ({"slug": "not a slug"}, "slug"),
        ({"title": ""}, "title"),
    ],
)
def test_a_contradiction_stands_at_its_field(office, fields, field):
    page = office.save(Competition, competition_form(office, **fields))
    assert list(errors_of(page)) == [field]
    assert not Competition.objects.exists()


def test_two_competitions_do_not_share_a_slug(office):
    make_competition(slug="business-case")
    page = office.save(Competition, competition_form(office))
    assert list(errors_of(page)) == ["slug"]


def test_saving_an_untouched_form_changes_nothing(office):
    competition = make_competition(questions=[], capacity=3)
    before = Competition.objects.values().get()
    page = office.save(
        Competition, office.filled(Competition, competition), competition
    )
    assert page.status_code == 302, errors_of(page)
    assert Competition.objects.values().get() == before


def test_change_a_competition(office):
    competition = make_competition()
    registration = make_registration(competition)
    fields = office.filled(Competition, competition) | {"title": "New title"}
    page = office.save(Competition, fields | {"slug": "other"}, competition)
    assert page.status_code == 302, errors_of(page)
    old_slug = competition.slug
    competition.refresh_from_db()
    registration.refresh_from_db()
    assert (competition.title, competition.slug) == ("New title", old_slug)
    assert registration.competition_title == "New title"


def test_what_teams_registered_under_is_refused_at_the_field(office):
    competition = make_competition()
    make_registration(competition)
    fields = office.filled(Competition, competition) | {"team_size_min": 2}
    page = office.save(Competition, fields, competition)
    assert list(errors_of(page)) == ["team_size_min"]
    competition.refresh_from_db()
    assert competition.team_size_min == 1


def test_who_saves_second_is_told_and_loses_nothing(office, staff):
    competition = make_competition()
    fields = office.filled(Competition, competition) | {"summary": "Mine"}
    workflow.change_competition(competition, by=staff, summary="Somebody else's")
    page = office.save(Competition, fields, competition)
    assert list(errors_of(page)) == ["__all__"]
    assert 'value="Mine"' in page.content.decode()
    competition.refresh_from_db()
    assert competition.summary == "Somebody else's"


def test_a_lost_race_is_an_error_in_the_form(office):
    """Places are taken between the form's check and the workflow's update."""
    competition = make_competition(capacity=5)
    Competition.objects.update(seats_taken=4)
    fields = office.filled(Competition, competition) | {"capacity": 3}
    page = office.save(Competition, fields, competition)
    assert list(errors_of(page)) == ["capacity"]
    competition.refresh_from_db()
    assert competition.capacity == 5
    assert not transaction.get_connection().in_atomic_block


def test_a_conflict_is_tried_again(office, monkeypatch):
    competition = make_competition()
    change, calls = workflow.change_competition, []

    def conflicting_once(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise Conflict
        return change(*args, **kwargs)

    monkeypatch.setattr(workflow, "change_competition", conflicting_once)
    fields = office.filled(Competition, competition) | {"title": "New title"}
    assert office.save(Competition, fields, competition).status_code == 302
    competition.refresh_from_db()
    assert (competition.title, len(calls)) == ("New title", 2)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        (moment("closes_at", 0), "closes_at"),
        (moment("late_until", 1), "late_until"),
        ({"accepts_files": ""}, "accepts_files"),
        ({"allowed_types": ["text/html"]}, "allowed_types"),
        ({"name": ""}, "name"),
        ({"competition": ""}, "competition"),
    ],
)
def test_a_contradiction_in_a_stage_stands_at_its_field(office, fields, field):
    competition = make_competition()
    form = stage_form(office, competition, **fields)
    if not form["accepts_files"]:
        del form["accepts_files"]
    page = office.save(Stage, form)
    assert list(errors_of(page)) == [field]
    assert not Stage.objects.exists()


def test_change_a_stage(office):
    stage = make_stage(name="Old")
    fields = office.filled(Stage, stage) | {"name": "New", "paused": "on"}
    page = office.save(Stage, fields, stage)
    assert page.status_code == 302, errors_of(page)
    stage.refresh_from_db()
    assert (stage.name, stage.paused) == ("New", True)
    assert stage.competition.stages[0]["name"] == "New"


def test_an_order_that_is_taken_is_told(office):
    first = make_stage(order=1)
    second = make_stage(first.competition, order=2)
    fields = office.filled(Stage, second) | {"order": 1}
    assert list(errors_of(office.save(Stage, fields, second))) == ["order"]
    page = office.save(Stage, stage_form(office, first.competition, order=1))
    assert errors_of(page)
    assert Stage.objects.count() == 2


def test_a_competition_is_found_by_typing(office):
    make_competition(title="Line Follower")
    make_competition(title="Hackathon")
    found = office.client.get(
        "/admin/autocomplete/",
        {
            "term": "line",
            "app_label": "submissions",
            "model_name": "stage",
            "field_name": "competition",
        },
    ).json()
    assert [result["text"] for result in found["results"]] == ["Line Follower"]
