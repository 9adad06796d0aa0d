"""The demo's event: every state there is, whole files, receipts that hold."""

import io
import json
import zipfile
import zlib
from collections import Counter
from hashlib import sha256
from itertools import pairwise

import filetype
import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.files.storage import default_storage

from accounts.models import Institution, User
from accounts.workflow import check_credentials
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations.models import Competition, Document, Invitation, Registration
from submissions import receipts
from submissions.demo.people import PASSWORD
from submissions.models import (
    Assignment,
    Criterion,
    JudgeConflict,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from submissions.models.conflicts import judgeable
from tests.api import Api
from tests.factories import mailed_token
from tests.upkeep.commands import outcome

pytestmark = pytest.mark.usefixtures("demo")


def content(row):
    with default_storage.open(row.storage_key) as file:
        return file.read()


def test_who_is_there():
    assert Counter(User.objects.values_list("role", flat=True)) == {
        "participant": 300,
        "judge": 6,
        "staff": 1,
        "admin": 1,
    }
    students = User.objects.filter(role="participant")
    assert all(student.profile_complete for student in students)
    assert len({student.full_name for student in students}) == 300
    assert Institution.objects.count() == 12
    assert all(i.name_key == i.name.casefold() for i in Institution.objects.all())


def test_loading_is_quick(demo):
    assert demo.seconds < 60


def test_the_log_ins_printed_are_few_and_true(demo, settings):
    settings.PASSWORD_HASHERS = ["accounts.hashers.Argon2idHasher"]
    lines = [line.split() for line in demo.lines]
    assert [line[0] for line in lines[:3]] == ["staff", "admin", "judge"]
    assert len(lines) == 9
    for role, email, password, *_rest in lines:
        user = check_credentials(email, password)
        assert user.role == role
        assert user.email_verified
        validate_password(PASSWORD, user=user)
    states = [line.rpartition(": ")[2] for line in demo.lines[3:]]
    assert states == [
        "draft",
        "submitted",
        "approved",
        "competing",
        "work submitted",
        "work draft",
    ]


def test_the_competitions_are_in_different_phases():
    listed = Api().get("/competitions").json()["data"]["results"]
    assert {c["slug"]: c["phase"] for c in listed} == {
        "data-science": "finished",
        "business-case": "running",
        "ui-ux-challenge": "running",
        "capture-the-flag": "open",
        "line-follower": "upcoming",
    }
    assert Competition.objects.get(slug="hackathon").status == "draft"
    stage = Stage.objects.get(name="Prototype")
    assert stage.opens_at <= now() < stage.closes_at
    judged = Stage.objects.get(name="Proposal")
    assert judged.judging_opens_at <= now() < judged.judging_closes_at
    stages = Competition.objects.get(slug="ui-ux-challenge").stages
    assert [s["name"] for s in stages] == ["Concept", "Prototype", "Final pitch"]


def test_eighty_teams_in_every_state():
    teams = list(Registration.objects.all())
    states = Counter((team.status, team.competing) for team in teams)
    assert states == {
        ("draft", False): 12,
        ("submitted", False): 12,
        ("approved", False): 5,
        ("approved", True): 51,
    }
    assert len({team.team_name for team in teams}) > 70
    documents = Counter(Document.objects.values_list("status", flat=True))
    assert min(documents[s] for s in ("uploaded", "verified", "refused")) > 5
    assert {team.members_count for team in teams} == {1, 2, 3}


def test_what_a_team_may_do_next_is_of_every_kind():
    drafts = Registration.objects.filter(
        competition_slug="capture-the-flag", status="draft"
    )
    answers = Counter(
        Api(team.leader)
        .get(f"/registrations/{team.pk}")
        .json()["data"]["can"]["submit"]
        for team in drafts
    )
    assert answers == {True: 3, "answers_incomplete": 6}


def test_an_open_invitation_can_be_accepted():
    invitation = Invitation.objects.filter(status="pending").order_by("id")[0]
    invited = User.objects.with_email(invitation.email)
    token = mailed_token(invited.email)
    answer = Api(invited).post("/invitations/accept", {"token": token})
    assert answer.status_code == 200


def test_no_mail_but_invitations_waits():
    waiting = OutboxMessage.objects.filter(status="pending")
    kinds = Counter(waiting.values_list("kind", flat=True))
    assert kinds["invitation"] == 3
    assert kinds.keys() <= {"invitation", "member_joined"}  # of the test above


def test_places_taken_are_those_of_the_teams():
    for competition in Competition.objects.all():
        holders = Registration.objects.filter(competition=competition, seat_taken=True)
        assert competition.seats_taken == holders.count()
    nearly_full = Competition.objects.get(slug="capture-the-flag")
    assert nearly_full.capacity - nearly_full.seats_taken == 2


def test_the_works():
    works = Counter(
        Submission.objects.values_list("stage_name", "status", "version_number")
    )
    assert works == {
        ("Report", "submitted", 1): 15,
        ("Proposal", "submitted", 1): 14,
        ("Proposal", "draft", 0): 2,
        ("Concept", "submitted", 1): 12,
        ("Prototype", "draft", 0): 5,
        ("Prototype", "submitted", 1): 4,
        ("Prototype", "submitted", 2): 3,
    }
    for second in SubmissionVersion.objects.filter(number=2):
        names = [file["name"] for file in second.files]
        assert names == ["report.pdf", "prototype-2.zip"]
        assert second.link_url.startswith("https://prototype.example/")


def test_judged_stages_have_a_rubric():
    for name in ("Report", "Proposal", "Concept"):
        stage = Stage.objects.get(name=name)
        rows = Criterion.objects.filter(stage=stage).order_by("id")
        assert [c["name"] for c in stage.criteria] == [row.name for row in rows]
        assert len(stage.criteria) == 3


def test_judging_is_in_every_state_and_without_conflicts():
    assignments = list(Assignment.objects.all())
    assert {a.status for a in assignments} == set(Assignment.Status.values)
    finals = Counter(Review.objects.values_list("final", flat=True))
    assert finals[True] > 60
    assert finals[False] > 5
    assert JudgeConflict.objects.count() == 2
    teams = Registration.objects.in_bulk([a.registration_id for a in assignments])
    for judge in User.objects.filter(role="judge"):
        own = [teams[a.registration_id] for a in assignments if a.judge_id == judge.pk]
        assert judgeable(judge, own) == {team.pk for team in own}


def test_a_judge_sees_work_to_be_marked(demo):
    judge = User.objects.with_email(demo.lines[2].split()[1])
    listed = Api(judge).get("/judging/assignments").json()["data"]["results"]
    assert {"assigned", "final"} & {row["status"] for row in listed}


def test_one_result_is_released_with_a_tie_and_one_waits():
    results = ResultSnapshot.objects.order_by("id")
    assert [(r.stage_name, r.number, r.status) for r in results] == [
        ("Report", 1, "released"),
        ("Concept", 1, "withdrawn"),
        ("Concept", 2, "computed"),
    ]
    assert [bool(r.blockers) for r in results] == [False, True, False]
    board = Api().get("/competitions/data-science/leaderboard").json()["data"]
    ranks = [row["rank"] for row in board["rows"]]
    assert len(ranks) == 15
    assert sum(first == second for first, second in pairwise(ranks)) == 1


def test_receipts_hold():
    versions = SubmissionVersion.objects.all()
    assert len(versions) == 51
    for version in versions:
        assert receipts.is_valid(version)
    shown = Api().get(f"/receipts/{versions[0].code}").json()["data"]
    assert shown["version_number"] == versions[0].number


def test_files_are_what_they_say():
    rows = [*Document.objects.all(), *SubmissionFile.objects.all()]
    kinds = Counter(row.content_type for row in rows)
    assert kinds.keys() == {"image/png", "application/pdf", "application/zip"}
    for row in rows:
        stored = content(row)
        assert filetype.guess_mime(stored) == row.content_type
        assert sha256(stored).hexdigest() == row.sha256
        assert len(stored) == row.size
        CHECKS[row.content_type](stored)


def is_whole_pdf(stored):
    """Every entry of the cross-reference table points at its object."""
    assert stored.startswith(b"%PDF-1.")
    assert stored.endswith(b"%%EOF\n")
    start = int(stored.rpartition(b"startxref\n")[2].split()[0])
    table = stored[start:].split(b"trailer")[0].splitlines()
    assert table[0] == b"xref"
    entries = table[3:]
    for number, entry in enumerate(entries, start=1):
        assert stored[int(entry[:10]) :].startswith(b"%d 0 obj" % number)


def is_whole_png(stored):
    """Its chunks' checksums fit, and its pixels are as many as it says."""
    position, kinds, pixels = 8, [], b""
    while position < len(stored):
        length = int.from_bytes(stored[position : position + 4])
        kind = stored[position + 4 : position + 8]
        body = stored[position + 8 : position + 8 + length]
        check = stored[position + 8 + length : position + 12 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(check)
        kinds.append(kind)
        pixels += body if kind == b"IDAT" else b""
        position += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
    width, height = (int.from_bytes(stored[n : n + 4]) for n in (16, 20))
    assert len(zlib.decompress(pixels)) == height * (1 + 3 * width)


def is_whole_zip(stored):
    with zipfile.ZipFile(io.BytesIO(stored)) as file:
        assert file.testzip() is None
        assert file.namelist() == ["README.md", "index.html"]


CHECKS = {
    "application/pdf": is_whole_pdf,
    "image/png": is_whole_png,
    "application/zip": is_whole_zip,
}


def test_nothing_has_drifted():
    """A sound event has nothing to mend."""
    status, said = outcome("check_consistency", "--json")
    assert json.loads(said)["findings"] == []
    assert status == 0
