"""The journey's teams: registered, invited, proven, submitted and approved."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.journey import shapes
from tests.journey.accounts import PROFILE, Student, joins
from tests.journey.client import Answer, Upload
from tests.journey.files import DISGUISED_HTML, png
from tests.journey.mailbox import Mailbox, text_of, token_of
from tests.journey.organisers import SLUG, seats_taken

TEAM = "Merpati Putih"


@dataclass
class Team:
    """A leader, their registration's path, and who and what came later."""

    leader: Student
    path: str
    member: Student | None = None
    documents: list[str] = field(default_factory=list)


def is_not_let_in(unconfirmed: Student) -> None:
    """An address that nobody has confirmed enters no competition."""
    body = {"competition": SLUG, "team_name": "Unconfirmed"}
    unconfirmed.refused(
        "POST", "/registrations", body, status=403, code="email_not_verified"
    )


def registers_a_team(sari: Student) -> Team:
    """One key, one registration: the repetition gets the first answer again."""
    body = {"competition": SLUG, "team_name": TEAM}
    key = {"Idempotency_Key": "register-merpati-1"}
    first = sari.post(
        "/registrations", body, status=201, shape=shapes.REGISTRATION, **key
    )
    path = f"/registrations/{first.data['id']}"
    assert first.headers["Location"] == f"/api/v1{path}"
    assert "Idempotency-Replayed" not in first.headers
    again = sari.post("/registrations", body, status=201, **key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.data == first.data
    other = body | {"team_name": "Other"}
    sari.post("/registrations", other, status=422, code="idempotency_key_reused", **key)
    sari.refused("POST", "/registrations", other, status=409, code="already_registered")
    listed = sari.get("/registrations", shape=shapes.page(shapes.REGISTRATION_ROW))
    assert [row["id"] for row in listed.data["results"]] == [first.data["id"]]
    return Team(sari, path)


def is_not_ready(team: Team, code: str, status: int = 409) -> Answer:
    """Submitting is refused, and ``can`` said so beforehand."""
    detail = team.leader.get(team.path, shape=shapes.REGISTRATION).data
    assert detail["can"]["submit"] == code
    assert [step["code"] for step in detail["next_actions"]] == [code]
    submit = f"{team.path}/submit"
    return team.leader.refused("POST", submit, status=status, code=code)


def invites(team: Team, mailbox: Mailbox) -> None:
    """Somebody without an account is invited, registers, and accepts by the mail."""
    sari, path = team.leader, team.path
    address = "budi@kampus.example"
    invited = sari.post(
        f"{path}/invitations",
        {"email": address},
        status=201,
        shape=shapes.INVITATION,
    )
    assert invited.data["status"] == "pending"
    again = sari.refused(
        "POST",
        f"{path}/invitations",
        {"email": address},
        status=409,
        code="already_exists",
    )
    assert again.data["id"] == invited.data["id"]
    token = token_of(mailbox.letter_to(address))
    assert token not in str(sari.get(f"{path}/invitations").data)

    budi = Student(sari.url, address, "Budi Santoso")
    budi.registers()
    accept = ("POST", "/invitations/accept", {"token": token})
    budi.refused(*accept, status=403, code="email_not_verified")
    budi.verifies(mailbox)
    missing = budi.refused(*accept, status=403, code="profile_incomplete")
    assert "phone" in missing.data["missing_fields"]
    institution = sari.get("/me").data["institution"]["id"]
    budi.patch("/me", {**PROFILE, "institution": institution})
    joined = budi.post(
        "/invitations/accept", {"token": token}, shape=shapes.REGISTRATION
    )
    assert [m["role"] for m in joined.data["members"]] == ["leader", "member"]
    budi.refused(*accept, status=409, code="invitation_not_pending")
    assert "Budi Santoso" in text_of(mailbox.letter_to(sari.email))
    listed = sari.get(f"{path}/invitations", shape=shapes.page(shapes.INVITATION))
    assert [row["status"] for row in listed.data["results"]] == ["accepted"]
    budi.refused("POST", f"{path}/submit", status=403, code="permission_denied")
    team.member = budi


def answers(team: Team) -> None:
    """A required question stops the team until its leader has answered it."""
    sari, path = team.leader, team.path
    refused = is_not_ready(team, "answers_incomplete")
    assert refused.data["errors"].keys() == {"answers.shirt_size"}
    read = sari.get(path)
    wrong = {"answers": {"shirt_size": "XXL", "colour": "red"}}
    errors = sari.refused("PATCH", path, wrong, status=400, code="validation_error")
    assert errors.data["errors"].keys() == {"answers.shirt_size", "answers.colour"}
    right = {"answers": {"shirt_size": "M"}}
    tag = read.headers["ETag"]
    saved = sari.patch(path, right, If_Match=tag, shape=shapes.REGISTRATION)
    assert saved.data["answers"] == right["answers"]
    sari.patch(path, right, If_Match=tag, status=412, code="stale_version")


def uploads_card(student: Student, path: str, content: bytes) -> dict[str, Any]:
    """Hand in the own student card."""
    card = Upload("card.png", content, "image/png", {"kind": "student_card"})
    row = student.post(
        f"{path}/documents", card, status=201, shape=shapes.DOCUMENT
    ).data
    assert (row["status"], row["member"]) == ("uploaded", student.id)
    assert row["sha256"] == sha256(content).hexdigest()
    assert row["size"] == len(content)
    return dict(row)


def proves(team: Team, admin: Student, mailbox: Mailbox) -> None:
    """Both hand in their cards, one of them a second time."""
    sari, path = team.leader, team.path
    budi = team.member or sari
    missing = is_not_ready(team, "documents_missing")
    names = missing.data["errors"]["documents.student_card"]
    assert sorted(names) == [budi.full_name, sari.full_name]
    disguised = Upload(
        "card.png", DISGUISED_HTML, "image/png", {"kind": "student_card"}
    )
    refused = sari.refused(
        "POST", f"{path}/documents", disguised, status=400, code="validation_error"
    )
    assert refused.data["errors"].keys() == {"file"}
    assert sari.get(path).data["documents"] == []

    first, second = png(10), png(20)
    rows = [uploads_card(sari, path, first), uploads_card(budi, path, second)]
    seen = {row["member"]: row for row in sari.get(path).data["documents"]}
    assert seen[sari.id]["href"] == f"/api/v1/documents/{rows[0]['id']}/file"
    assert (seen[budi.id]["file_name"], seen[budi.id]["sha256"]) == (None, None)
    own, others = (f"/documents/{row['id']}" for row in rows)
    assert sari.download(f"{own}/file").content == first
    sari.refused("GET", f"{others}/file", status=404, code="not_found")
    assert admin.download(f"{others}/file").content == second

    reason = {"reason": "The name cannot be read."}
    row = admin.post(f"{others}/refuse", reason, shape=shapes.DOCUMENT).data
    assert (row["status"], row["reason"]) == ("refused", reason["reason"])
    assert reason["reason"] in text_of(mailbox.letter_to(budi.email))
    is_not_ready(team, "documents_missing")
    replacement = uploads_card(budi, path, png(30))
    team.documents = [own, f"/documents/{replacement['id']}"]


def submits(team: Team, mailbox: Mailbox) -> None:
    """A complete team takes a place, once."""
    sari, path = team.leader, team.path
    before = seats_taken(sari.url)
    key = {"Idempotency_Key": "submit-merpati-1"}
    first = sari.post(f"{path}/submit", shape=shapes.REGISTRATION, **key)
    assert (first.data["status"], first.data["competing"]) == ("submitted", False)
    again = sari.post(f"{path}/submit", **key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.data == first.data
    sari.refused("POST", f"{path}/submit", status=409, code="invalid_transition")
    assert seats_taken(sari.url) == before + 1
    assert TEAM in mailbox.letter_to(sari.email)["Subject"]


def is_approved(team: Team, admin: Student, mailbox: Mailbox) -> None:
    """Staff look at the proofs and let the team in, through the API."""
    sari, path, documents = team.leader, team.path, team.documents
    sari.refused("POST", f"{path}/approve", status=403, code="permission_denied")
    for document in documents:
        row = admin.post(f"{document}/verify", shape=shapes.DOCUMENT).data
        assert row["status"] == "verified"
    admin.refused(
        "POST", f"{documents[0]}/verify", status=409, code="invalid_transition"
    )
    before = seats_taken(sari.url)
    approved = admin.post(f"{path}/approve", shape=shapes.REGISTRATION)
    assert (approved.data["status"], approved.data["competing"]) == ("approved", True)
    admin.refused("POST", f"{path}/approve", status=409, code="invalid_transition")
    assert seats_taken(sari.url) == before
    is_told_of_approval(team, TEAM, mailbox)


def is_told_of_approval(team: Team, name: str, mailbox: Mailbox) -> None:
    """Each of the two members gets a letter that names the team."""
    letters = mailbox.collect(2)
    people = {person.email for person in (team.leader, team.member) if person}
    assert {letter["To"] for letter in letters} == people
    assert all(name in letter["Subject"] for letter in letters)


def another_team_submits(url: str, institution: str, mailbox: Mailbox) -> Team:
    """A second team comes the short way and waits for its approval."""
    dewi, eko = (
        joins(url, mailbox, f"{name}@kampus.example", name, institution=institution)
        for name in ("dewi", "eko")
    )
    body = {"competition": SLUG, "team_name": TEAM.upper()}
    dewi.refused("POST", "/registrations", body, status=409, code="team_name_taken")
    body |= {"team_name": "Elang", "answers": {"shirt_size": "L"}}
    path = f"/registrations/{dewi.post('/registrations', body, status=201).data['id']}"
    dewi.post(f"{path}/invitations", {"email": eko.email}, status=201)
    token = mailbox.token_for(eko.email)
    eko.post("/invitations/accept", {"token": token})
    for student in (dewi, eko):
        uploads_card(student, path, png(40))
    dewi.post(f"{path}/submit")
    mailbox.collect(2)  # somebody joined; the registration was received
    return Team(dewi, path, eko)
