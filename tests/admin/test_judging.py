"""Rubric, judges and assignments: added by forms, ended by actions, refused aloud."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from submissions import workflow
from submissions.models import (
    Assignment,
    Criterion,
    JudgeAppointment,
    JudgeConflict,
    Review,
    Stage,
)
from tests.admin.conftest import errors_of, mark
from tests.factories import (
    make_approved,
    make_assignment,
    make_competition,
    make_handed_in,
    make_judge,
    make_judged_stage,
    make_stage,
    make_submission,
    make_user,
)


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def criterion_form(office, **fields):
    return office.filled(Criterion) | {"name": "Idea", "weight": 2} | fields


def test_add_a_criterion(office, staff):
    stage = make_stage()
    page = office.save(Criterion, criterion_form(office, stage=str(stage.pk)))
    assert page.status_code == 302, errors_of(page)
    stage.refresh_from_db()
    (shown,) = stage.criteria
    assert (shown["name"], shown["max_score"], shown["weight"]) == ("Idea", 100, 2)
    assert stage.competition.stages[0]["criteria"] == stage.criteria
    assert AuditEvent.objects.get(action="criterion.created").actor_id == staff.pk
    html = office.open(stage).content.decode()
    assert office.url(Criterion, "change", shown["id"]) in html
    add = f"{office.url(Criterion, 'add')}?stage={stage.pk}"
    assert add in html
    chosen = office.client.get(add).context["adminform"].form["stage"].value()
    assert str(chosen) == str(stage.pk)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"stage": ""}, "stage"), ({"name": ""}, "name"), ({"weight": 0}, "weight")],
)
def test_a_criterion_that_is_not_whole(office, fields, field):
    form = criterion_form(office, stage=str(make_stage().pk)) | fields
    assert list(errors_of(office.save(Criterion, form))) == [field]
    assert not Criterion.objects.exists()


def test_change_a_criterion_until_marks_are_given(office):
    stage = make_judged_stage()
    criterion = stage.criterion_rows.get()
    fields = office.filled(Criterion, criterion) | {"name": "Craft"}
    page = office.save(Criterion, fields, criterion)
    assert page.status_code == 302, errors_of(page)
    stage.refresh_from_db()
    assert [c["name"] for c in stage.criteria] == ["Craft"]
    mark(make_assignment(make_handed_in(stage)), 70)
    fields = office.filled(Criterion, criterion) | {"max_score": 50}
    assert list(errors_of(office.save(Criterion, fields, criterion))) == ["__all__"]
    criterion.refresh_from_db()
    assert criterion.max_score == 100


def test_who_changes_a_criterion_second_is_told(office, staff):
    criterion = make_judged_stage().criterion_rows.get()
    fields = office.filled(Criterion, criterion) | {"name": "Mine"}
    workflow.change_criterion(criterion, by=staff, weight=7)
    assert list(errors_of(office.save(Criterion, fields, criterion))) == ["__all__"]
    criterion.refresh_from_db()
    assert (criterion.name, criterion.weight) == ("Quality", 7)


def appoint(office, competition, person):
    fields = {"competition": str(competition.pk), "user": str(person.pk)}
    return office.save(JudgeAppointment, fields)


def test_appoint_a_judge(office, staff):
    competition, person = make_competition(), make_user(full_name="Dr. Ratna")
    page = appoint(office, competition, person)
    assert page.status_code == 302, errors_of(page)
    person.refresh_from_db()
    assert person.role == "judge"
    assert AuditEvent.objects.get(action="judge.appointed").actor_id == staff.pk
    appointment = JudgeAppointment.objects.get()
    followed = office.client.get(page["Location"]).content.decode()
    assert office.url(JudgeAppointment, "change", appointment.pk) in followed
    assert appoint(office, competition, person).status_code == 302  # changes nothing
    assert JudgeAppointment.objects.count() == 1


def test_who_takes_part_or_runs_it_is_not_appointed(office, staff):
    team = make_approved()
    for person in (team.leader, staff):
        page = appoint(office, team.competition, person)
        assert list(errors_of(page)) == ["__all__"]
    assert not JudgeAppointment.objects.exists()


@pytest.mark.parametrize("field", ["competition", "user"])
def test_an_appointment_lacks_nothing(office, field):
    fields = {"competition": make_competition().pk, "user": make_user().pk}
    page = office.save(JudgeAppointment, fields | {field: ""})
    assert list(errors_of(page)) == [field]


@pytest.mark.parametrize(("column", "term"), [("competition", "line"), ("user", "ra")])
def test_both_are_found_by_typing(office, column, term):
    make_competition(title="Line Follower")
    make_user(email="ratna@mail.example", full_name="Ratna")
    found = office.client.get(
        "/admin/autocomplete/",
        {
            "term": term,
            "app_label": "submissions",
            "model_name": "judgeappointment",
            "field_name": column,
        },
    ).json()
    assert len(found["results"]) == 1


def test_dismiss_a_judge_without_work_only(office):
    competition = make_competition()
    idle = JudgeAppointment.objects.get(user=make_judge(competition))
    stage = make_judged_stage(competition=competition)
    busy = make_assignment(make_handed_in(stage)).judge.appointments.get()
    messages = office.run("dismiss", idle, busy)
    assert len(messages) == 2
    assert messages[0].startswith(str(busy))
    assert messages[1] == "Dismissed: 1."
    assert list(JudgeAppointment.objects.all()) == [busy]


def assign(office, submission, appointment):
    fields = {"submission": str(submission.pk), "judge": str(appointment.pk)}
    return office.save(Assignment, fields)


def appointed(competition, **fields):
    return make_judge(competition, **fields).appointments.get()


def test_assign_work(office):
    work = make_handed_in(make_judged_stage())
    appointment = appointed(work.competition)
    form = office.client.get(office.url(Assignment, "add")).content.decode()
    assert f"{work.competition}: {appointment.full_name}" in form
    page = assign(office, work, appointment)
    assert page.status_code == 302, errors_of(page)
    assignment = Assignment.objects.get()
    assert (assignment.submission, assignment.judge) == (work, appointment.user)
    followed = office.client.get(page["Location"]).content.decode()
    assert office.url(Assignment, "change", assignment.pk) in followed


def test_what_cannot_be_assigned_is_told_at_its_field(office):
    stage = make_judged_stage()
    work, judge = make_handed_in(stage), appointed(stage.competition)
    draft = make_submission(stage)
    stranger = appointed(make_competition())
    friend = appointed(
        stage.competition, institution=work.registration.leader.institution
    )
    refused = [(draft, judge), (work, stranger), (work, friend)]
    pages = [assign(office, *pair) for pair in refused]
    fields = [list(errors_of(page)) for page in pages]
    assert fields == [["submission"], ["judge"], ["__all__"]]
    assert not Assignment.objects.exists()
    assign(office, work, judge)
    assert list(errors_of(assign(office, work, judge))) == ["__all__"]
    assert Assignment.objects.count() == 1


def test_assignments_are_filtered_by_status_and_stage(office):
    done, waiting = make_assignment(), make_assignment()
    mark(done, 80)
    assert office.names(Assignment, status__exact="final") == [str(done)]
    of_stage = {"stage__id__exact": str(waiting.stage_id)}
    assert office.names(Assignment, **of_stage) == [str(waiting)]
    shown = office.list(Assignment).content.decode()
    assert f"{done.stage.competition}: {done.stage.name}" in shown


def test_a_review_shows_its_marks_by_name_and_cannot_be_changed(office):
    assignment = mark(make_assignment(), 72.5)
    review = assignment.review
    html = office.open(review).content.decode()
    assert "Quality: 72.5 / 100" in html
    assert review.private_note in html
    office.save(Review, {"comment": "Changed."}, review)
    review.refresh_from_db()
    assert review.comment == "Well done."


def test_a_conflict_names_what_it_is_about(office):
    judge, team = make_user(), make_approved()
    for about in (
        {"registration": team},
        {"institution": team.leader.institution},
        {"user": team.leader},
    ):
        workflow.declare_conflict(judge=judge, reason="Family.", **about)
    html = office.list(JudgeConflict).content.decode()
    for shown in (team.team_name, team.leader.institution_name, team.leader.full_name):
        assert shown in html


@pytest.mark.parametrize(
    "model", [Criterion, JudgeAppointment, Assignment, Review, JudgeConflict, Stage]
)
def test_a_list_of_judging_costs_as_much_for_three_rows_as_for_one(office, model):
    counts = []
    for more in (1, 2):
        for _ in range(more):
            assignment = mark(make_assignment(), 80)
            workflow.declare_conflict(
                judge=assignment.judge, reason="R.", registration=make_approved()
            )
        office.list(model)
        with CaptureQueriesContext(connection) as queries:
            assert office.list(model).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
