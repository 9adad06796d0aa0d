"""The work of a stage as a ZIP: whole, in bounded memory, with hashes that are true."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, User
from competition_site.clock import now
from competition_site.files.stored import StoredFile
from competition_site.files.zips import ZipStream
from competition_site.spreadsheets import plain_cell, safe_cell
from registrations.workflow.leaving import disqualify
from submissions import workflow
from submissions.exports import Export
from submissions.exports.names import Names
from submissions.models import Stage, Submission, SubmissionFile, SubmissionVersion
from tests.admin.conftest import Office
from tests.database import by_hand
from tests.factories import (
    make_approved,
    make_handed_in,
    make_registration,
    make_stage,
    make_submission,
    make_user,
    stored_file,
)

pytestmark = pytest.mark.django_db


def archive_of(export: Export) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(export)))
    assert archive.testzip() is None
    return archive


def manifest_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    return json.loads(archive.read("manifest.json"))


def table_of(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    text = archive.read("manifest.csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def handed_in(stage: Stage, team_name: str, *contents: bytes, **fields: Any):
    """A team's one version; every file is called work.pdf."""
    team = make_registration(stage.competition, team_name=team_name)
    work = make_submission(stage, make_approved(team), **fields)
    leader = team.leader
    for content in contents:
        file = stored_file("work.pdf", content)
        workflow.add_file(work, file=file, by=leader, at=now())
    workflow.hand_in(work, by=leader, at=now())
    return Submission.objects.get(pk=work.pk)


@pytest.fixture
def stage() -> Stage:
    return make_stage(accepts_link=True, accepts_text=True)


def test_every_team_has_its_folder_with_its_last_version(stage: Stage):
    first = handed_in(stage, "Garuda", b"one", b"two", title="A lamp", summary="Text")
    link = handed_in(stage, "Komodo", link_url="https://demo.example/")
    leader = first.registration.leader
    workflow.remove_file(first.files.order_by("id")[0], by=leader, at=now())
    workflow.hand_in(first, by=leader, at=now())
    make_submission(stage)  # a draft
    gone = handed_in(stage, "Gone", b"gone")
    disqualify(gone.registration, note="No.", by=make_user("staff"), at=now())
    handed_in(make_stage(stage.competition), "Elsewhere", b"other")
    archive = archive_of(Export(stage))
    assert archive.namelist() == ["Garuda/work.pdf", "manifest.csv", "manifest.json"]
    assert archive.read("Garuda/work.pdf") == b"two"
    manifest = manifest_of(archive)
    assert (manifest["teams"], manifest["files"], manifest["bad"]) == (2, 1, 0)
    garuda, komodo = manifest["entries"]
    version = SubmissionVersion.objects.get(submission=first, number=2)
    assert garuda == {
        "folder": "Garuda",
        "team_name": "Garuda",
        "submission": str(first.pk),
        "version": 2,
        "submitted_at": garuda["submitted_at"],
        "late": False,
        "receipt": version.code,
        "receipt_valid": True,
        "title": "A lamp",
        "summary": "Text",
        "link_url": "",
        "files": [
            {
                "id": version.files[0]["id"],
                "path": "Garuda/work.pdf",
                "size": 3,
                "sha256": sha256(b"two").hexdigest(),
                "status": "ok",
            }
        ],
    }
    assert (komodo["submission"], komodo["files"]) == (str(link.pk), [])
    assert [row["link_url"] for row in table_of(archive)] == [
        "",
        "https://demo.example/",
    ]


def test_all_versions_are_folders_below(stage: Stage):
    work = handed_in(stage, "Garuda", b"one")
    workflow.hand_in(work, by=work.registration.leader, at=now())
    names = archive_of(Export(stage, all_versions=True)).namelist()
    assert names[:2] == ["Garuda/v1/work.pdf", "Garuda/v2/work.pdf"]


def test_names_that_no_disk_takes_are_cleaned_and_no_two_are_alike(stage: Stage):
    names = ["../../etc", "A/B:C", "\uff27aruda", "con", "a\u202eb"]
    for name in names:
        handed_in(stage, name, b"one", b"two")
    archive = archive_of(Export(stage))
    paths = archive.namelist()[:-2]
    assert len({path.casefold() for path in paths}) == len(paths) == 2 * len(names)
    assert [path.split("/")[0] for path in paths[::2]] == [
        "-..-etc",
        "A-B_C",
        "\uff27aruda",
        "_con",
        "ab",
    ]
    assert [path.split("/")[1] for path in paths[:2]] == ["work.pdf", "work (2).pdf"]


def test_names_that_read_alike_are_told_apart():
    names = Names()
    given = [
        names.give(n)
        for n in ("Tim A", "tim a", "\uff34\uff29\uff2d \uff21", "Tim A", ".", "")
    ]
    assert given == [
        "Tim A",
        "tim a (2)",
        "\uff34\uff29\uff2d \uff21 (3)",
        "Tim A (4)",
        "file",
        "file (2)",
    ]


def test_blind_names_nobody(stage: Stage):
    canary = "Garuda Canary"
    work = handed_in(stage, canary, b"one")
    leader = work.registration.leader
    content = b"".join(Export(stage, blind=True))
    archive = zipfile.ZipFile(io.BytesIO(content))
    readable = [*archive.namelist(), *map(archive.read, archive.namelist())]
    for secret in (canary, leader.full_name, leader.email, "work.pdf"):
        assert secret.encode() not in content
        assert not [r for r in readable if secret in str(r)]
    assert str(work.registration_id).encode() not in content
    [entry] = manifest_of(archive)["entries"]
    assert entry["folder"].startswith("Entry ")
    assert canary in str(archive_of(Export(stage)).namelist())


def test_nothing_personal_is_in_it(stage: Stage):
    leader = make_user(
        email="canary@mail.example", phone="+62 899 CANARY", student_number="CANARY/1"
    )
    team = make_approved(make_registration(stage.competition, leader=leader))
    workflow.create(
        team, stage, by=leader, at=now(), title="A", summary="B", submit_now=True
    )
    content = b"".join(Export(stage))
    assert b"canary" not in content.lower()


# --- damage ---------------------------------------------------------------------------
def damaged(stage: Stage) -> dict[str, str]:
    """Teams by name, each with another thing wrong."""
    handed_in(stage, "Sound", b"sound")
    rows = {n: handed_in(stage, n, b"bytes") for n in ("Gone", "Turned", "Longer")}
    paths = {
        name: Path(default_storage.path(work.files.get().storage_key))
        for name, work in rows.items()
    }
    paths["Gone"].unlink()
    paths["Turned"].write_bytes(b"BYTES")
    paths["Longer"].write_bytes(b"bytes and more")
    forged = handed_in(stage, "Forged", b"bytes")
    by_hand(SubmissionVersion).filter(submission=forged).update(late=True)
    lost = handed_in(stage, "Lost", b"bytes")
    by_hand(SubmissionFile).filter(submission=lost).delete()
    return {
        "Sound": "ok",
        "Gone": "missing",
        "Turned": "damaged",
        "Longer": "damaged",
        "Forged": "ok",
        "Lost": "missing",
    }


def test_damage_is_named_in_the_manifest_and_the_rest_is_there(stage: Stage):
    wanted = damaged(stage)
    export = Export(stage)
    archive = archive_of(export)
    manifest = manifest_of(archive)
    told = {e["team_name"]: e["files"][0]["status"] for e in manifest["entries"]}
    assert told == wanted
    valid = {e["team_name"] for e in manifest["entries"] if e["receipt_valid"]}
    assert valid == set(wanted) - {"Forged"}
    assert export.bad == manifest["bad"] == 5
    assert archive.read("Sound/work.pdf") == b"sound"
    assert {row["team_name"]: row["status"] for row in table_of(archive)} == wanted


# --- cells ----------------------------------------------------------------------------
FORMULAS = [
    "=1+1",
    "+62",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    '"=1',
    "'=1",
    "''=1",
    "\uff1d1+1",
    "\u00a0=1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_no_formula_and_comes_back_whole(text: str):
    assert safe_cell(text) == f"'{text}"
    assert plain_cell(safe_cell(text)) == text
    assert plain_cell(plain_cell(safe_cell(safe_cell(text)))) == text


@pytest.mark.parametrize(
    "value", ["Tim A", "a=b", "", "it's", "'quoted'", -1, 2.5, None]
)
def test_what_is_none_stays_as_it_is(value: object):
    assert safe_cell(value) == value
    if isinstance(value, str):
        assert plain_cell(value) == value


def test_the_manifest_is_no_attack(stage: Stage):
    evil = '=HYPERLINK("http://evil.example")'
    handed_in(stage, "+Team", b"one", title=evil, summary='a "b"\r\n;c,\td')
    archive = archive_of(Export(stage))
    [row] = table_of(archive)
    assert (row["title"], row["team_name"], row["folder"]) == (
        f"'{evil}",
        "'+Team",
        "'+Team",
    )
    assert row["summary"] == 'a "b"\r\n;c,\td'
    assert row["size"] == "3"
    assert manifest_of(archive)["entries"][0]["title"] == evil


# --- memory ---------------------------------------------------------------------------
def test_memory_does_not_grow_with_the_files(stage: Stage):
    size = 24 * 1024 * 1024
    content = b"\0" * size
    key = default_storage.save("tests/large", ContentFile(content))
    file = StoredFile(
        key, "l.pdf", size, sha256(content).hexdigest(), "application/pdf"
    )
    del content
    work = make_submission(stage)
    leader = work.registration.leader
    workflow.add_file(work, file=file, by=leader, at=now())
    workflow.hand_in(work, by=leader, at=now())
    tracemalloc.start()
    sent = largest = 0
    for chunk in Export(stage):
        sent, largest = sent + len(chunk), max(largest, len(chunk))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent > size
    assert largest < 1024 * 1024
    assert peak < 4 * 1024 * 1024


def test_a_file_beyond_four_gigabytes_is_possible():
    """Its sizes stand in the fields of ZIP64, which any size fits."""
    stream = ZipStream()
    content = b"".join([*stream.add("a", [b"x" * 10], at=now()), *stream.finish()])
    [entry] = zipfile.ZipFile(io.BytesIO(content)).infolist()
    assert (entry.file_size, entry.compress_type) == (10, zipfile.ZIP_STORED)
    assert content[4:6] == b"\x2d\x00"  # version needed: 4.5


def test_other_programs_read_it(stage: Stage, tmp_path: Path):
    handed_in(stage, "Garuda", b"one")
    path = tmp_path / "work.zip"
    path.write_bytes(b"".join(Export(stage)))
    command = [sys.executable, "-m", "zipfile", "-t", str(path)]
    assert subprocess.run(command, check=True, capture_output=True).returncode == 0


@pytest.mark.parametrize("teams", [1, 3])
def test_its_cost_is_by_the_batch(stage: Stage, django_assert_num_queries, teams: int):
    for _ in range(teams):
        make_handed_in(stage)
    batches, versions, files = 2, 1, teams
    with django_assert_num_queries(batches + versions + files):  # the competition
        archive_of(Export(stage))


# --- the command ----------------------------------------------------------------------
def run(*arguments: str) -> tuple[int, str]:
    err = io.StringIO()
    try:
        call_command("export_submissions", *arguments, stderr=err)
    except CommandError as error:
        return error.returncode, f"{err.getvalue()}{error}"
    return 0, err.getvalue()


@pytest.mark.parametrize("by", ["order", "id"])
def test_the_command_writes_a_file_and_says_who_asked(stage, tmp_path: Path, by: str):
    handed_in(stage, "Garuda", b"one")
    path = tmp_path / "work.zip"
    named = str(stage.order if by == "order" else stage.pk)
    slug = stage.competition.slug
    status, said = run(slug, named, "--output", str(path), "--blind")
    assert status == 0
    assert json.loads(said.splitlines()[-1]) == {
        "teams": 1,
        "files": 1,
        "bytes": 3,
        "bad": 0,
    }
    assert zipfile.ZipFile(path).namelist()[0].startswith("Entry ")
    assert [p.name for p in tmp_path.iterdir()] == ["work.zip"]
    event = AuditEvent.objects.get(action="stage.exported")
    assert (event.actor, event.object_id) == (None, stage.pk)
    assert dict(event.changes) == {
        "submissions": "1",
        "versions": "last",
        "blind": "True",
    }


def test_the_command_sends_it_to_a_pipe(stage, monkeypatch):
    handed_in(stage, "Garuda", b"one")
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe))
    assert run(stage.competition.slug, str(stage.order), "--output", "-")[0] == 0
    assert zipfile.ZipFile(pipe).namelist()[0] == "Garuda/work.pdf"


def test_the_command_fails_where_something_is_damaged(stage, tmp_path: Path):
    damaged(stage)
    path = tmp_path / "work.zip"
    status, said = run(stage.competition.slug, str(stage.order), "--output", str(path))
    assert status == 1
    assert "5 are missing, damaged" in said
    assert zipfile.ZipFile(path).testzip() is None


def test_the_command_says_what_is_wrong(stage, tmp_path: Path):
    slug, path = stage.competition.slug, str(tmp_path / "work.zip")
    other = make_stage()
    for named in ("0", "x", str(other.pk), "9" * 30):
        assert run(slug, named, "--output", path)[0] == 1
    assert run("nowhere", "1", "--output", path)[0] == 1
    nowhere = str(tmp_path / "no" / "work.zip")
    assert run(slug, str(stage.order), "--output", nowhere)[0] == 1
    assert list(tmp_path.iterdir()) == []


# --- the admin ------------------------------------------------------------------------
def act(office: Office, action: str, *rows: Stage):
    body = {"action": action, "_selected_action": [str(r.pk) for r in rows]}
    return office.client.post(office.url(Stage), body)


@pytest.mark.parametrize("action", ["export_work", "export_blind"])
def test_staff_take_it_from_the_page_of_stages(stage, staff: User, action: str):
    handed_in(stage, "Garuda", b"one")
    response = act(Office(staff), action, stage)
    assert response.streaming
    assert isinstance(response.streaming_content, Iterator)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    blind = action == "export_blind"
    assert archive.namelist()[0].startswith("Entry " if blind else "Garuda/")
    mark = "-blind" if blind else ""
    name = f"{stage.competition.slug}-stage-{stage.order}{mark}.zip"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Content-Type"] == "application/zip"
    assert "no-store" in response["Cache-Control"]
    event = AuditEvent.objects.get(action="stage.exported")
    assert event.actor == staff
    assert event.request_id == response["X-Request-ID"]


def test_one_stage_at_a_time(stage, staff: User):
    response = act(Office(staff), "export_work", stage, make_stage())
    assert response.status_code == 302
    assert not AuditEvent.objects.filter(action="stage.exported").exists()


@pytest.mark.parametrize("role", ["participant", "judge"])
def test_nobody_else_does(stage, role: str):
    response = act(Office(make_user(role)), "export_work", stage)
    assert response.status_code == 302
    assert "/login/" in response["Location"]
