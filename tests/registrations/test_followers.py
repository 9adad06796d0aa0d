"""What upper apps are called for is done once, however often the apps get ready."""

from __future__ import annotations

import pytest
from django.apps import apps

from registrations import workflow
from submissions.models import Stage
from tests.factories import make_competition, make_staff, make_stage


@pytest.mark.django_db
def test_apps_that_get_ready_again_follow_once() -> None:
    for name in ("registrations", "submissions"):
        apps.get_app_config(name).ready()
    competition = make_stage(make_competition(), order=1).competition
    clone = workflow.clone_competition(
        competition, slug="again", shift_days=7, by=make_staff()
    )
    assert Stage.objects.filter(competition=clone).count() == 1
