"""Receipts: valid as long as nothing that was signed has changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from competition_site.clock import now
from submissions import receipts, workflow
from submissions.models import SubmissionVersion
from tests.factories import make_submission, stored_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> SubmissionVersion:
    submission = make_submission()
    leader = submission.registration.leader
    workflow.add_file(submission, file=stored_file(), by=leader, at=now())
    handed_in = workflow.hand_in(submission, by=leader, at=now())
    return SubmissionVersion.objects.get(pk=handed_in.pk)


def test_a_receipt_is_valid_as_read_from_the_database(version: SubmissionVersion):
    assert receipts.is_valid(version)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"late": True},
        {"title": "Another"},
        {"files": []},
        {"key_id": "0" * 16},
        {"signature": "0" * 64},
        {"code": "A" * 24},
    ],
)
def test_whatever_changes_breaks_it(version: SubmissionVersion, change: dict):
    for field, value in change.items():
        setattr(version, field, value)
    assert not receipts.is_valid(version)


def test_a_millisecond_breaks_it(version: SubmissionVersion):
    version.submitted_at += timedelta(milliseconds=1)
    assert not receipts.is_valid(version)


def test_a_changed_hash_breaks_it(version: SubmissionVersion):
    version.files[0]["sha256"] = "0" * 64
    assert not receipts.is_valid(version)


def test_a_previous_key_still_proves(version: SubmissionVersion, settings):
    old, settings.RECEIPT_SIGNING_KEY = settings.RECEIPT_SIGNING_KEY, "n" * 40
    assert not receipts.is_valid(version)
    settings.RECEIPT_PREVIOUS_SIGNING_KEYS = [old]
    assert receipts.is_valid(version)


def test_codes_are_not_guessable():
    codes = {receipts.new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 24 and code.isalnum() for code in codes)
