"""The factories make rows that the rules accept."""

from __future__ import annotations

import pytest

from competition_site.clock import now
from submissions import workflow
from tests.factories import (
    add_member,
    make_registration,
    make_submission,
    stored_file,
)

pytestmark = pytest.mark.django_db


def test_a_submission_can_be_handed_in_with_a_file():
    submission = make_submission()
    leader = submission.registration.leader
    workflow.add_file(submission, file=stored_file(), by=leader, at=now())
    version = workflow.hand_in(submission, by=leader, at=now())
    assert version.number == 1


def test_a_member_is_on_the_roster():
    registration = make_registration()
    member = add_member(registration)
    assert registration.has_member(member)
