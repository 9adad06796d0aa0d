"""Six teams, each in a state of its own, brought there by the workflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from django.db import transaction

from accounts.models import User
from competition_site.db.models import Row
from registrations import workflow as registrations
from registrations.models import Competition, Document, Registration
from submissions import workflow
from submissions.demo import files
from submissions.demo.competitions import Calendar, Programme
from submissions.demo.mails import take_token
from submissions.models import Submission

CTF_NAMES = (
    "Nasi Goreng Overflow",
    "Root Mendoan",
    "Segfault Surabaya",
    "Kopi Exploit",
    "Packet Rendang",
    "Garuda Shell",
    "Buffer Bakso",
    "Tempe Injection",
)
DESIGN_NAMES = (
    "Piksel Nusantara",
    "Kanca Studio",
    "Sambal Interface",
    "Ruang Rupa Digital",
    "Lesehan UX",
)
WORKS = (
    ("TitipAngkot", "Live arrival times for angkot, made by their passengers."),
    ("SampahKita", "Neighbours share one pick-up for sorted waste."),
    ("Antre Aman", "A queue at the puskesmas that can be joined from home."),
    ("PasarDekat", "Today's prices of the traditional market, before leaving home."),
    ("Rukun", "One place for announcements, dues and letters of an RT."),
)


@dataclass(frozen=True)
class Teams:
    """Makes the teams; ``staff`` judges what they hand in."""

    staff: User
    programme: Programme
    calendar: Calendar
    now: datetime
    random: Random

    def form_all(self, students: Sequence[User]) -> None:
        """Sixteen of the students take part; the others have not found a team yet."""
        alone, inviting, ready, waiting = self.random.sample(CTF_NAMES, 4)
        designing, prototyping = self.random.sample(DESIGN_NAMES, 2)
        works = self.random.sample(WORKS, 2)
        self.draft_alone(alone, students[0])
        self.draft_with_invitation(inviting, students[1:3], invited=students[15])
        self.draft_ready(ready, students[3:6])
        self.submitted(waiting, students[6:9])
        self.with_draft_work(designing, students[9:12], *works[0])
        self.handed_in_twice(prototyping, students[12:15], *works[1])

    def draft_alone(self, name: str, leader: User) -> None:
        self._enter(self.programme.ctf, name, [leader], self.now)

    def draft_with_invitation(
        self, name: str, members: Sequence[User], *, invited: User
    ) -> None:
        team = self._enter(self.programme.ctf, name, members, self.now)
        registrations.invite(team, email=invited.email, by=members[0], at=self.now)

    def draft_ready(self, name: str, members: Sequence[User]) -> Registration:
        """Nothing is missing but the leader's decision."""
        answers = {"shirt": self.random.choice(["M", "L", "XL"])}
        ctf, at = self.programme.ctf, self.calendar.day(-2)
        team = self._enter(ctf, name, members, at, answers=answers)
        self._hand_in_cards(team, members, at)
        return team

    def submitted(self, name: str, members: Sequence[User]) -> None:
        """Three cards wait; one of them is there for the second time."""
        team = self.draft_ready(name, members)
        at = self.calendar.day(-1)
        registrations.submit(team, by=members[0], at=at)
        blurred = team.documents.filter(member=members[1]).get()
        reason = "The number cannot be read; please photograph it in daylight."
        registrations.refuse_document(blurred, reason=reason, by=self.staff)
        self._hand_in_cards(team, members[1:2], self.calendar.day(0, hour=0))

    def competing(self, name: str, members: Sequence[User]) -> Registration:
        """Registered while that was possible, approved, cards verified."""
        at = self.calendar.day(-20)
        team = self._enter(self.programme.ui_ux, name, members, at)
        cards = self._hand_in_cards(team, members, self.calendar.day(-18))
        registrations.submit(team, by=members[0], at=self.calendar.day(-17))
        registrations.approve(team, by=self.staff)
        for card in cards:
            registrations.verify_document(card, by=self.staff)
        team.refresh_from_db()
        return team

    def with_draft_work(
        self, name: str, members: Sequence[User], title: str, summary: str
    ) -> None:
        team, at = self.competing(name, members), self.calendar.day(-1)
        work = self._begin(team, at, title=title, summary=summary)
        report = files.pdf(
            f"{title}: draft report", [name, summary, "To be continued."]
        )
        self._add_file(work, "draft-report.pdf", report, by=members[1], at=at)

    def handed_in_twice(
        self, name: str, members: Sequence[User], title: str, summary: str
    ) -> None:
        team, first = self.competing(name, members), self.calendar.day(-3)
        leader, second = members[0], self.calendar.day(-1)
        work = self._begin(team, first, title=title, summary=summary)
        people = [f"- {member.full_name}" for member in members]
        report = files.pdf(f"{title}: design report", [name, summary, "", *people])
        self._add_file(work, "design-report.pdf", report, by=leader, at=first)
        workflow.hand_in(work, by=leader, at=first)
        link = f"https://prototype.example/{title.lower().replace(' ', '-')}"
        workflow.edit(work, by=leader, at=second, link_url=link)
        page = f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n"
        prototype = files.archive(
            {"README.md": f"# {title}\n\n{summary}\n", "index.html": page}
        )
        self._add_file(work, "prototype.zip", prototype, by=members[1], at=second)
        workflow.hand_in(work, by=leader, at=second)

    def _enter(
        self,
        competition: Competition,
        name: str,
        members: Sequence[User],
        at: datetime,
        **fields: Any,
    ) -> Registration:
        leader, *others = members
        team = registrations.create(
            competition, leader=leader, team_name=name, at=at, **fields
        )
        _backdate(team, at)
        for person in others:
            with transaction.atomic():
                registrations.invite(team, email=person.email, by=leader, at=at)
                token = take_token("invitation", person.email)
            registrations.accept_invitation(token, by=person, at=at)
        team.refresh_from_db()
        return team

    def _hand_in_cards(
        self, team: Registration, members: Sequence[User], at: datetime
    ) -> list[Document]:
        cards = []
        for person in members:
            card = files.student_card(person.full_name, person.institution_name)
            name = f"ktm-{person.full_name.split()[0].lower()}.png"
            with files.upload(name, card, folder="documents") as file:
                document = registrations.add_document(
                    team, kind=Document.Kind.STUDENT_CARD, file=file, by=person, at=at
                )
            cards.append(document)
        return cards

    def _begin(self, team: Registration, at: datetime, **fields: Any) -> Submission:
        stage = self.programme.prototype
        work = workflow.create(team, stage, by=team.leader, at=at, **fields)
        _backdate(work, at)
        return work

    def _add_file(
        self, work: Submission, name: str, content: bytes, *, by: User, at: datetime
    ) -> None:
        with files.upload(name, content, folder="submissions") as file:
            workflow.add_file(work, file=file, by=by, at=at)


def _backdate(row: Row, at: datetime) -> None:
    """Let a row look as old as what was done with it."""
    type(row)._base_manager.filter(pk=row.pk).update(created_at=at)
