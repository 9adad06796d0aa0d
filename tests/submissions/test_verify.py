"""verify_files and verify_receipts: planted damage is found, and nothing else is."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from competition_site.clock import now
from competition_site.progress import Progress
from competition_site.upkeep.management.commands import verify_files
from registrations.models import Document
from submissions import workflow
from submissions.management.commands import verify_receipts
from submissions.models import Submission, SubmissionFile, SubmissionVersion
from tests.database import by_hand
from tests.factories import (
    make_document,
    make_handed_in,
    make_stage,
    stored_file,
)

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """The status, the lines on stdout, and what stood on stderr."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=err)
        status = 0
    except CommandError as error:
        status = error.returncode
    return (
        status,
        [json.loads(line) for line in out.getvalue().splitlines()],
        err.getvalue(),
    )


@pytest.fixture
def works() -> list[Submission]:
    stage = make_stage()
    return [make_handed_in(stage) for _ in range(3)]


def file_of(work: Submission) -> SubmissionFile:
    return work.files.get()


def path_of(row: Any) -> Path:
    return Path(default_storage.path(row.storage_key))


# --- receipts -------------------------------------------------------------------------
def test_sound_receipts_are_counted(works):
    workflow.hand_in(works[0], by=works[0].registration.leader, at=now())
    status, [totals], _ = run("verify_receipts")
    assert (status, totals["submissions"], totals["checked"], totals["bad"]) == (
        0,
        3,
        4,
        0,
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"late": True}, "changed"),
        ({"title": "Better"}, "changed"),
        ({"files": []}, "changed"),
        ({"number": 2}, "changed"),
        ({"key_id": "0" * 16}, "unknown_key"),
    ],
)
def test_a_changed_version_is_found(works, change: dict, problem: str):
    planted = works[1].versions.get()
    by_hand(SubmissionVersion).filter(pk=planted.pk).update(**change)
    status, lines, _ = run("verify_receipts")
    assert status == 1
    assert lines[0] == {
        "submission": str(works[1].pk),
        "number": change.get("number", 1),
        "code": planted.code,
        "problem": problem,
    }
    assert lines[-1]["bad"] == len(lines) - 1


def test_a_version_that_is_gone_is_found(works):
    workflow.hand_in(works[2], by=works[2].registration.leader, at=now())
    by_hand(SubmissionVersion).filter(submission=works[2], number=1).delete()
    status, [line, totals], _ = run("verify_receipts")
    assert status == 1
    assert line == {
        "submission": str(works[2].pk),
        "number": 1,
        "problem": "missing",
    }
    assert totals["bad"] == 1


def test_one_stage_is_checked_alone(works):
    other = make_handed_in(make_stage())
    by_hand(SubmissionVersion).filter(submission=other).update(late=True)
    status, [totals], _ = run("verify_receipts", "--stage", str(works[0].stage_id))
    assert (status, totals["checked"]) == (0, 3)
    assert run("verify_receipts", "--stage", str(other.stage_id))[0] == 1
    assert run("verify_receipts", "--stage", str(other.pk))[0] == 1


def test_a_rotated_key_still_proves(works, settings):
    old, settings.RECEIPT_SIGNING_KEY = settings.RECEIPT_SIGNING_KEY, "n" * 40
    assert run("verify_receipts")[0] == 1
    settings.RECEIPT_PREVIOUS_SIGNING_KEYS = [old]
    make_handed_in(make_stage())
    status, [totals], _ = run("verify_receipts")
    assert (status, totals["checked"]) == (0, 4)


def test_it_walks_in_batches(works, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(verify_receipts, "_BATCH", 2)
    with django_assert_num_queries(
        1 + 2 + 1 + 2
    ):  # count, batches and the last, versions
        assert run("verify_receipts")[1][-1]["checked"] == 3


# --- files ----------------------------------------------------------------------------
def test_sound_files_are_counted(works):
    make_document(works[0].registration)
    status, [totals], _ = run("verify_files")
    assert (status, totals["checked"], totals["bad"]) == (0, 4, 0)
    assert totals["bytes"] == sum(
        row.size for model in (Document, SubmissionFile) for row in model.objects.all()
    )


def test_planted_damage_is_found(works):
    card = make_document(works[0].registration)
    cut, gone, turned = map(file_of, works)
    path_of(cut).write_bytes(path_of(cut).read_bytes()[:-1])
    path_of(gone).unlink()
    content = bytearray(path_of(turned).read_bytes())
    content[-1] ^= 1
    path_of(turned).write_bytes(content)
    path_of(card).write_bytes(b"x" * card.size)
    status, lines, _ = run("verify_files")
    assert status == 1
    assert {line["row"]: line["problem"] for line in lines[:-1]} == {
        f"document {card.pk}": "sha256",
        f"submissionfile {cut.pk}": "size",
        f"submissionfile {gone.pk}": "missing",
        f"submissionfile {turned.pk}": "sha256",
    }
    assert lines[-1]["bad"] == 4


def test_what_was_taken_away_need_not_be_there(works):
    leader = works[0].registration.leader
    draft = workflow.add_file(works[0], file=stored_file(), by=leader, at=now())
    workflow.remove_file(draft, by=leader, at=now())
    frozen = file_of(works[1])
    workflow.remove_file(frozen, by=works[1].registration.leader, at=now())
    assert run("verify_files")[1][-1]["checked"] == 3
    path_of(frozen).unlink()
    assert run("verify_files")[0] == 1


def test_since_leaves_the_old_ones_out(works, monkeypatch):
    assert run("verify_files", "--since", "1h")[1][-1]["checked"] == 3
    monkeypatch.setattr(verify_files, "now", lambda: now() + timedelta(hours=2))
    assert run("verify_files", "--since", "1h")[1][-1]["checked"] == 0
    assert run("verify_files", "--since", "3h")[1][-1]["checked"] == 3
    for wrong in (["--since", "soon"], ["--sample", "0"], ["--sample", "101"]):
        with pytest.raises(CommandError):
            call_command("verify_files", *wrong)


def test_a_sample_is_a_part(works, monkeypatch):
    chances = iter([10, 9, 50])
    monkeypatch.setattr("random.randrange", lambda _: next(chances))
    assert run("verify_files", "--sample", "10")[1][-1]["checked"] == 1


@pytest.mark.parametrize("name", ["verify_files", "verify_receipts"])
def test_progress_is_told_on_stderr(works, name: str, monkeypatch):
    monkeypatch.setattr(verify_receipts, "_BATCH", 1)
    lines = run(name, "--every", "0")[2].splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("1 of 3 (33 %), ")
    assert lines[-1].startswith("3 of 3 (100 %), ")
    assert run(name)[2] == ""


def test_progress_tells_rate_and_time_left():
    seconds = iter([0.0, 3.0, 10.0, 12.0, 20.0])
    said = io.StringIO()
    progress = Progress(said, total=1200, every=5, clock=lambda: next(seconds))
    for _ in range(4):
        progress.step(10)
    assert said.getvalue().splitlines() == [
        "20 of 1200 (1 %), 2 a second, 10 min left",
        "40 of 1200 (3 %), 2 a second, 10 min left",
    ]
