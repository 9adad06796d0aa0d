"""Institutions: proposed, found under every name they had, confirmed, merged."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import workflow as accounts
from accounts.models import AuditEvent, Institution, InstitutionAlias, User
from accounts.workflow import institutions
from competition_site.db.transactions import Conflict
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Registration
from tests.api import Api
from tests.factories import make_institution, make_registration, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db


def found(search: str) -> list[str]:
    response = Api().get(f"/institutions?search={search}")
    return [row["name"] for row in response.json()["data"]["results"]]


# --- proposed -----------------------------------------------------------------------
def test_a_proposal_is_unconfirmed_and_recorded(student: User) -> None:
    response = Api(student).post("/institutions", {"name": "  Universitas Senja "})
    assert response.status_code == 201
    row = Institution.objects.get(name_key="universitas senja")
    assert response.json()["data"] == {
        "id": str(row.pk),
        "name": "Universitas Senja",
        "confirmed": False,
    }
    event = AuditEvent.objects.get(action="institution.proposed")
    assert (event.actor_id, event.object_id) == (student.pk, row.pk)


@pytest.mark.parametrize(
    "name",
    [
        "Universitas Senja",
        "UNIVERSITAS SENJA",
        " universitas  senja",
        "\N{FULLWIDTH LATIN CAPITAL LETTER U}niversitas Senja",
    ],
)
def test_a_known_one_is_named_by_its_id(student: User, name: str) -> None:
    known = make_institution("Universitas Senja")
    response = Api(student).post("/institutions", {"name": name})
    assert response.status_code == 409
    assert response.json()["data"]["code"] == "already_exists"
    assert response.json()["data"]["id"] == str(known.pk)


def test_a_merged_ones_name_leads_to_where_it_went(student: User, staff: User) -> None:
    source, target = make_institution("Univ. Senja"), make_institution("Univ. Fajar")
    workflow.merge_institutions(source, target, by=staff)
    response = Api(student).post("/institutions", {"name": "univ. senja"})
    assert response.json()["data"]["id"] == str(target.pk)


def test_of_racing_proposals_one_is_stored_and_all_others_learn_its_id(
    student: User,
) -> None:
    outcomes = race(
        *[lambda: accounts.propose_institution("Institut Baru", by=student)] * 6
    )
    stored = Institution.objects.get(name_key="institut baru")
    refused = [o for o in outcomes if isinstance(o, RuleViolation)]
    assert len(refused) == 5
    assert {r.details.get("id") for r in refused} == {stored.pk}


@pytest.mark.parametrize("name", ["", "ab", "   ", "x" * 201, None, ["a"], {"$ne": 1}])
def test_what_is_no_name_is_refused(student: User, name: Any) -> None:
    response = Api(student).post("/institutions", {"name": name})
    assert response.status_code == 400
    assert "name" in response.json()["data"]["errors"]


def test_proposing_needs_a_log_in(anyone: Api) -> None:
    assert anyone.post("/institutions", {"name": "Universitas X"}).status_code == 401


# --- found --------------------------------------------------------------------------
def test_search_is_by_the_beginning_of_every_name_it_had(staff: User) -> None:
    target = make_institution("Universitas Indonesia")
    source = make_institution("UI Depok")
    make_institution("Akademi UI")  # holds the word, doesn't begin with it
    workflow.merge_institutions(source, target, by=staff)
    assert found("ui dep") == ["Universitas Indonesia"]
    assert found("UNIVERSITAS IND") == ["Universitas Indonesia"]
    assert found("ui") == ["Universitas Indonesia"]
    assert found(".*") == found("%25") == []


# --- confirmed ----------------------------------------------------------------------
def test_a_confirmation_is_recorded_once(staff: User, student: User) -> None:
    row = accounts.propose_institution("Universitas Senja", by=student)
    for _again in range(2):
        accounts.confirm_institution(row, by=staff)
    row.refresh_from_db()
    assert (row.confirmed, row.version) == (True, 2)
    assert AuditEvent.objects.filter(action="institution.confirmed").count() == 1


# --- merged -------------------------------------------------------------------------
def test_people_teams_and_older_names_follow(staff: User) -> None:
    older, source, target, other = (
        make_institution(name) for name in ("Older", "Source", "Target", "Other")
    )
    workflow.merge_institutions(older, source, by=staff)
    moved, stays = make_user(institution=source), make_user(institution=other)
    team = make_registration(leader=moved)
    others_team = make_registration(leader=stays)
    workflow.merge_institutions(source, target, by=staff)
    moved.refresh_from_db()
    stays.refresh_from_db()
    assert (moved.institution_id, moved.institution_name) == (target.pk, "Target")
    assert (stays.institution_id, stays.institution_name) == (other.pk, "Other")
    team.refresh_from_db()
    others_team.refresh_from_db()
    assert (team.institution_id, others_team.institution_id) == (target.pk, other.pk)
    assert not Institution.objects.filter(pk=source.pk).exists()
    names = InstitutionAlias.objects.filter(institution=target).order_by("name_key")
    assert [alias.name for alias in names] == ["Older", "Source"]
    event = AuditEvent.objects.filter(action="institution.merged").latest("id")
    assert (event.object_id, event.changes) == (target.pk, [["merged", "Source"]])


def test_teams_are_listed_under_the_target(staff: User) -> None:
    source, target = make_institution(), make_institution()
    team = make_registration(leader=make_user(institution=source))
    workflow.merge_institutions(source, target, by=staff)
    rows = Api(staff).get(f"/registrations?institution={target.pk}").json()
    assert [row["id"] for row in rows["data"]["results"]] == [str(team.pk)]


def test_merged_with_itself_it_is_in_use(staff: User) -> None:
    row = make_institution()
    team = make_registration(leader=make_user(institution=row))
    with pytest.raises(RuleViolation) as refused:
        workflow.merge_institutions(row, row, by=staff)
    assert refused.value.code == "in_use"
    team.refresh_from_db()
    assert team.institution_id == row.pk


@pytest.mark.parametrize("gone", ["source", "target"])
def test_one_that_was_merged_meanwhile_moves_nothing(staff: User, gone: str) -> None:
    source, target, third = (make_institution() for _n in range(3))
    team = make_registration(leader=make_user(institution=source))
    stale = Institution.objects.get(pk=source.pk)
    if gone == "source":
        workflow.merge_institutions(source, third, by=staff)
    else:
        workflow.merge_institutions(target, third, by=staff)
    with pytest.raises(RuleViolation) as refused:
        workflow.merge_institutions(stale, target, by=staff)
    assert refused.value.code == "not_found"
    team.refresh_from_db()
    assert team.institution_id == (third.pk if gone == "source" else stale.pk)


def test_a_conflict_runs_the_whole_merge_again(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Teams without an institution must not follow when the block runs again."""
    source, target = make_institution(), make_institution()
    team = make_registration(leader=make_user(institution=source))
    without = make_registration()
    Registration.objects.filter(pk=without.pk).update(institution_id=None)
    record, calls = institutions.record, []

    def conflict_once(*args: Any, **kwargs: Any) -> None:
        calls.append(args)
        if len(calls) == 1:
            raise Conflict
        record(*args, **kwargs)

    monkeypatch.setattr(institutions, "record", conflict_once)
    workflow.merge_institutions(source, target, by=staff)
    team.refresh_from_db()
    without.refresh_from_db()
    assert (team.institution_id, without.institution_id) == (target.pk, None)
    assert len(calls) == 2


def test_chained_merges_at_once_leave_nobody_at_an_institution_that_is_gone(
    staff: User,
) -> None:
    for _round in range(6):
        a, b, c = (make_institution() for _n in range(3))
        users = [make_user(institution=row) for row in (a, b)]
        race(
            lambda a=a, b=b: workflow.merge_institutions(a, b, by=staff),
            lambda b=b, c=c: workflow.merge_institutions(b, c, by=staff),
        )
        for user in users:
            user.refresh_from_db()
            home = Institution.objects.filter(pk=user.institution_id).first()
            assert home is not None
            assert home.name == user.institution_name
