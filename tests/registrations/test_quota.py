"""Places of one institution: counted by the same mechanism, with a quota or without."""

from __future__ import annotations

import pytest

from accounts import workflow as accounts
from accounts.models import Institution
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition, InstitutionQuota
from tests.factories import (
    make_admin,
    make_competition,
    make_institution,
    make_registration,
    make_staff,
    make_user,
)
from tests.registrations.states import submitted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counted")]


@pytest.fixture
def campus(db: None) -> Institution:
    return make_institution()


def of(campus: Institution, competition: Competition):
    return submitted(competition, leader=make_user(institution=campus))


def refused(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def places(campus: Institution) -> int:
    return InstitutionQuota.objects.get(institution_id=campus.pk).seats_taken


def test_an_institution_gets_no_more_places_than_its_quota(campus: Institution):
    competition = make_competition(institution_quota=2)
    first, _second = (of(campus, competition) for _ in range(2))
    assert refused(of, campus, competition) == "institution_quota_full"
    of(make_institution(), competition)
    assert places(campus) == 2
    workflow.withdraw(first, by=first.leader, at=now())
    assert of(campus, competition).status == "submitted"
    competition.refresh_from_db()
    assert competition.seats_taken == 3


def test_with_a_waiting_list_the_next_of_an_institution_waits(campus: Institution):
    competition = make_competition(institution_quota=1, waitlist_open=True)
    holder, waiting = (of(campus, competition) for _ in range(2))
    assert waiting.status == "waitlisted"
    workflow.withdraw(holder, by=holder.leader, at=now())
    waiting.refresh_from_db()
    assert waiting.status == "offered"
    assert places(campus) == 1


def test_places_are_counted_before_there_is_a_quota(campus: Institution):
    competition = make_competition()
    of(campus, competition)
    staff = make_staff()
    workflow.change_competition(competition, by=staff, institution_quota=1)
    assert refused(of, campus, competition) == "institution_quota_full"


def test_the_quota_holds_at_approval_too(campus: Institution):
    competition = make_competition(institution_quota=1, seat_policy="on_approval")
    first, second = (of(campus, competition) for _ in range(2))
    workflow.approve(first, by=make_staff())
    code = refused(workflow.approve, second, by=make_staff())
    assert code == "institution_quota_full"
    assert places(campus) == 1


def test_the_leaders_institution_of_the_submission_counts(campus: Institution):
    competition = make_competition(institution_quota=1)
    team = make_registration(competition)
    accounts.change_profile(team.leader, institution=campus)
    team.leader.refresh_from_db()
    workflow.submit(team, by=team.leader, at=now())
    assert team.institution_id == campus.pk
    assert places(campus) == 1


def test_merged_institutions_count_together(campus: Institution):
    other = make_institution()
    competition, only_other = make_competition(), make_competition()
    for institution, event in (
        (campus, competition),
        (other, competition),
        (other, only_other),
    ):
        of(institution, event)
    workflow.merge_institutions(other, campus, by=make_admin())
    assert not InstitutionQuota.objects.filter(institution_id=other.pk).exists()
    rows = InstitutionQuota.objects.filter(institution_id=campus.pk)
    assert {q.competition_id: q.seats_taken for q in rows} == {
        competition.pk: 2,
        only_other.pk: 1,
    }
