"""What judges must not see, planted everywhere and looked for in all they get."""

from __future__ import annotations

import pytest

from competition_site.clock import now
from registrations.models import Registration
from submissions import workflow
from tests.contract.answers import refusal
from tests.contract.lists import rows_of
from tests.contract.routes import ROWS, UPLOAD, Row
from tests.contract.world import ACTORS, World, names_in
from tests.factories import (
    PDF,
    add_member,
    make_approved,
    make_document,
    make_institution,
    make_judge,
    make_registration,
    make_stage,
    make_user,
    stored_file,
)

pytestmark = pytest.mark.django_db

JUDGES = ("judge_assigned", "judge_unassigned")
PUBLIC = ("/institutions", "/leaderboard")
"""Anybody may read names there, whom nothing links to blind work."""
RESULTS = ("judged", "ended", "snapshot", "announced")
NOTE, COMMENT, MARKS = "canary-note", "canary-comment", '":9.87'
REPEATABLE = ("GET", "PUT")


class Planted(World):
    """A world whose team has a canary in each of its fields, and is judged blind."""

    blind = True

    def __init__(self) -> None:
        super().__init__()
        self.owner, self.mate = (self._person(name) for name in ("owner", "mate"))
        self.stage = make_stage(
            self.competition, blind=self.blind, accepts_link=True, accepts_text=True
        )
        self.approved = self.draft = self.submitted = self._registration()
        self.paid = self.promoted = self.approved
        names = {"title": "Public title", "summary": "Public summary"}
        work = self.submission = workflow.create(
            self.approved, self.stage, by=self.owner, at=now(), **names
        )
        self.file = self._adds("canary-file.pdf", PDF)
        self.criterion, self.assignment = super().criterion, super().assignment
        self.assigned_file = self.file
        work.refresh_from_db()
        changes = {
            "title": "canary-title",
            "summary": "canary-summary",
            "link_url": "https://canary-link.example/",
        }
        workflow.edit(work, by=self.owner, at=now(), **changes)
        self.unseen = self._adds("canary-unseen.pdf", PDF + b"canary-bytes")
        self._another_judge_marks()

    def canaries(self) -> set[str]:
        """What nobody may find who judges."""
        people = (self.owner, self.mate)
        return {
            "canary",
            "Canary",
            self.unseen.sha256,
            str(self.unseen.pk),
            str(self.approved.pk),
            *(str(person.pk) for person in people),
            *(str(person.institution_id) for person in people),
        }

    def _person(self, name: str):
        return make_user(
            full_name=f"Canary {name}",
            email=f"canary-{name}@mail.example",
            phone="+62 811 canary",
            student_number=f"canary-{name}",
            study_program="Canary science",
            institution=make_institution(f"Canary institute of {name}"),
        )

    def _registration(self) -> Registration:
        team = make_registration(
            self.competition, leader=self.owner, team_name="Canary Team"
        )
        add_member(team, self.mate)
        self.document = make_document(team, file=stored_file("canary-card.pdf"))
        return make_approved(team)

    def _adds(self, name: str, content: bytes):
        self.submission.refresh_from_db()
        file = stored_file(name, content)
        return workflow.add_file(self.submission, file=file, by=self.owner, at=now())

    def _another_judge_marks(self) -> None:
        other = make_judge(self.competition, full_name="Canary judge")
        self.other_judge = other
        given = workflow.assign(self.stage, self.assigned, other, by=self.staff)
        marks = {"comment": COMMENT, "private_note": NOTE, "final": True}
        scores = {str(self.criterion.pk): 9.87}
        workflow.save_review(given, by=other, at=now(), scores=scores, **marks)


class Open(Planted):
    """The same, but judges may know the team."""

    blind = False


def told(world: World, actor: str, row: Row) -> str:
    """All that an actor reads in the answer to a row of the table."""
    path, body = world.path(row.path), row.body(world) if row.body else None
    if row.upload:
        response = world.client(actor).upload(path, *UPLOAD, fields=body)
    else:
        response = world.client(actor).request(row.method, path, body)
    status, content = response.status_code, response.getvalue()
    response.close()
    if row.method in REPEATABLE:
        assert status == row.expected(actor)[0], (row.path, content)
    return f"{response.headers}{content.decode()}"


def asked() -> list[Row]:
    """Rows to ask one after the other: what reads, and then what changes."""
    rows = [
        row
        for row in ROWS
        if not row.path.startswith(("/health", "/auth"))
        and not row.path.endswith(PUBLIC)
        and not {*names_in(row.path)} & {*RESULTS}
    ]
    return sorted(rows, key=lambda row: (row.method != "GET", row.method != "PUT"))


@pytest.mark.parametrize("judge", JUDGES)
def test_blind_judges_are_told_no_name(judge):
    world = Planted()
    if judge == "judge_assigned":
        assert world.review.version == 1
    rows = [row for row in asked() if "{reviewed}" not in row.path or world.review]
    found = {
        str(row): [c for c in world.canaries() if c in answer]
        for row in rows
        for answer in [told(world, judge, row)]
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_the_canaries_are_seen_by_those_who_may():
    """The search above would prove little without."""
    world = Planted()
    by_path = {str(row): row for row in ROWS}
    path = "GET /submissions/{assigned}"
    seen = told(world, "owner", by_path[path])
    for canary in ("Canary Team", "canary-file.pdf", "canary-unseen", "canary-title"):
        assert canary in seen
    assert "canary-file" in told(
        world, "staff", by_path["GET /submission-files/{assigned_file}/content"]
    )


def test_a_blind_entry_has_one_name_and_its_files_plain_ones():
    world = Planted()
    api = world.client("judge_assigned")
    (row,) = rows_of(api.get("/judging/assignments"))
    (listed,) = rows_of(api.get("/submissions"))
    detail = api.get(world.path("/submissions/{assigned}")).json()["data"]
    code_name = row["submission"]["code_name"]
    assert row["submission"]["team_name"] is None
    for answer in (listed, detail):
        assert answer["registration"] == {"id": None, "team_name": code_name}
        assert answer["title"] == row["submission"]["title"] == "Public title"
    assert (detail["summary"], detail["link_url"]) == ("Public summary", None)
    (file,) = row["submission"]["files"]
    assert detail["files"] == detail["versions"][0]["files"] == [file]
    assert file["id"] == str(world.file.pk)
    download = api.get(world.path("/submission-files/{assigned_file}/content"))
    assert f'filename="{file["name"]}"' in download["Content-Disposition"]
    assert file["name"].endswith(".pdf")
    assert download.getvalue() == PDF
    download.close()


def test_where_judging_is_open_the_team_and_its_files_have_their_names():
    world = Open()
    api = world.client("judge_assigned")
    (row,) = rows_of(api.get("/judging/assignments"))
    (listed,) = rows_of(api.get("/submissions"))
    assert row["submission"]["code_name"] is None
    assert row["submission"]["team_name"] == "Canary Team"
    assert listed["registration"]["id"] == str(world.approved.pk)
    assert row["submission"]["files"][0]["name"] == "canary-file.pdf"
    download = api.get(world.path("/submission-files/{assigned_file}/content"))
    assert "canary-file.pdf" in download["Content-Disposition"]
    download.close()


@pytest.mark.parametrize("kind", [Planted, Open])
def test_a_judge_never_sees_the_working_copy(kind):
    world = kind()
    api = world.client("judge_assigned")
    paths = ("/judging/assignments", "/submissions", "/submissions/{assigned}")
    seen = "".join(api.get(world.path(path)).content.decode() for path in paths)
    for unseen in ("canary-title", "canary-summary", "canary-link", "canary-unseen"):
        assert unseen not in seen
    draft = f"/submission-files/{world.unseen.pk}"
    missing = f"/submission-files/{world.approved.pk}"
    for path in ("", "/content"):
        method = "GET" if path else "DELETE"
        refused = api.request(method, f"{draft}{path}")
        assert refusal(refused)[0] == 404
        assert refused.content == api.request(method, f"{missing}{path}").content


def test_a_file_of_the_version_stays_readable_once_the_team_removed_it():
    world = Planted()
    workflow.remove_file(world.file, by=world.owner, at=now())
    path = world.path("/submission-files/{assigned_file}/content")
    response = world.client("judge_assigned").get(path)
    assert response.getvalue() == PDF
    response.close()


@pytest.mark.parametrize(("kind", "found"), [(Planted, 0), (Open, 1)])
def test_no_blind_entry_is_found_by_its_team(kind, found):
    world = kind()
    path = f"/submissions?registration={world.approved.pk}"
    assert len(rows_of(world.client("judge_assigned").get(path))) == found
    for actor in ("owner", "staff"):
        assert len(rows_of(world.client(actor).get(path))) == 1


def test_a_judge_finds_the_own_teams_work_and_its_names():
    """They may take part elsewhere, and there they are a member like any other."""
    world = Planted()
    judge = world.judge_assigned
    stage = make_stage(blind=True)
    team = make_approved(competition=stage.competition, leader=judge)
    own = workflow.create(team, stage, by=judge, at=now(), title="Mine")
    file = workflow.add_file(own, file=stored_file("ours.pdf"), by=judge, at=now())
    api = world.client("judge_assigned")
    (row,) = rows_of(api.get(f"/submissions?registration={team.pk}"))
    assert row["registration"] == {"id": str(team.pk), "team_name": team.team_name}
    assert len(rows_of(api.get("/submissions"))) == 2
    download = api.get(f"/submission-files/{file.pk}/content")
    assert 'filename="ours.pdf"' in download["Content-Disposition"]
    download.close()


@pytest.mark.parametrize("actor", [a for a in ACTORS if not a.startswith("judge")])
def test_a_note_and_marks_reach_their_judge_only(actor):
    world = Open()
    for row in asked():
        if row.method == "GET":
            answer = told(world, actor, row)
            assert not [c for c in (NOTE, COMMENT, MARKS) if c in answer], row.path


def test_judges_read_their_own_note_and_marks():
    world = Open()
    world.review = world.save_review(private_note="My note")
    path = world.path("/judging/assignments/{reviewed}/review")
    api = world.client("judge_assigned")
    assert api.get(path).json()["data"]["private_note"] == "My note"
    (row,) = rows_of(api.get("/judging/assignments"))
    assert row["review"]["private_note"] == "My note"
    others = world.client("other_judge").get("/judging/assignments")
    for own in (NOTE, COMMENT, MARKS):
        assert own in others.content.decode()
        assert own not in api.get("/judging/assignments").content.decode()
