"""What the teams of the demo have made: drafts, and versions handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from competition_site.db.transactions import retry_on_conflict
from registrations.models import Registration
from submissions import workflow
from submissions.demo import files
from submissions.demo.teams import backdate
from submissions.models import Stage, Submission

Idea = tuple[str, str]
"""A title and a sentence."""


@dataclass(frozen=True)
class Works:
    """Makes the works of one stage."""

    stage: Stage

    @retry_on_conflict
    @transaction.atomic
    def draft(self, team: Registration, idea: Idea, *, at: datetime) -> Submission:
        """Something that is not yet handed in."""
        title, summary = idea
        work = self._begin(team, idea, at)
        lines = [team.team_name, summary, "To be continued."]
        report = files.pdf(f"{title}: draft", lines)
        add_file(work, "draft.pdf", report, by=team.leader, at=at)
        return work

    @retry_on_conflict
    @transaction.atomic
    def handed_in(
        self, team: Registration, idea: Idea, *, at: datetime, versions: int = 1
    ) -> Submission:
        """A report; each further version, a day later, adds an archive."""
        title, summary = idea
        work = self._begin(team, idea, at)
        people = [f"- {member['full_name']}" for member in team.roster]
        report = files.pdf(f"{title}: report", [team.team_name, summary, "", *people])
        add_file(work, "report.pdf", report, by=team.leader, at=at)
        workflow.hand_in(work, by=team.leader, at=at)
        for number in range(2, versions + 1):
            self._improve(work, team, number, at + timedelta(days=number - 1))
        work.refresh_from_db()
        return work

    def _begin(self, team: Registration, idea: Idea, at: datetime) -> Submission:
        title, summary = idea
        work = workflow.create(
            team, self.stage, by=team.leader, at=at, title=title, summary=summary
        )
        backdate(work, at)
        return work

    def _improve(
        self, work: Submission, team: Registration, number: int, at: datetime
    ) -> None:
        title, leader = work.title, team.leader
        if self.stage.accepts_link:
            link = f"https://prototype.example/{title.lower().replace(' ', '-')}"
            workflow.edit(work, by=leader, at=at, link_url=link)
        page = f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n"
        archive = files.archive(
            {"README.md": f"# {title}\n\n{work.summary}\n", "index.html": page}
        )
        add_file(work, f"prototype-{number}.zip", archive, by=leader, at=at)
        workflow.hand_in(work, by=leader, at=at)


def add_file(
    work: Submission, name: str, content: bytes, *, by: User, at: datetime
) -> None:
    with files.upload(name, content, folder="submissions") as file:
        workflow.add_file(work, file=file, by=by, at=at)
