"""The journey's work: files, versions that never change, receipts, closed doors."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import uuid4

from tests.journey import shapes
from tests.journey.accounts import Student
from tests.journey.client import Person, Upload
from tests.journey.files import DISGUISED_HTML, archive, pdf
from tests.journey.mailbox import Mailbox, text_of
from tests.journey.organisers import SLUG
from tests.journey.teams import Team

PDF, ZIP = pdf("Our exploit"), archive(readme="how to", flag="found")


def begins(team: Team, stage: dict[str, Any]) -> str:
    """The team begins its work for the stage, once."""
    sari = team.leader
    body = {
        "registration": team.path.rpartition("/")[2],
        "stage": stage["id"],
        "title": "Exploit",
    }
    made = sari.post("/submissions", body, status=201, shape=shapes.SUBMISSION).data
    assert (made["status"], made["version_number"]) == ("draft", 0)
    again = sari.refused(
        "POST", "/submissions", body, status=409, code="already_exists"
    )
    assert again.data["id"] == made["id"]
    path = f"/submissions/{made['id']}"
    sari.refused("POST", f"{path}/submit", status=409, code="submission_incomplete")
    return path


def adds_files(budi: Student, path: str) -> list[dict[str, Any]]:
    """Any member adds files; the stage says which, and how many."""
    html = Upload("report.pdf", DISGUISED_HTML, "application/pdf")
    refused = budi.refused(
        "POST", f"{path}/files", html, status=400, code="validation_error"
    )
    assert refused.data["errors"].keys() == {"file"}
    rows = []
    for name, content in (("../report.pdf", PDF), ("attachment.zip", ZIP)):
        upload = Upload(name, content)
        row = budi.post(f"{path}/files", upload, status=201, shape=shapes.FILE).data
        assert row["sha256"] == sha256(content).hexdigest()
        assert row["size"] == len(content)
        assert budi.download(content_of(row)).content == content
        rows.append(row)
    assert [row["name"] for row in rows] == ["report.pdf", "attachment.zip"]
    third = Upload("third.pdf", pdf("One too many"))
    budi.refused("POST", f"{path}/files", third, status=400, code="validation_error")
    return rows


def content_of(file: dict[str, Any]) -> str:
    return f"/submission-files/{file['id']}/content"


def hands_in(sari: Student, path: str, mailbox: Mailbox) -> dict[str, Any]:
    """The first version; its receipt comes with the answer and by mail."""
    key = {"Idempotency_Key": "hand-in-1"}
    version = sari.post(f"{path}/submit", shape=shapes.VERSION, **key).data
    assert (version["number"], version["late"]) == (1, False)
    again = sari.post(f"{path}/submit", **key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.data == version
    code = version["receipt"]["code"]
    assert version["receipt"]["href"] == f"/api/v1/receipts/{code}"
    letter = text_of(mailbox.letter_to(sari.email))
    assert code in letter
    assert all(row["sha256"] in letter for row in version["files"])
    return dict(version)


def anybody_checks(url: str, version: dict[str, Any], contents: list[bytes]) -> None:
    """The receipt says what was handed in and when, and that nobody changed it."""
    code = version["receipt"]["code"]
    answer = Person(url).get(f"/receipts/{code}", shape=shapes.RECEIPT)
    receipt = answer.data
    assert receipt["valid"] is True
    assert receipt["version_number"] == version["number"]
    assert receipt["submitted_at"] == version["submitted_at"]
    hashes = [{"sha256": sha256(content).hexdigest()} for content in contents]
    assert receipt["files"] == hashes
    for private in ("Sari", "Merpati", "report.pdf", "Exploit"):
        assert private not in str(receipt)
    Person(url).refused("GET", f"/receipts/{code[::-1]}", status=404, code="not_found")


def hands_in_again(
    budi: Student, path: str, first: dict[str, Any], mailbox: Mailbox
) -> dict[str, Any]:
    """A second version, by the other member, leaves the first one as it was."""
    replaced = first["files"][0]
    gone = budi.call("DELETE", f"/submission-files/{replaced['id']}")
    assert gone.data is None
    better = Upload("better.pdf", pdf("Our better exploit"))
    budi.post(f"{path}/files", better, status=201)
    budi.patch(path, {"title": "Better exploit", "summary": "Faster"})
    second = budi.post(f"{path}/submit", shape=shapes.VERSION).data
    assert second["number"] == 2
    assert second["receipt"]["code"] in text_of(mailbox.letter_to(budi.email))
    names = [row["name"] for row in second["files"]]
    assert names == ["attachment.zip", "better.pdf"]

    detail = budi.get(path, shape=shapes.SUBMISSION).data
    assert detail["version_number"] == 2
    assert detail["versions"] == [first, second]
    assert detail["files"] == second["files"]
    assert budi.download(content_of(replaced)).content == PDF
    anybody_checks(budi.url, first, [PDF, ZIP])
    anybody_checks(budi.url, second, [ZIP, better.content or b""])
    listed = budi.get(
        f"/submissions?competition={SLUG}&status=submitted",
        shape=shapes.page(shapes.SUBMISSION_ROW),
    )
    assert [row["title"] for row in listed.data["results"]] == ["Better exploit"]
    return dict(second)


def is_closed_to(
    stranger: Student, team: Team, submission: str, version: dict[str, Any]
) -> None:
    """What another team has is, to a stranger, not there at all: word for word."""
    registration, document = team.path, team.documents[0]
    own_file = f"/submission-files/{version['files'][0]['id']}"
    card = Upload("card.pdf", PDF, fields={"kind": "student_card"})
    for method, path, body in (
        ("GET", registration, None),
        ("PATCH", registration, {"team_name": "Mine"}),
        ("POST", f"{registration}/submit", None),
        ("GET", f"{registration}/invitations", None),
        ("POST", f"{registration}/invitations", {"email": stranger.email}),
        ("POST", f"{registration}/documents", card),
        ("GET", f"{document}/file", None),
        ("GET", submission, None),
        ("PATCH", submission, {"title": "Mine"}),
        ("POST", f"{submission}/files", Upload("mine.pdf", PDF)),
        ("POST", f"{submission}/submit", None),
        ("GET", f"{own_file}/content", None),
        ("DELETE", own_file, None),
    ):
        refused = stranger.refused(method, path, body, status=404, code="not_found")
        missing = "/".join(
            str(uuid4()) if len(part) == 36 else part for part in path.split("/")
        )
        nothing = stranger.refused(method, missing, body, status=404, code="not_found")
        assert (refused.data, refused.message) == (nothing.data, nothing.message), path
    work = {
        "registration": registration.rpartition("/")[2],
        "stage": team.leader.get(submission).data["stage"]["id"],
        "title": "Mine now",
    }
    stranger.refused("POST", "/submissions", work, status=404, code="not_found")
    for path in ("/registrations", "/submissions"):
        mine = f"{path}?competition={SLUG}"
        assert stranger.get(mine).data["results"] == []
    for path in (f"{registration}/approve", f"{document}/verify"):
        stranger.refused("POST", path, status=403, code="permission_denied")
    anyone = Person(stranger.url)
    for path in (registration, submission, f"{document}/file", f"{own_file}/content"):
        anyone.refused("GET", path, status=401, code="not_authenticated")
