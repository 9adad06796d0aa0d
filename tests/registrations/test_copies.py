"""Names and institutions follow their people wherever they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import workflow as accounts
from accounts.models import AuditEvent, Institution, InstitutionAlias, User
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition, InstitutionQuota, Registration
from registrations.workflow.teams import members
from submissions import workflow as submissions
from submissions.models import Assignment, JudgeAppointment, JudgeConflict
from tests.api import Api
from tests.factories import (
    add_member,
    invitation_token,
    make_assignment,
    make_competition,
    make_institution,
    make_judge,
    make_registration,
    make_user,
)
from tests.racing import race

pytestmark = pytest.mark.django_db


def shown(registration: Registration) -> list[tuple[str, str]]:
    """Names and institutions as the roster has them."""
    registration.refresh_from_db()
    return [(m["full_name"], m["institution"]) for m in registration.roster]


def named(code: str, call: Any, *args: Any, **kwargs: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as violation:
        call(*args, **kwargs)
    assert violation.value.code == code
    return violation.value


# --- a person's own -----------------------------------------------------------------
def test_a_new_name_reaches_every_team_and_nothing_else(student: User) -> None:
    first, second = make_registration(leader=student), make_registration()
    add_member(second, student)
    other = make_registration()
    before, events = shown(other), AuditEvent.objects.filter(actor=student)
    event = events.order_by("id").first()
    assert event is not None
    Api(student).patch("/me", {"full_name": "Sri Rahayu"})
    campus = student.institution_name
    assert shown(first) == [("Sri Rahayu", campus)]
    assert ("Sri Rahayu", campus) in shown(second)
    assert [name for name, _ in shown(second)].count("Sri Rahayu") == 1
    assert shown(other) == before
    event.refresh_from_db()
    assert event.actor_name == student.full_name  # who it was when it happened
    row = Api(student).get("/registrations").json()["data"]["results"][-1]
    assert row["leader"]["full_name"] == "Sri Rahayu"


def test_a_judges_name_follows(admin: User) -> None:
    assignment = make_assignment()
    other = make_judge(assignment.stage.competition)
    accounts.change_profile(assignment.judge, by=admin, full_name="Dr Ani")
    assignment.refresh_from_db()
    assert assignment.judge_name == "Dr Ani"
    names = dict(JudgeAppointment.objects.values_list("user_id", "full_name"))
    assert names[assignment.judge_id] == "Dr Ani"
    assert names[other.pk] == other.full_name
    assert Assignment.objects.exclude(pk=assignment.pk).count() == 0


def test_a_teams_institution_is_the_leaders_until_it_holds_a_place(
    student: User,
) -> None:
    draft, seated = (make_registration(leader=student) for _ in range(2))
    as_member = make_registration()
    add_member(as_member, student)
    workflow.submit(seated, by=student, at=now())
    old, home = student.institution, as_member.institution_id
    new = make_institution("Institut Baru")
    response = Api(student).patch("/me", {"institution": str(new.pk)})
    assert response.status_code == 200, response.content
    assert shown(draft) == shown(seated) == [(student.full_name, "Institut Baru")]
    as_member.refresh_from_db()
    assert draft.institution_id == new.pk
    assert seated.institution_id == old.pk
    assert as_member.institution_id == home
    assert (student.full_name, "Institut Baru") in shown(as_member)


def test_another_leader_brings_another_institution() -> None:
    team = make_registration()
    member = add_member(team)
    workflow.hand_over(team, member, by=team.leader, at=now())
    team.refresh_from_db()
    assert team.institution_id == member.institution_id


def test_who_joins_while_their_name_changes_stands_there_under_the_new() -> None:
    for number in range(4):
        team, person = make_registration(), make_user()
        token = invitation_token(team, person.email)
        before = User.objects.get(pk=person.pk)
        race(
            lambda t=token, u=before: workflow.accept_invitation(t, by=u, at=now()),
            lambda u=person, n=number: accounts.change_profile(u, full_name=f"New {n}"),
        )
        assert (f"New {number}", person.institution_name) in shown(team)


def test_control_without_the_hold_the_old_name_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(members, "hold_open_account", lambda _: True)
    team, person = make_registration(), make_user()
    token, before = invitation_token(team, person.email), person.full_name
    accounts.change_profile(User.objects.get(pk=person.pk), full_name="New")
    workflow.accept_invitation(token, by=person, at=now())  # as it was read before
    assert (before, person.institution_name) in shown(team)


# --- an institution's ---------------------------------------------------------------
def test_another_name_of_an_institution_reaches_its_people(staff: User) -> None:
    campus, other = make_institution("Univ. Senja"), make_institution("Univ. Fajar")
    own, foreign = make_user(institution=campus), make_user(institution=other)
    team = make_registration(leader=own)
    add_member(team, foreign)
    accounts.change_institution(campus, by=staff, name="Universitas Senja")
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert own.institution_name == "Universitas Senja"
    assert foreign.institution_name == "Univ. Fajar"
    assert [home for _, home in shown(team)] == ["Universitas Senja", "Univ. Fajar"]
    found = Api().get("/institutions?search=univ. senja").json()["data"]["results"]
    assert [row["name"] for row in found] == ["Universitas Senja"]
    accounts.change_institution(campus, by=staff, name="Univ. Senja")  # and back
    aliases = InstitutionAlias.objects.filter(institution=campus)
    assert [alias.name for alias in aliases] == ["Universitas Senja"]
    assert AuditEvent.objects.filter(action="institution.changed").count() == 2


def test_another_spelling_is_no_other_name(staff: User) -> None:
    campus = make_institution("universitas senja")
    accounts.change_institution(campus, by=staff, name="Universitas Senja")
    assert not InstitutionAlias.objects.exists()
    campus.refresh_from_db()
    assert campus.name == "Universitas Senja"


def test_a_name_that_another_has_or_had_is_refused(staff: User) -> None:
    campus, other = make_institution("Senja"), make_institution("Fajar")
    workflow.merge_institutions(make_institution("Subuh"), other, by=staff)
    for name in ("fajar", "Subuh"):
        violation = named(
            "already_exists", accounts.change_institution, campus, by=staff, name=name
        )
        assert list(violation.errors) == ["name"]
    change = accounts.change_institution
    named("validation_error", change, campus, by=staff, name="\u200b")
    named("stale_version", change, campus, by=staff, name="New", if_version=9)
    campus.refresh_from_db()
    assert campus.name == "Senja"


def test_who_chooses_an_institution_under_its_old_name_gets_the_new(
    staff: User, student: User
) -> None:
    campus = make_institution("Old")
    stale = Institution.objects.get(pk=campus.pk)
    accounts.change_institution(campus, by=staff, name="New")
    accounts.change_profile(student, institution=stale)
    student.refresh_from_db()
    assert student.institution_name == "New"
    workflow.merge_institutions(campus, make_institution(), by=staff)
    violation = named("not_found", accounts.change_profile, student, institution=stale)
    assert list(violation.errors) == ["institution"]


def test_a_merge_reaches_rosters_conditions_and_conflicts(staff: User) -> None:
    source, target, third = (make_institution(name) for name in ("Src", "Tgt", "Thd"))
    keys = [str(row.pk) for row in (source, target, third)]
    ours = make_competition(eligibility={"institutions": keys})
    theirs = make_competition(eligibility={"institutions": [keys[2]]})
    before = Competition.objects.values().get(pk=theirs.pk)
    team = make_registration(ours, leader=make_user(institution=source))
    judge = make_judge(make_competition())
    submissions.declare_conflict(judge=judge, institution=source, reason="My employer.")
    workflow.merge_institutions(source, target, by=staff)
    assert shown(team) == [(team.leader.full_name, "Tgt")]
    assert team.institution_id == target.pk
    version = ours.version
    ours.refresh_from_db()
    assert ours.eligibility["institutions"] == [keys[1], keys[2]]
    assert ours.version == version + 1
    assert Competition.objects.values().get(pk=theirs.pk) == before
    assert JudgeConflict.objects.get().institution_id == target.pk


def test_a_condition_and_a_merge_at_once_leave_no_institution_that_is_gone(
    staff: User,
) -> None:
    for _round in range(6):
        source, target = make_institution(), make_institution()
        competition = make_competition()
        race(
            lambda s=source, t=target: workflow.merge_institutions(s, t, by=staff),
            lambda s=source, c=competition: workflow.change_competition(
                c, by=staff, eligibility={"institutions": [str(s.pk)]}
            ),
        )
        competition.refresh_from_db()
        assert competition.eligibility["institutions"] in ([], [str(target.pk)])


def test_places_of_two_institutions_count_together_after_a_merge(staff: User) -> None:
    source, target, other = (make_institution() for _ in range(3))
    both, alone = make_competition(institution_quota=3), make_competition()
    for competition, campus in (
        *((both, source), (both, source), (both, target), (both, other)),
        (alone, source),
    ):
        make_registration(
            competition, leader=make_user(institution=campus), submit_now=True
        )
    workflow.merge_institutions(source, target, by=staff)
    quotas = InstitutionQuota.objects.values_list(
        "competition_id", "institution_id", "seats_taken"
    )
    assert set(quotas) == {
        (both.pk, target.pk, 3),
        (both.pk, other.pk, 1),
        (alone.pk, target.pk, 1),
    }
    late = {"leader": make_user(institution=target), "submit_now": True}
    named("institution_quota_full", make_registration, both, **late)
