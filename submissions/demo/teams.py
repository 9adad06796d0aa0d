"""Teams, each brought into its state by the workflow, one step after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from random import Random
from typing import Any

from django.db import transaction

from accounts.models import User
from competition_site.db.models import Row
from competition_site.db.transactions import retry_on_conflict
from registrations import workflow
from registrations.models import Competition, Document, Registration
from submissions.demo import files
from submissions.demo.mails import take_token


class State(Enum):
    """How far a team has come with its registration."""

    ALONE = "a draft, with answers missing"
    INVITING = "a draft with an open invitation"
    READY = "a draft that lacks the leader's decision only"
    WAITING = "submitted, documents to be looked at"
    REFUSED = "submitted, one document refused and not yet replaced"
    REPLACED = "submitted, a refused document replaced"
    APPROVED = "approved, documents to be looked at"
    COMPETING = "approved, documents verified"


class Pool:
    """Students who have no team yet; teams are mostly of one university."""

    def __init__(self, students: Sequence[User]) -> None:
        self.free: dict[Any, list[User]] = {}
        for student in students:
            self.free.setdefault(student.institution_id, []).append(student)

    def take(self, count: int) -> list[User]:
        """People of the university with the most who are left."""
        most = max(self.free.values(), key=len)
        taken = most[:count]
        del most[:count]
        return taken


@dataclass(frozen=True)
class Teams:
    """Makes teams; ``staff`` judges what they hand in."""

    staff: User
    pool: Pool
    random: Random

    def form(
        self, competition: Competition, name: str, state: State, *, at: datetime
    ) -> Registration:
        """Enter a team at a moment; what follows happens in the two days after it."""
        members = self.pool.take(self._size(competition, state))
        return self._form(competition, name, state, members=members, at=at)

    def _size(self, competition: Competition, state: State) -> int:
        largest = competition.team_size_max
        if state is State.ALONE:
            return 1
        if state is State.INVITING:
            return largest - 1
        return self.random.choice([largest, largest, competition.team_size_min])

    @retry_on_conflict
    @transaction.atomic
    def _form(
        self,
        competition: Competition,
        name: str,
        state: State,
        *,
        members: Sequence[User],
        at: datetime,
    ) -> Registration:
        answers = {} if state in _BEGUN else self._answers(competition)
        leader, *others = members
        team = workflow.create(
            competition, leader=leader, team_name=name, at=at, answers=answers
        )
        backdate(team, at)
        for person in others:
            workflow.invite(team, email=person.email, by=leader, at=at)
            token = take_token("invitation", person.email)
            workflow.accept_invitation(token, by=person, at=at)
        team.refresh_from_db()
        entry = Entry(team, competition, members, self.staff, at)
        for step in _STEPS[state]:
            step(self, entry)
        team.refresh_from_db()
        return team

    def _answers(self, competition: Competition) -> dict[str, Any]:
        """A choice for every question that has choices."""
        return {
            question["key"]: self.random.choice(question["choices"])
            for question in competition.questions
            if question["type"] == "choice"
        }

    def invite_somebody(self, entry: Entry) -> None:
        (invited,) = self.pool.take(1)
        workflow.invite(
            entry.team, email=invited.email, by=entry.team.leader, at=entry.at
        )

    def hand_in_documents(self, entry: Entry) -> None:
        for member in entry.members:
            for kind in entry.competition.required_documents:
                entry.hand_in(kind, member, entry.later(days=1))

    def submit(self, entry: Entry) -> None:
        at = entry.later(days=1, hours=3)
        workflow.submit(entry.team, by=entry.team.leader, at=at)

    def refuse_one(self, entry: Entry) -> None:
        document = entry.team.documents.order_by("id")[0]
        reason = "The number cannot be read; please photograph it in daylight."
        workflow.refuse_document(document, reason=reason, by=self.staff)

    def replace_refused(self, entry: Entry) -> None:
        for document in entry.team.documents.filter(status=Document.Status.REFUSED):
            member = entry.of(document)
            entry.hand_in(document.kind, member, entry.later(days=2))

    def approve(self, entry: Entry) -> None:
        workflow.approve(entry.team, by=self.staff)

    def verify_all(self, entry: Entry) -> None:
        for document in entry.team.documents.filter(status=Document.Status.UPLOADED):
            workflow.verify_document(document, by=self.staff)


@dataclass(frozen=True)
class Entry:
    """A team on its way."""

    team: Registration
    competition: Competition
    members: Sequence[User]
    staff: User
    at: datetime

    def later(self, **span: int) -> datetime:
        return self.at + timedelta(**span)

    def of(self, document: Document) -> User:
        return next(m for m in self.members if m.pk == document.member_id)

    def hand_in(self, kind: str, member: User, at: datetime) -> None:
        """A drawn student card, or a letter of one page."""
        first, university = member.full_name.split()[0], member.institution_name
        if kind == Document.Kind.STUDENT_CARD:
            name = f"ktm-{first.lower()}.png"
            content = files.student_card(member.full_name, university)
        else:
            name = f"surat-{first.lower()}.pdf"
            lines = [member.full_name, member.student_number, member.study_program]
            content = files.pdf(f"{university}: surat keterangan", lines)
        with files.upload(name, content, folder="documents") as file:
            workflow.add_document(self.team, kind=kind, file=file, by=member, at=at)


_BEGUN = (State.ALONE, State.INVITING)
Step = Callable[[Teams, Entry], None]
_HANDED_IN: tuple[Step, ...] = (Teams.hand_in_documents,)
_SUBMITTED: tuple[Step, ...] = (*_HANDED_IN, Teams.submit)
_STEPS: dict[State, tuple[Step, ...]] = {
    State.ALONE: (),
    State.INVITING: (Teams.invite_somebody,),
    State.READY: _HANDED_IN,
    State.WAITING: _SUBMITTED,
    State.REFUSED: (*_SUBMITTED, Teams.refuse_one),
    State.REPLACED: (*_SUBMITTED, Teams.refuse_one, Teams.replace_refused),
    State.APPROVED: (*_SUBMITTED, Teams.approve),
    State.COMPETING: (*_SUBMITTED, Teams.approve, Teams.verify_all),
}


def backdate(row: Row, at: datetime) -> None:
    """Let a row look as old as what was done with it."""
    type(row)._base_manager.filter(pk=row.pk).update(created_at=at)
