"""``check_consistency``: each drift is found, shown, and mended to what is true."""

from __future__ import annotations

import io
import json
import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model

from accounts import workflow as accounts
from accounts.models import Institution, User
from competition_site.clock import now
from competition_site.db import batches
from competition_site.upkeep.checks import checks
from competition_site.upkeep.management.commands import check_consistency
from registrations import workflow as registrations
from registrations.models import (
    Competition,
    Document,
    InstitutionQuota,
    Invitation,
    Membership,
    Registration,
)
from submissions import workflow as submissions
from submissions.models import (
    Assignment,
    Extension,
    JudgeAppointment,
    ResultSnapshot,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from tests.database import by_hand
from tests.factories import (
    add_member,
    invitation_token,
    make_approved,
    make_assignment,
    make_competition,
    make_document,
    make_handed_in,
    make_judged_stage,
    make_registration,
    make_staff,
    make_user,
)
from tests.racing import race
from tests.upkeep.commands import outcome

pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))
OLD = 2 * 60 * 60


@pytest.fixture
def event(db: None) -> Submission:
    """A sound row in every table that a check looks at."""
    stage = make_judged_stage(competition=make_competition(team_size_max=3))
    entry = make_handed_in(stage)
    team = Registration.objects.get(pk=entry.registration_id)
    add_member(team)
    invitation_token(team, "somebody@mail.example")
    make_document(team)
    make_assignment(entry)
    Extension.objects.create(
        stage=stage,
        registration=team,
        team_name=team.team_name,
        stage_name=stage.name,
        until=now(),
        reason="Power cut",
        granted_by=make_staff(),
    )
    ResultSnapshot.objects.create(
        competition=stage.competition,
        stage=stage,
        stage_name=stage.name,
        stage_order=stage.order,
        number=1,
        computed_at=now(),
    )
    return entry


def found(*arguments: str) -> list[dict[str, Any]]:
    status, said = outcome("check_consistency", "--json", *arguments)
    findings = json.loads(said)["findings"]
    assert status == (1 if json.loads(said)["left"] else 0)
    return findings


def plant(model: type[Model], **columns: Any) -> Model:
    """Write into the newest row of a table, past every rule."""
    row = model._base_manager.order_by("-pk").first()
    assert row is not None
    model._base_manager.filter(pk=row.pk).update(**columns)
    return row


# --- every check --------------------------------------------------------------------
Drift = tuple[str, type[Model], str, Any]
DRIFTS: list[Drift] = [
    ("people", User, "institution_name", "Elsewhere"),
    ("institutions", Institution, "name_key", "else"),
    ("seats", Competition, "seats_taken", 7),
    ("seats", Competition, "waitlist_length", 3),
    ("seats", Competition, "registered", False),
    ("seats", Competition, "title_key", "else"),
    ("quotas", InstitutionQuota, "seats_taken", 0),
    ("registrations", Registration, "competition_slug", "else"),
    ("registrations", Registration, "competition_title", "Else"),
    ("registrations", Registration, "team_name_key", "else"),
    ("rosters", Registration, "roster", []),
    ("rosters", Registration, "members_count", 1),
    ("rosters", Registration, "roster_complete", False),
    ("rosters", Registration, "documents_complete", False),
    ("invitations", Invitation, "competition_slug", "else"),
    ("invitations", Invitation, "competition_title", "Else"),
    ("invitations", Invitation, "team_name", "Else"),
    ("invitations", Invitation, "leader_id", uuid4()),
    ("documents", Document, "competition_title", "Else"),
    ("documents", Document, "team_name", "Else"),
    ("competitions", Competition, "stages", []),
    ("stages", Stage, "criteria", []),
    ("submissions", Submission, "team_name", "Else"),
    ("submissions", Submission, "stage_name", "Else"),
    ("submissions", Submission, "files_count", 4),
    ("submissions", Submission, "files_bytes", 4),
    ("submissions", Submission, "version_number", 9),
    ("shown_stages", Assignment, "stage_name", "Else"),
    ("shown_stages", ResultSnapshot, "stage_name", "Else"),
    ("shown_stages", ResultSnapshot, "stage_order", 99),
    ("shown_stages", Extension, "stage_name", "Else"),
    ("extensions", Extension, "team_name", "Else"),
    ("judges", JudgeAppointment, "full_name", "Else"),
    ("judges", Assignment, "judge_name", "Else"),
    ("frozen_files", SubmissionFile, "frozen", False),
]
BY_HAND = {"references", "missing_files", "handed_in"}
OTHERS = BY_HAND | {"stray_files", "leftover_parts", "held_places"}


def test_a_sound_event_has_nothing_to_mend(event: Submission) -> None:
    assert found() == []
    assert outcome("check_consistency") == (0, "0 found, 0 mended, 0 left.\n")


def test_no_check_is_left_out() -> None:
    assert {name for name, *_ in DRIFTS} | OTHERS == set(checks())


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda d: f"{d[1].__name__}.{d[2]}")
def test_a_drift_is_found_shown_and_mended(event: Submission, drift: Drift) -> None:
    name, model, column, wrong = drift
    row = model._base_manager.order_by("-pk").first()
    assert row is not None
    right = getattr(row, column)
    assert right != wrong
    plant(model, **{column: wrong})
    findings = found("--only", name)
    subject = f"{model._meta.model_name} {row.pk} {column}"
    says, should = json.loads(json.dumps([wrong, right], default=str))
    assert findings == [
        {
            "check": name,
            "object": subject,
            "says": says,
            "should": should,
            "fixable": True,
        }
    ]
    assert found("--fix", "--only", name) == findings
    assert found() == []
    row.refresh_from_db()
    assert getattr(row, column) == right


def test_a_mended_row_is_another_version(event: Submission) -> None:
    before = Registration.objects.get(pk=event.registration_id).version
    plant(Registration, competition_title="Else")
    found("--fix")
    assert Registration.objects.get(pk=event.registration_id).version == before + 1


# --- rosters ------------------------------------------------------------------------
def test_rosters_follow_memberships_and_people(event: Submission) -> None:
    team = Registration.objects.get(pk=event.registration_id)
    entries = team.roster
    entries[0] |= {"full_name": "Else", "institution": "Else", "role": "member"}
    Registration.objects.filter(pk=team.pk).update(
        roster=[*entries, {**entries[1], "id": str(uuid4())}], members_count=3
    )
    findings = found("--only", "rosters")
    assert {f["object"].rpartition(" ")[2] for f in findings} == {
        "roster",
        "members_count",
    }
    found("--fix")
    assert found() == []
    team.refresh_from_db()
    assert [m["full_name"] for m in team.roster] == [
        User.objects.get(pk=m["id"]).full_name for m in team.roster
    ]
    assert [m["role"] for m in team.roster] == ["leader", "member"]


def test_the_leader_is_the_one_of_the_memberships(event: Submission) -> None:
    team = Registration.objects.get(pk=event.registration_id)
    second = Membership.objects.get(registration=team, role="member")
    Registration.objects.filter(pk=team.pk).update(leader=second.user)
    Invitation.objects.update(leader_id=second.user_id)
    assert found("--only", "rosters")[0]["should"] == str(team.leader_id)
    found("--fix", "--only", "rosters")
    assert Registration.objects.get(pk=team.pk).leader_id == team.leader_id


def test_documents_are_counted_by_the_mended_roster() -> None:
    competition = make_competition(required_documents=["student_card"])
    team = make_registration(competition)
    document = make_document(team)
    registrations.verify_document(document, by=make_staff())
    assert found() == []
    Registration.objects.update(roster=[], documents_complete=False)
    assert len(found("--fix")) == 2
    assert found() == []


# --- places -------------------------------------------------------------------------
def test_places_that_no_counter_counts(event: Submission) -> None:
    team = Registration.objects.get(pk=event.registration_id)
    before = InstitutionQuota.objects.get()
    InstitutionQuota.objects.all().delete()
    (finding,) = found("--only", "quotas")
    where = f"competition {team.competition_id} places of {team.institution_id}"
    assert (finding["object"], finding["says"], finding["should"]) == (where, None, 1)
    found("--fix", "--only", "quotas")
    assert found() == []
    assert InstitutionQuota.objects.get().seats_taken == before.seats_taken == 1


def test_a_counter_begun_meanwhile_is_left_alone(
    event: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    InstitutionQuota.objects.all().delete()
    (finding,) = checks()["quotas"]()
    assert finding.mend
    assert finding.mend() is True
    assert finding.mend() is False
    assert InstitutionQuota.objects.count() == 1


def test_a_place_that_nobody_holds_any_more_is_free_again(event: Submission) -> None:
    team = Registration.objects.get(pk=event.registration_id)
    for status in ("withdrawn", "waitlisted", "rejected"):
        Registration.objects.filter(pk=team.pk).update(status=status, seat_taken=True)
        Competition.objects.update(seats_taken=1)
        InstitutionQuota.objects.update(seats_taken=1)
        (finding,) = found("--fix", "--only", "held_places")
        assert finding["object"] == f"registration {team.pk} seat_taken"
        assert found("--only", "held_places", "--only", "quotas") == []
        assert Competition.objects.get(pk=team.competition_id).seats_taken == 0
        assert InstitutionQuota.objects.get().seats_taken == 0


# --- references, and what a person has to decide ------------------------------------
def test_a_dangling_reference_is_told_and_left(event: Submission) -> None:
    team = Registration.objects.get(pk=event.registration_id)
    quota = InstitutionQuota.objects.get()
    gone = uuid4()
    Registration.objects.filter(pk=team.pk).update(institution_id=gone)
    (finding,) = found("--only", "references")
    assert finding == {
        "check": "references",
        "object": f"registration {team.pk} institution_id",
        "says": str(gone),
        "should": "a institution that is there",
        "fixable": False,
    }
    assert found("--only", "references", "--fix") == [finding]
    assert Registration.objects.get(pk=team.pk).institution_id == gone
    assert quota.institution_id != gone


def test_a_foreign_key_that_dangles_is_told(event: Submission) -> None:
    gone = uuid4()
    with _unchecked_keys():
        Submission.objects.filter(pk=event.pk).update(registration_id=gone)
    told = {f["object"]: f["says"] for f in found("--only", "references")}
    assert told == {f"submission {event.pk} registration_id": str(gone)}
    with _unchecked_keys():
        Submission.objects.filter(pk=event.pk).update(
            registration_id=event.registration_id
        )


class _unchecked_keys:  # noqa: N801 - reads as a with statement's words
    """SQLite looks away; MongoDB never looked."""

    def __enter__(self) -> None:
        connection.disable_constraint_checking()

    def __exit__(self, *_: object) -> None:
        connection.enable_constraint_checking()


def test_a_file_that_a_version_lost_is_told(event: Submission) -> None:
    version = SubmissionVersion.objects.get()
    (file,) = version.files
    rows = by_hand(SubmissionFile).filter(pk=file["id"])
    rows.update(sha256="0" * 64)
    (finding,) = found("--only", "handed_in")
    assert finding["object"] == f"submissionversion {version.pk} file {file['id']}"
    assert (finding["says"], finding["should"]) == ("0" * 64, file["sha256"])
    assert not finding["fixable"]
    rows.delete()
    (finding,) = found("--only", "handed_in")
    assert finding["says"] is None


# --- files --------------------------------------------------------------------------
def store(name: str, *, age: float = OLD) -> str:
    key = default_storage.save(name, ContentFile(b"bytes"))
    then = time.time() - age
    os.utime(default_storage.path(key), (then, then))
    return key


def test_a_row_whose_file_is_gone_is_told(event: Submission) -> None:
    document, file = Document.objects.get(), SubmissionFile.objects.get()
    for row in (document, file):
        default_storage.delete(row.storage_key)
    told = {f["object"]: f["says"] for f in found("--only", "missing_files")}
    assert told == {
        f"document {document.pk} storage_key": document.storage_key,
        f"submissionfile {file.pk} storage_key": file.storage_key,
    }
    # Neither has to be there: purged, and taken off before it was handed in.
    Document.objects.update(status="purged")
    SubmissionFile.objects.update(removed_at=now(), frozen=False)
    assert found("--only", "missing_files") == []


def test_a_file_without_a_row_goes_after_an_hour(event: Submission) -> None:
    strays = {
        store("documents/ab/stray"),
        store("submissions/cd/half.5f.part"),
        store("submissions/stray"),
    }
    kept = {
        store("documents/ab/just-stored", age=59 * 60),
        store("submissions/cd/being-written.part", age=59 * 60),
        store("elsewhere/not-ours"),
    }
    named = store("documents/ab/named")
    Document.objects.update(storage_key=named)
    try:
        told = {f["object"] for f in found("--only", "stray_files")}
        assert told == {f"file {key}" for key in strays}
        found("--only", "stray_files", "--fix")
        assert not any(default_storage.exists(key) for key in strays)
        assert all(default_storage.exists(key) for key in {*kept, named})
        assert found("--only", "stray_files") == []
    finally:
        for key in {*kept, named}:
            default_storage.delete(key)


def test_a_part_that_an_upload_left_behind_goes_after_an_hour(
    event: Submission, tmp_path: Path, settings: Any
) -> None:
    settings.UPLOAD_TEMP_DIR = str(tmp_path)
    then = time.time() - 61 * 60
    for name in ("left.part", "other"):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (then, then))
    (tmp_path / "running.part").write_bytes(b"half")
    told = found("--only", "leftover_parts")
    assert [f["object"] for f in told] == ["file left.part"]
    found("--only", "leftover_parts", "--fix")
    assert found("--only", "leftover_parts") == []
    assert {p.name for p in tmp_path.iterdir()} == {"other", "running.part"}


def test_a_storage_that_holds_nothing_yet_is_sound(
    tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "new"
    assert found("--only", "stray_files") == []


# --- the command --------------------------------------------------------------------
def asked(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[str]:
    """What --fix says when a person answers its question."""
    questions = []

    def reply(question: str) -> str:
        questions.append(question)
        return answer

    monkeypatch.setattr("builtins.input", reply)
    out = io.StringIO()
    try:
        call_command("check_consistency", "--fix", stdout=out)
    except CommandError as error:
        questions.append(str(error))
    return [*out.getvalue().splitlines(), *questions]


def test_fix_shows_and_asks_before_it_acts(
    event: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = plant(Competition, seats_taken=7)
    shown = f"seats: competition {row.pk} seats_taken says 7, should say 1"
    assert asked(monkeypatch, "n") == [
        shown,
        "1 found, 0 mended, 1 left.",
        "Mend 1? [y/N] ",
        "1 findings are left.",
    ]
    assert Competition.objects.get(pk=row.pk).seats_taken == 7
    assert asked(monkeypatch, "y")[1] == "1 found, 1 mended, 0 left."
    assert Competition.objects.get(pk=row.pk).seats_taken == 1


def test_without_a_person_nothing_is_mended(
    event: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_question: str) -> str:
        raise EOFError

    plant(Competition, seats_taken=7)
    monkeypatch.setattr("builtins.input", gone)
    assert outcome("check_consistency", "--fix")[0] == 1
    assert outcome("check_consistency", "--fix", "--no-input")[0] == 0


def test_what_changes_meanwhile_is_left_alone(
    event: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the showing and the mending a seat is taken, and the rest put right."""
    row = plant(Competition, seats_taken=7)

    def agreed(_question: str) -> str:
        make_approved(competition=Competition.objects.get(pk=row.pk))
        return "y"

    monkeypatch.setattr("builtins.input", agreed)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_consistency", "--fix", stdout=out)
    assert "changed meanwhile, left alone" in out.getvalue()
    assert Competition.objects.get(pk=row.pk).seats_taken == 8  # 7 and one, not 1


def _dawdling(mend: Callable[[], bool]) -> bool:
    time.sleep(random.uniform(0, 0.15))
    return mend()


def offset_left(teams: list[Registration]) -> int:
    """By how much the places are wrong after mending them while teams submit."""
    competition = teams[0].competition
    Competition.objects.filter(pk=competition.pk).update(seats_taken=7)
    (finding,) = checks()["seats"]()
    assert finding.mend
    submits = [partial(registrations.submit, t, by=t.leader, at=now()) for t in teams]
    race(partial(_dawdling, finding.mend), *submits)
    competition.refresh_from_db()
    held = Registration.objects.filter(competition=competition, seat_taken=True)
    return competition.seats_taken - held.count()


def drafts() -> list[Registration]:
    Competition.objects.update(seats_taken=0)
    Registration.objects.update(seat_taken=False)
    competition = make_competition()
    return [make_registration(competition) for _ in range(3)]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_mending_beside_the_rush_mends_all_or_nothing(_round: int) -> None:
    assert offset_left(drafts()) in {0, 7}


def test_the_control_that_writes_what_it_saw_loses_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(drift: Any) -> bool:
        rows = drift.model._base_manager.filter(pk=drift.key)
        return bool(rows.update(**{drift.column: drift.should}))

    monkeypatch.setattr("competition_site.upkeep.checks._mend", write)
    assert any(offset_left(drafts()) not in {0, 7} for _ in range(20))


def test_a_table_is_read_some_rows_at_a_time(
    event: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        make_registration()
    sizes = []
    read = batches.in_batches

    def counted(rows: Any) -> Any:
        for batch in read(rows, size=2):
            sizes.append(len(batch))
            yield batch

    monkeypatch.setattr("competition_site.upkeep.checks.in_batches", counted)
    plant(Registration, competition_title="Else")
    first = Registration.objects.order_by("pk")[0]
    Registration.objects.filter(pk=first.pk).update(competition_title="Else")
    assert len(found("--only", "registrations")) == 2
    assert sizes == [2, 2, 2]


def test_more_than_fits_is_mended_in_several_runs(
    event: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_consistency, "MOST", 2)
    for _ in range(3):
        make_registration()
    Registration.objects.update(competition_title="Else")
    for left in (2, 0):
        said = outcome(
            "check_consistency", "--json", "--fix", "--only", "registrations"
        )
        assert json.loads(said[1])["left"] == left


def test_only_knows_the_checks() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("check_consistency", "--only", "everything")


# --- the copies that the workflow keeps ---------------------------------------------
def renamed(event: Submission) -> None:
    leader = Registration.objects.get(pk=event.registration_id).leader
    accounts.change_profile(leader, full_name="Sari Dewi")


def moved(event: Submission) -> None:
    leader = Registration.objects.get(pk=event.registration_id).leader
    accounts.change_profile(leader, institution=make_user().institution)


def judge_renamed(event: Submission) -> None:
    accounts.change_profile(Assignment.objects.get().judge, full_name="Sari Dewi")


def institution_merged(event: Submission) -> None:
    leader = Registration.objects.get(pk=event.registration_id).leader
    target = make_user().institution
    registrations.merge_institutions(leader.institution, target, by=make_staff())


def competition_retitled(event: Submission) -> None:
    registrations.change_competition(
        event.competition, by=make_staff(), title="Lomba Baru"
    )


def team_renamed(event: Submission) -> None:
    team = Registration.objects.get(pk=event.registration_id)
    asked = {"status": "changes_requested", "fields_to_change": [["team_name", "?"]]}
    Registration.objects.filter(pk=team.pk).update(**asked)
    registrations.edit(
        Registration.objects.get(pk=team.pk), by=team.leader, team_name="Garuda"
    )


def stage_renamed(event: Submission) -> None:
    submissions.change_stage(event.stage, by=make_staff(), name="Final", order=7)


@pytest.mark.parametrize(
    "change",
    [
        renamed,
        moved,
        judge_renamed,
        institution_merged,
        competition_retitled,
        team_renamed,
        stage_renamed,
    ],
)
def test_copies_follow_in_the_change_itself(
    event: Submission, change: Callable[[Submission], None]
) -> None:
    before = Registration.objects.get(pk=event.registration_id)
    change(event)
    assert found() == []
    after = Registration.objects.get(pk=event.registration_id)
    if change in {renamed, moved, institution_merged}:
        assert after.roster[0] != before.roster[0]
        assert after.version == before.version + 1


def test_a_name_that_stays_writes_no_roster(event: Submission) -> None:
    team = Registration.objects.get(pk=event.registration_id)
    accounts.change_profile(team.leader, phone="+62 1", full_name=team.leader.full_name)
    assert Registration.objects.get(pk=team.pk).version == team.version
    assert UUID(team.roster[0]["id"]) == team.leader_id
