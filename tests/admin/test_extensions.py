"""More time for one team, through the organisers' own door."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from competition_site.clock import told
from competition_site.outbox.models import OutboxMessage
from submissions.models import Extension, Stage
from tests.admin.conftest import errors_of
from tests.factories import make_approved, make_registration, make_stage


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def until(stage: Stage, hours: int) -> dict[str, str]:
    moment = timezone.localtime(stage.closes_at + timedelta(hours=hours))
    shown = moment.replace(microsecond=0)
    return {"until_0": shown.date().isoformat(), "until_1": shown.strftime("%H:%M:%S")}


def filled(office, stage, team, hours: int) -> dict[str, str]:
    return {
        **office.filled(Extension),
        "stage": str(stage.pk),
        "registration": str(team.pk),
        "reason": "The power was out.",
        **until(stage, hours),
    }


def test_it_is_given_and_changed_by_the_same_rule_as_in_the_api(office, staff):
    stage = make_stage()
    team = make_approved(competition=stage.competition)
    page = office.save(Extension, filled(office, stage, team, 2))
    assert page.status_code == 302, errors_of(page)
    row = Extension.objects.get()
    assert (row.registration, row.stage, row.granted_by) == (team, stage, staff)
    assert OutboxMessage.objects.filter(kind="extension").count() == 1
    assert told(row.until) in office.list(Extension).content.decode()
    changed = office.filled(Extension, row) | until(stage, 3)
    page = office.save(Extension, changed, row)
    assert page.status_code == 302, errors_of(page)
    before, row = row.until, Extension.objects.get()
    assert row.until == before + timedelta(hours=1)
    events = AuditEvent.objects.filter(object_id=row.pk).order_by("id")
    assert [e.action for e in events] == ["extension.granted", "extension.changed"]


def test_who_saves_later_is_told(office, staff):
    stage = make_stage()
    team = make_approved(competition=stage.competition)
    office.save(Extension, filled(office, stage, team, 2))
    row = Extension.objects.get()
    read = office.filled(Extension, row)
    office.save(Extension, read | until(stage, 3), row)
    page = office.save(Extension, read | until(stage, 4), row)
    assert errors_of(page)
    assert Extension.objects.get().version == 2


@pytest.mark.parametrize("field", ["until", "registration"])
def test_what_it_refuses_stands_at_its_field(office, field):
    stage = make_stage()
    team = make_approved(competition=stage.competition)
    wrong = {
        "until": until(stage, -1),
        "registration": {"registration": str(make_registration().pk)},
    }
    page = office.save(Extension, filled(office, stage, team, 2) | wrong[field])
    assert list(errors_of(page)) == [field]
    assert not Extension.objects.exists()


def test_the_list_of_stages_tells_the_deadline_in_both_zones(office):
    stage = make_stage()
    assert told(stage.closes_at) in office.list(Stage).content.decode()
