"""A competition is deleted while nothing hangs on it, and only then."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition, Registration
from registrations.workflow import entries
from registrations.workflow.competitions.removal import note_registration
from submissions import workflow as submissions
from tests.api import Api
from tests.factories import (
    make_competition,
    make_judge,
    make_registration,
    make_stage,
    make_user,
)
from tests.racing import race

pytestmark = pytest.mark.django_db


def test_an_empty_one_is_gone_and_recorded(staff: User) -> None:
    competition, other = make_competition(), make_competition()
    response = Api(staff).delete(f"/competitions/{competition.slug}")
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert list(Competition.objects.all()) == [other]
    event = AuditEvent.objects.get(action="competition.deleted")
    assert event.object_id == competition.pk
    assert dict(event.changes) == {"slug": competition.slug}
    assert Api(staff).delete(f"/competitions/{competition.slug}").status_code == 404


@pytest.mark.parametrize("hang", [make_registration, make_stage, make_judge])
def test_whatever_hangs_on_it_keeps_it(staff: User, hang: object) -> None:
    competition = make_competition()
    hang(competition)  # type: ignore[operator]
    response = Api(staff).delete(f"/competitions/{competition.slug}")
    assert response.status_code == 409
    assert response.json()["data"]["code"] == "in_use"
    competition.refresh_from_db()


def test_a_row_that_no_workflow_wrote_keeps_it_too(staff: User) -> None:
    competition = make_competition()
    make_registration(competition)
    Competition.objects.update(registered=False)
    with pytest.raises(RuleViolation) as violation:
        workflow.delete_competition(competition, by=staff)
    assert violation.value.code == "in_use"
    assert Registration.objects.get().competition == competition


def test_if_match_names_the_version_that_was_seen(staff: User) -> None:
    competition = make_competition()
    path = f"/competitions/{competition.slug}"
    assert Api(staff).delete(path, If_Match='"1"').status_code == 412
    seen = f'"{competition.version}"'
    assert Api(staff).delete(path, If_Match=seen).status_code == 200
    stale = make_competition()
    with pytest.raises(RuleViolation) as violation:
        workflow.delete_competition(stale, by=staff, if_version=1)
    assert violation.value.code == "stale_version"
    stale.refresh_from_db()


def test_who_comes_too_late_finds_it_gone(staff: User) -> None:
    competition = make_competition()
    held = Competition.objects.get(pk=competition.pk)
    workflow.delete_competition(competition, by=staff)
    for verb in (
        lambda: make_registration(held),
        lambda: make_stage(held),
        lambda: submissions.appoint(held, make_user(), by=staff),
        lambda: workflow.change_competition(held, by=staff, title="New"),
        lambda: workflow.clone_competition(held, slug="n", shift_days=1, by=staff),
        lambda: workflow.delete_competition(held, by=staff),
    ):
        with pytest.raises(RuleViolation) as violation:
            verb()
        assert violation.value.code == "not_found"
    assert not Registration.objects.exists()


def test_only_the_first_team_writes_the_competitions_row() -> None:
    competition = make_competition()
    for _ in range(2):
        make_registration(competition)
        competition.refresh_from_db()
        assert competition.registered
    updated_at = competition.updated_at
    with CaptureQueriesContext(connection) as queries:
        make_registration(competition)
    statements = " ".join(q["sql"] for q in queries)
    assert f'UPDATE "{Competition._meta.db_table}"' not in statements
    assert f"{Competition._meta.db_table}.update" not in statements  # MongoDB's
    competition.refresh_from_db()
    assert competition.updated_at == updated_at


def test_a_team_that_deleted_its_draft_has_registered(staff: User) -> None:
    competition = make_competition()
    team = make_registration(competition)
    workflow.delete_draft(team, by=team.leader, at=now())
    response = Api(staff).delete(f"/competitions/{competition.slug}")
    assert response.json()["data"]["code"] == "in_use"


# --- at the same moment -------------------------------------------------------------
def is_orphaned(
    staff: User, patch: pytest.MonkeyPatch, note: Callable[[Competition], None]
) -> bool:
    """A competition is deleted just before a new team's transaction ends.

    Whether the team then has no competition.
    """
    competition, leader = make_competition(), make_user()
    entered, deleted = Event(), Event()

    def note_and_wait(row: Competition) -> None:
        note(row)
        entered.set()
        deleted.wait(0.5)

    def delete() -> None:
        entered.wait(5)
        try:
            workflow.delete_competition(
                Competition.objects.get(pk=competition.pk), by=staff
            )
        finally:
            deleted.set()

    patch.setattr(entries, "note_registration", note_and_wait)
    race(lambda: make_registration(competition, leader=leader), delete)
    team = Registration.objects.get(leader=leader)
    return not Competition.objects.filter(pk=team.competition_id).exists()


def test_a_team_that_is_entering_keeps_its_competition(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_orphaned(staff, monkeypatch, note_registration)


def test_control_unnoted_it_is_kept_by_foreign_keys_only(
    staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = connection.features.supports_foreign_keys
    assert is_orphaned(staff, monkeypatch, lambda _: None) == (not held)
