"""The demo's event: every state there is, whole files, receipts that hold."""

import io
import zipfile
import zlib
from collections import Counter
from hashlib import sha256

import filetype
import pytest
from django.core.files.storage import default_storage

from accounts.models import Institution, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations.models import Competition, Document, Invitation, Registration
from submissions import receipts
from submissions.models import Stage, Submission, SubmissionFile, SubmissionVersion
from tests.factories import mailed_token


@pytest.fixture(autouse=True)
def _demo(load_demo):
    load_demo()


def content(row):
    with default_storage.open(row.storage_key) as file:
        return file.read()


def test_who_is_there():
    assert Counter(User.objects.values_list("role", flat=True)) == {
        "participant": 20,
        "staff": 1,
        "admin": 1,
    }
    students = User.objects.filter(role="participant")
    assert all(student.profile_complete for student in students)
    assert len({student.full_name for student in students}) == 20
    assert all(i.name_key == i.name.casefold() for i in Institution.objects.all())


def test_the_competitions_are_in_different_phases(anyone):
    listed = anyone.get("/competitions").json()["data"]["results"]
    assert {c["slug"]: c["phase"] for c in listed} == {
        "capture-the-flag": "open",
        "ui-ux-challenge": "running",
        "line-follower": "upcoming",
    }
    assert Competition.objects.get(slug="hackathon").status == "draft"
    stage = Stage.objects.get(name="Prototype")
    assert stage.opens_at <= now() < stage.closes_at
    stages = Competition.objects.get(slug="ui-ux-challenge").stages
    assert [s["name"] for s in stages] == ["Prototype", "Final pitch"]


def test_six_teams_in_different_states():
    teams = [
        (t.status, t.members_count, t.competing)
        for t in Registration.objects.order_by("id")
    ]
    assert teams == [
        ("draft", 1, False),
        ("draft", 2, False),
        ("draft", 3, False),
        ("submitted", 3, False),
        ("approved", 3, True),
        ("approved", 3, True),
    ]
    documents = [
        Counter(team.documents.values_list("status", flat=True))
        for team in Registration.objects.order_by("id")
    ]
    assert documents == [
        {},
        {},
        {"uploaded": 3},
        {"uploaded": 3, "refused": 1},
        {"verified": 3},
        {"verified": 3},
    ]


def test_what_each_team_may_do_next(as_user):
    expected = ["documents_missing", "documents_missing", True, "invalid_transition"]
    expected[0] = expected[1] = "answers_incomplete"
    for team, submit in zip(
        Registration.objects.order_by("id"), expected, strict=False
    ):
        detail = as_user(team.leader).get(f"/registrations/{team.pk}").json()["data"]
        assert detail["can"]["submit"] == submit


def test_the_open_invitation_can_be_accepted(as_user):
    invitation = Invitation.objects.get(status="pending")
    invited = User.objects.with_email(invitation.email)
    mail = OutboxMessage.objects.get(status="pending")
    assert mail.recipient == invited.email
    token = mailed_token(invited.email)
    answer = as_user(invited).post("/invitations/accept", {"token": token})
    assert answer.status_code == 200


def test_places_taken_are_those_of_the_teams():
    for competition in Competition.objects.all():
        holders = Registration.objects.filter(competition=competition, seat_taken=True)
        assert competition.seats_taken == holders.count()


def test_the_works():
    draft, handed_in = Submission.objects.order_by("id")
    assert (draft.status, draft.version_number, draft.files_count) == ("draft", 0, 1)
    assert (handed_in.status, handed_in.version_number) == ("submitted", 2)
    versions = SubmissionVersion.objects.order_by("number")
    names = [[file["name"] for file in version.files] for version in versions]
    assert names == [
        ["design-report.pdf"],
        ["design-report.pdf", "prototype.zip"],
    ]
    assert versions[0].link_url == ""
    assert versions[1].link_url.startswith("https://prototype.example/")


def test_receipts_hold(anyone):
    for version in SubmissionVersion.objects.all():
        assert receipts.is_valid(version)
        shown = anyone.get(f"/receipts/{version.code}").json()["data"]
        assert shown["version_number"] == version.number


def test_files_are_what_they_say():
    rows = [*Document.objects.all(), *SubmissionFile.objects.all()]
    assert Counter(row.content_type for row in rows) == {
        "image/png": 13,
        "application/pdf": 2,
        "application/zip": 1,
    }
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
