"""Rows for tests, made through the workflow wherever it has a verb for them."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import Institution, User
from accounts.roles import Role
from competition_site.clock import now
from competition_site.files.stored import StoredFile
from competition_site.outbox.models import OutboxMessage
from registrations import workflow as registrations
from registrations.models import Competition, Document, Registration
from submissions import workflow as submissions
from submissions.models import Assignment, Stage, Submission

PASSWORD = "kuda poni 99"
PDF = (
    b"%PDF-1.7\n"
    b"1 0 obj\n"
    b"<</Type/Catalog/Pages 2 0 R>>\n"
    b"endobj\n"
    b"2 0 obj\n"
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>\n"
    b"endobj\n"
    b"3 0 obj\n"
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\n"
    b"endobj\n"
    b"xref\n"
    b"0 4\n"
    b"0000000000 65535 f \n"
    b"0000000009 00000 n \n"
    b"0000000054 00000 n \n"
    b"0000000105 00000 n \n"
    b"trailer\n"
    b"<</Size 4/Root 1 0 R>>\n"
    b"startxref\n"
    b"166\n"
    b"%%EOF\n"
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000b49"
    "444154789c6360000200000500017a5eab3f0000000049454e44ae426082"
)
ZIP = b"PK\x05\x06" + b"\0" * 18

_numbers = itertools.count(1)


def make_institution(name: str | None = None) -> Institution:
    institution = Institution(
        name=name or f"Universitas {next(_numbers)}", confirmed=True
    )
    institution.clean()
    institution.save()
    return institution


def make_user(role: Role = Role.PARTICIPANT, **fields: Any) -> User:
    """A verified account with a complete profile; the password is ``PASSWORD``."""
    number = next(_numbers)
    institution = fields.pop("institution", None) or make_institution()
    defaults = {
        "full_name": f"Person {number}",
        "email_verified": True,
        "phone": "+62 811 1111",
        "institution": institution,
        "institution_name": institution.name,
        "student_number": f"24/{number}",
        "study_program": "Informatics",
        "entry_year": 2024,
    }
    email = fields.pop("email", f"person{number}@mail.example")
    password = fields.pop("password", PASSWORD)
    return User.objects.create_user(email, password, role=role, **defaults | fields)


def make_staff(**fields: Any) -> User:
    return make_user(Role.STAFF, **fields)


def make_admin(**fields: Any) -> User:
    return make_user(Role.ADMIN, **fields)


def competition_fields(**fields: Any) -> dict[str, Any]:
    """What a sound, open competition for teams of one to three is made of."""
    at = now()
    number = next(_numbers)
    return {
        "slug": f"competition-{number}",
        "title": f"Competition {number}",
        "category": "security",
        "registration_opens_at": at - timedelta(days=1),
        "registration_closes_at": at + timedelta(days=5),
        "starts_at": at + timedelta(days=6),
        "ends_at": at + timedelta(days=9),
        "team_size_min": 1,
        "team_size_max": 3,
    } | fields


def make_competition(*, published: bool = True, **fields: Any) -> Competition:
    staff = make_staff()
    competition = registrations.create_competition(
        by=staff, **competition_fields(**fields)
    )
    if published:
        registrations.change_competition(competition, by=staff, status="published")
    return competition


def make_stage(competition: Competition | None = None, **fields: Any) -> Stage:
    """A stage that is open now and takes PDF and ZIP."""
    at = now()
    defaults = {
        "name": "Proposal",
        "order": next(_numbers) % 30_000,
        "opens_at": at - timedelta(days=1),
        "closes_at": at + timedelta(days=3),
        "allowed_types": ["application/pdf", "application/zip"],
    }
    return submissions.create_stage(
        competition or make_competition(), by=make_staff(), **defaults | fields
    )


def make_registration(
    competition: Competition | None = None,
    *,
    leader: User | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> Registration:
    """A draft of a team of one."""
    return registrations.create(
        competition or make_competition(),
        leader=leader or make_user(),
        team_name=fields.pop("team_name", f"Team {next(_numbers)}"),
        at=at or now(),
        **fields,
    )


def add_member(registration: Registration, user: User | None = None) -> User:
    """Put a person into the team, as accepting an invitation would."""
    user = user or make_user()
    token = invitation_token(registration, user.email)
    registrations.accept_invitation(token, by=user, at=now())
    registration.refresh_from_db()
    return user


def invitation_token(registration: Registration, email: str) -> str:
    """Invite an address and read the token from its mail."""
    registrations.invite(registration, email=email, by=registration.leader, at=now())
    return mailed_token(email)


def mailed_token(email: str) -> str:
    """The token of the newest mail that waits for an address."""
    message = OutboxMessage.objects.filter(recipient=email).order_by("-id").first()
    assert message is not None
    return message.body.partition("#token=")[2].split()[0]


def make_approved(
    registration: Registration | None = None, **fields: Any
) -> Registration:
    """A team that competes."""
    registration = registration or make_registration(**fields)
    registrations.submit(registration, by=registration.leader, at=now())
    registrations.approve(registration, by=make_staff())
    return registration


def make_document(registration: Registration, **fields: Any) -> Document:
    """A student card of the leader."""
    defaults = {
        "kind": Document.Kind.STUDENT_CARD,
        "by": registration.leader,
        "at": now(),
        "file": stored_file(),
    }
    return registrations.add_document(registration, **defaults | fields)


def make_submission(
    stage: Stage | None = None, registration: Registration | None = None, **fields: Any
) -> Submission:
    """A draft without files."""
    stage = stage or make_stage()
    registration = registration or make_approved(competition=stage.competition)
    return submissions.create(
        registration,
        stage,
        by=registration.leader,
        at=now(),
        **{"title": "Our work"} | fields,
    )


def stored_file(name: str = "proposal.pdf", content: bytes = PDF) -> StoredFile:
    """A stored file that is really there."""
    key = default_storage.save(f"tests/{next(_numbers)}", ContentFile(content))
    return StoredFile(
        key=key,
        name=name,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        content_type="application/pdf",
    )


def make_judge(competition: Competition, **fields: Any) -> User:
    """A person appointed for a competition."""
    judge = make_user(**fields)
    submissions.appoint(competition, judge, by=make_staff())
    judge.refresh_from_db()
    return judge


def make_handed_in(stage: Stage, **fields: Any) -> Submission:
    """A submission with one file and one version."""
    submission = make_submission(stage, **fields)
    leader = submission.registration.leader
    submissions.add_file(submission, file=stored_file(), by=leader, at=now())
    submissions.hand_in(submission, by=leader, at=now())
    submission.refresh_from_db()
    return submission


def make_assignment(
    submission: Submission | None = None, judge: User | None = None
) -> Assignment:
    """A judge's assignment of work that was handed in."""
    submission = submission or make_handed_in(make_judged_stage())
    stage = submission.stage
    judge = judge or make_judge(stage.competition)
    return submissions.assign(stage, submission, judge, by=make_staff())


def make_judged_stage(**fields: Any) -> Stage:
    """A stage with a rubric of one criterion, of up to 100 marks."""
    stage = make_stage(**fields)
    submissions.add_criterion(
        stage, by=make_staff(), name="Quality", max_score=100, weight=1
    )
    stage.refresh_from_db()
    return stage
