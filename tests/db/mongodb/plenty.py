"""A few thousand rows in every table, so that a missing index shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Model

from accounts.models import AuditEvent, Institution, MailToken, Session, User
from accounts.roles import Role
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations.models import (
    Competition,
    Document,
    Invitation,
    Membership,
    Registration,
)
from submissions.models import (
    Assignment,
    Criterion,
    Extension,
    JudgeAppointment,
    JudgeConflict,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from tests.factories import competition_fields, make_admin

ROWS = 3000
RARE = 30
"""Rows with the rare value of every filter; they are the oldest, so that a list which
begins with the newest would read past all others to find them."""
SOME = 40
"""The number of a row like any other, of a person who is active."""
COMPETITIONS = 60
"""An event has tens of them: what filters by the clock may read them all."""


@dataclass
class Plenty:
    """Some of the rows, to ask for."""

    admin: User
    member: User
    competition: Competition
    stage: Stage
    registration: Registration
    document: Document
    submission: Submission
    rare: Registration
    judge: User
    version: SubmissionVersion


def make_plenty() -> Plenty:
    """Fill every table with one bulk insert each; every value occurs many times."""
    admin = make_admin()
    institutions = _stored(
        Institution(
            name=f"Institute {n:04}",
            name_key=f"institute {n:04}",
            confirmed=_rare_or(n, True, False),
        )
        for n in range(ROWS)
    )
    users = _stored(
        User(
            email=f"user{n:04}@mail.example",
            full_name=f"User {n}",
            role=_rare_or(n, Role.JUDGE, Role.PARTICIPANT, Role.STAFF),
            is_active=_rare_or(n, False, True),
            email_verified=_rare_or(n, False, True),
            institution=institutions[n % 50],
        )
        for n in range(ROWS)
    )
    competitions = _competitions()
    stages = _stored(
        Stage(
            competition=competitions[n % COMPETITIONS],
            name="Stage",
            order=n // COMPETITIONS,
            opens_at=now(),
            closes_at=now() + timedelta(days=1),
            paused=_rare_or(n, True, False),
        )
        for n in range(COMPETITIONS * 20)
    )
    registrations = _registrations(users, competitions, institutions)
    _around_registrations(registrations, users)
    documents = _documents(registrations, users)
    submissions, versions = _submissions(registrations, stages, users[1])
    judges = _judging(submissions, stages, institutions)
    _around_users(users)
    return Plenty(
        admin=admin,
        member=users[SOME],
        competition=registrations[SOME].competition,
        stage=submissions[SOME].stage,
        registration=registrations[SOME],
        document=documents[3 * SOME],
        submission=submissions[SOME],
        version=versions[SOME],
        rare=registrations[0],
        judge=judges[1],
    )


def _rare_or(n: int, rare: Any, *others: Any) -> Any:
    return rare if n < RARE else others[n % len(others)]


def _place(n: int) -> int:
    """The number of a competition; the first has the oldest rows only."""
    return int(_rare_or(n, 0, *range(1, COMPETITIONS)))


def _stored(rows: Iterable[Any]) -> list[Any]:
    made = list(rows)
    manager: Any = type(made[0])._base_manager
    return list(manager.bulk_create(made))


def _competitions() -> list[Competition]:
    moment = now()
    states = ("published", "published", "archived", "draft")
    return _stored(
        Competition(
            **competition_fields(
                starts_at=moment + timedelta(days=6 + n % 5),
                category=("security", "design", "business")[n % 3],
                slug=f"plenty-{n}",
            ),
            title_key=f"title {n:04}",
            status=states[n % 4],
        )
        for n in range(COMPETITIONS)
    )


def _registrations(users: Any, competitions: Any, institutions: Any) -> Any:
    return _stored(
        Registration(
            competition=competitions[_place(n)],
            competition_slug=competitions[_place(n)].slug,
            competition_title="Title",
            team_name=f"Team {n:04}",
            team_name_key=f"team {n:04}",
            status=_rare_or(n, "approved", "draft", "submitted", "submitted"),
            payment_status=_rare_or(n, "awaiting", "not_required"),
            amount_due=n,
            leader=users[n],
            institution_id=institutions[_rare_or(n, 0, *range(1, 50))].pk,
            roster=[
                {
                    "id": str(users[n].pk),
                    "full_name": "",
                    "role": "leader",
                    "institution": "",
                    "joined_at": "2026-01-01T00:00:00.000Z",
                }
            ],
        )
        for n in range(ROWS)
    )


def _around_registrations(registrations: Any, users: Any) -> None:
    _stored(
        Membership(
            registration=row,
            competition_id=row.competition_id,
            user=users[n],
            role=_rare_or(n, "leader", "member"),
            active=_rare_or(n, False, True),
            joined_at=now(),
        )
        for n, row in enumerate(registrations)
    )
    _stored(
        Invitation(
            registration=registrations[n // 20],
            leader_id=users[n // 20].pk,
            competition_slug="plenty-1",
            competition_title="Title",
            team_name="Team",
            email=users[n % 50].email,
            digest=f"{n:064}",
            status=_rare_or(n, "expired", "pending", "accepted"),
            expires_at=now() + timedelta(days=1),
        )
        for n in range(ROWS)
    )


def _documents(registrations: Any, users: Any) -> Any:
    return _stored(
        Document(
            registration=registrations[n // 3],
            competition_title="Title",
            team_name="Team",
            kind=_rare_or(n, "other", "student_card", "enrolment_letter"),
            member=users[n // 3],
            uploaded_by=users[n // 3],
            status=_rare_or(n, "refused", "uploaded", "uploaded", "verified"),
            uploaded_at=now(),
            file_name="card.pdf",
            size=1,
            sha256="0" * 64,
            content_type="application/pdf",
            storage_key=f"documents/{n}",
        )
        for n in range(ROWS)
    )


def _submissions(registrations: Any, stages: Any, by: User) -> Any:
    submissions = _stored(
        Submission(
            registration=row,
            stage=stages[_place(n)],
            competition_id=row.competition_id,
            team_name=row.team_name,
            stage_name="Stage",
            title="Work",
            version_number=1,
            status=_rare_or(n, "submitted", "draft"),
            late=_rare_or(n, True, False),
        )
        for n, row in enumerate(registrations)
    )
    _stored(
        Extension(
            stage=stages[_place(n)],
            registration=row,
            team_name=row.team_name,
            stage_name="Stage",
            until=now() + timedelta(days=2),
            reason="Ill.",
            granted_by=by,
        )
        for n, row in enumerate(registrations)
    )
    _stored(
        SubmissionFile(
            submission=submissions[n // 3],
            registration=registrations[n // 3],
            name="work.pdf",
            size=1,
            sha256="0" * 64,
            content_type="application/pdf",
            storage_key=f"submissions/{n}",
            removed_at=now() if n % 3 == 0 else None,
        )
        for n in range(ROWS)
    )
    versions = _stored(
        SubmissionVersion(
            submission=submissions[n],
            stage_name="Stage",
            stage_id=submissions[n].stage_id,
            number=1,
            title="Work",
            submitted_by=by,
            submitted_at=now(),
            late=_rare_or(n, True, False),
            code=f"CODE-{n:06}",
            key_id="key",
            signature="0" * 64,
        )
        for n in range(ROWS)
    )
    return submissions, versions


def _judging(submissions: Any, stages: Any, institutions: Any) -> Any:
    judges = _stored(
        User(email=f"judge{n}@mail.example", full_name=f"Judge {n}", role=Role.JUDGE)
        for n in range(COMPETITIONS)
    )
    _stored(
        Criterion(stage=stages[n % len(stages)], name=f"Criterion {n}")
        for n in range(ROWS)
    )
    _stored(
        JudgeAppointment(
            competition_id=stages[n % COMPETITIONS].competition_id,
            user=judges[n // COMPETITIONS],
            full_name="Judge",
        )
        for n in range(COMPETITIONS * COMPETITIONS)
    )
    _stored(
        JudgeConflict(
            judge=judges[n % COMPETITIONS],
            institution=institutions[2000 + n % 500],
            reason="I teach there.",
        )
        for n in range(ROWS)
    )
    assignments = _stored(
        Assignment(
            stage_id=row.stage_id,
            stage_name="Stage",
            submission=row,
            registration_id=row.registration_id,
            judge=judges[n % COMPETITIONS],
            judge_name="Judge",
            status=_rare_or(n, "final", "assigned", "in_progress"),
        )
        for n, row in enumerate(submissions)
    )
    _stored(
        Review(
            assignment=row,
            stage_id=row.stage_id,
            submission_id=row.submission_id,
            version_number=1,
            final=_rare_or(n, True, False),
            saved_at=now(),
        )
        for n, row in enumerate(assignments)
    )
    _stored(
        ResultSnapshot(
            competition_id=stage.competition_id,
            stage=stage,
            stage_name="Stage",
            stage_order=stage.order,
            number=1,
            status=_rare_or(n, "released", "computed"),
            computed_at=now(),
        )
        for n, stage in enumerate(stages)
    )
    return judges


def _around_users(users: Any) -> None:
    moment = now()
    _stored(
        Session(user=user, refresh_jti=user.pk.hex, expires_at=moment) for user in users
    )
    _stored(
        MailToken(
            user=user,
            purpose=MailToken.Purpose.VERIFY_EMAIL,
            email=user.email,
            digest=user.pk.hex,
            expires_at=moment,
        )
        for user in users
    )
    _stored(
        AuditEvent(
            actor=user,
            action=f"document.{('opened', 'verified')[n % 2]}",
            object_type="document",
            object_id=users[n // 20].pk,
        )
        for n, user in enumerate(users)
    )
    _stored(
        OutboxMessage(
            kind="verify_email",
            recipient=user.email,
            subject="Mail",
            status=_rare_or(n, "failed", "sent", "pending"),
        )
        for n, user in enumerate(users)
    )


TABLES: tuple[type[Model], ...] = (
    Institution,
    User,
    Competition,
    Stage,
    Registration,
    Membership,
    Invitation,
    Document,
    Submission,
    SubmissionFile,
    SubmissionVersion,
    Criterion,
    Extension,
    JudgeAppointment,
    JudgeConflict,
    Assignment,
    Review,
    ResultSnapshot,
    Session,
    MailToken,
    AuditEvent,
    OutboxMessage,
)
