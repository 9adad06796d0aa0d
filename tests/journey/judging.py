"""The journey's judging: a rubric, judges, marks, and a result for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from accounts.roles import Role
from accounts.workflow import set_role
from competition_site.clock import iso, now
from tests.journey import judging_shapes as shapes
from tests.journey.accounts import Student, joins
from tests.journey.client import PUBLIC_CACHE, Answer, Person, Upload
from tests.journey.files import pdf
from tests.journey.mailbox import Mailbox
from tests.journey.shapes import STAGE, page
from tests.journey.work import content_of

SLUG = "innovation"
BOARD = f"/competitions/{SLUG}/leaderboard"
RUBRIC = (
    {"name": "Idea", "max_score": 10, "weight": 2},
    {"name": "Prototype", "max_score": 50, "weight": 3},
    {"name": "Pitch", "max_score": 20, "weight": 1, "required": False},
)
CORRECTION = "A judge had mixed up two entries."


@dataclass
class Entry:
    """A team's work that was handed in."""

    leader: Student
    team_name: str
    institution: str
    submission: str
    content: bytes


@dataclass
class Judged:
    """A stage to be judged, and its criteria by name."""

    path: str
    criteria: dict[str, str]

    def marks(self, **marks: float) -> dict[str, float]:
        return {self.criteria[name]: value for name, value in marks.items()}


class Judge(Student):
    """Somebody who signed up like any student."""

    def assignments(self) -> dict[str, dict[str, Any]]:
        """The own assignments, by submission."""
        listed = self.get("/judging/assignments", shape=page(shapes.ASSIGNMENT))
        return {row["submission"]["id"]: row for row in listed.data["results"]}

    def review_path(self, entry: Entry) -> str:
        row = self.assignments()[entry.submission]
        return f"/judging/assignments/{row['id']}/review"

    def reviews(self, entry: Entry, scores: dict[str, float], **body: Any) -> Answer:
        body = {"scores": scores, "final": True, **body}
        tag = body.pop("tag", None)
        headers = {"If_Match": tag} if tag else {}
        return self.call(
            "PUT", self.review_path(entry), body, shape=shapes.REVIEW, **headers
        )


def _in(**distance: float) -> str:
    moment: datetime = now() + timedelta(**distance)
    return iso(moment)


def becomes_staff(url: str, mailbox: Mailbox, institution: str) -> Student:
    """A student who joins the organisers."""
    staff = joins(url, mailbox, "rina@kampus.example", "Rina", institution=institution)
    set_role(User.objects.get(email=staff.email), Role.STAFF, by=None)
    staff.logs_in()
    return staff


def makes_a_stage(staff: Student) -> str:
    """A published competition with a blind stage; returns the stage's path."""
    staff.post(
        "/competitions",
        {
            "slug": SLUG,
            "title": "Innovation",
            "category": "business",
            "registration_opens_at": _in(days=-1),
            "registration_closes_at": _in(days=5),
            "starts_at": _in(days=6),
            "ends_at": _in(days=9),
            "team_size_min": 1,
            "team_size_max": 3,
        },
        status=201,
    )
    staff.patch(f"/competitions/{SLUG}", {"status": "published"})
    stage = staff.post(
        f"/competitions/{SLUG}/stages",
        {
            "name": "Final",
            "opens_at": _in(hours=-1),
            "closes_at": _in(days=7),
            "blind": True,
        },
        status=201,
        shape=STAGE,
    ).data
    return f"/stages/{stage['id']}"


def hands_in(leader: Student, staff: Student, stage: str, team_name: str) -> Entry:
    """A team of one registers, is let in, and hands in its work."""
    body = {"competition": SLUG, "team_name": team_name}
    team = leader.post("/registrations", body, status=201).data
    leader.post(f"/registrations/{team['id']}/submit")
    approved = staff.post(f"/registrations/{team['id']}/approve").data
    assert approved["competing"] is True
    work = {
        "registration": team["id"],
        "stage": stage.rpartition("/")[2],
        "title": "A machine",
    }
    submission = leader.post("/submissions", work, status=201).data["id"]
    content = pdf(f"Number {len(team_name)}")
    file = Upload(f"{team_name}.pdf", content)
    leader.post(f"/submissions/{submission}/files", file, status=201)
    leader.post(f"/submissions/{submission}/submit")
    (member,) = approved["members"]
    return Entry(leader, team_name, member["institution"], submission, content)


def write_the_rubric(staff: Student, student: Student, stage: str) -> Judged:
    """Criteria, of which one is changed on the version that was read."""
    path, (first, *others) = f"{stage}/criteria", RUBRIC
    student.refused("POST", path, first, status=403, code="permission_denied")
    wrong = {**first, "weight": 9}
    made = staff.post(path, wrong, status=201, shape=shapes.CRITERION)
    criterion, tag = f"/criteria/{made.data['id']}", made.headers["ETag"]
    right = {"weight": first["weight"]}
    staff.patch(criterion, right, If_Match=tag, shape=shapes.CRITERION)
    staff.patch(criterion, right, If_Match=tag, status=412, code="stale_version")
    for body in (*others, {"name": "Luck", "max_score": 1, "weight": 1}):
        made = staff.post(path, body, status=201, shape=shapes.CRITERION)
    staff.call("DELETE", f"/criteria/{made.data['id']}")
    shown = Person(staff.url).get(stage, shape=STAGE).data["criteria"]
    assert [{key: row[key] for key in RUBRIC[0]} for row in shown] == [
        {key: body[key] for key in RUBRIC[0]} for body in RUBRIC
    ]
    return Judged(stage, {row["name"]: row["id"] for row in shown})


def is_appointed(staff: Student, judge: Judge) -> None:
    """The role changes, so the old tokens end; after a new log-in they judge."""
    judge.refused("GET", "/judging/assignments", status=403, code="permission_denied")
    path = f"/competitions/{SLUG}/judges/{judge.id}"
    judge.refused("PUT", path, status=403, code="permission_denied")
    staff.call("PUT", path, shape=shapes.JUDGE)
    assert staff.get(path, shape=shapes.JUDGE).data["full_name"] == judge.full_name
    conflict = {"user": staff.id, "reason": "A friend"}
    old = ("POST", "/judging/conflicts", conflict)
    judge.refused(*old, status=401, code="token_revoked")
    refresh = {"refresh": judge.refresh}
    Person(judge.url).refused(
        "POST", "/auth/refresh", refresh, status=401, code="token_revoked"
    )
    judge.logs_in()
    assert judge.get("/me").data["role"] == "judge"
    assert judge.assignments() == {}
    body = {"competition": SLUG, "team_name": "Our own"}
    judge.refused("POST", "/registrations", body, status=409, code="not_eligible")


def takes_part_and_judges_not(staff: Student, entry: Entry) -> None:
    path = f"/competitions/{SLUG}/judges/{entry.leader.id}"
    staff.refused("PUT", path, status=409, code="conflict_of_interest")


def is_assigned(staff: Student, stage: Judged, entry: Entry, judge: Judge) -> None:
    """One assignment, however often the request arrives."""
    path, body = _assignment(stage, entry, judge)
    key = {"Idempotency_Key": f"assign-{entry.team_name}-{judge.full_name}"}
    first = staff.post(path, body, status=201, shape=shapes.ASSIGNMENT, **key)
    again = staff.post(path, body, status=201, **key)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.data == first.data
    staff.refused("POST", path, body, status=409, code="already_exists")


def is_refused_for_a_conflict(
    staff: Student, stage: Judged, entry: Entry, judge: Judge
) -> None:
    path, body = _assignment(stage, entry, judge)
    staff.refused("POST", path, body, status=409, code="conflict_of_interest")


def _assignment(
    stage: Judged, entry: Entry, judge: Judge
) -> tuple[str, dict[str, str]]:
    body = {"submission": entry.submission, "judge": judge.id}
    return f"{stage.path}/assignments", body


def gives_back(judge: Judge, entry: Entry) -> None:
    """A conflict that is declared takes the team's work out of sight."""
    path = judge.review_path(entry)
    [institution] = judge.get(f"/institutions?search={entry.institution}").data[
        "results"
    ]
    judge.post(
        "/judging/conflicts",
        {"institution": institution["id"], "reason": "I taught there."},
        status=201,
        shape=shapes.CONFLICT,
    )
    assert judge.assignments() == {}
    for asked in (path, f"/submissions/{entry.submission}"):
        judge.refused("GET", asked, status=404, code="not_found")
    listed = judge.get("/judging/conflicts", shape=page(shapes.CONFLICT)).data
    assert len(listed["results"]) == 1


def reads_without_names(judge: Judge, entry: Entry) -> None:
    """The work and its file, and nothing that says whose they are."""
    row = judge.assignments()[entry.submission]
    assert row["submission"]["team_name"] is None
    [file] = row["submission"]["files"]
    download = judge.download(content_of(file))
    assert download.content == entry.content
    detail = judge.get(f"/submissions/{entry.submission}").data
    listed = judge.get("/submissions").data
    for told in (row, detail, listed, dict(download.headers)):
        for name in (entry.team_name, entry.leader.full_name, entry.institution):
            assert name not in str(told)
    assert detail["registration"]["team_name"] == row["submission"]["code_name"]
    own = f"/submissions/{entry.submission}"
    judge.refused("PATCH", own, {"title": "Mine"}, status=403, code="permission_denied")


def begins_and_finishes(
    judge: Judge, entry: Entry, draft: dict[str, float], final: dict[str, float]
) -> None:
    """A draft, then marks for good, each on the version that was read."""
    path = judge.review_path(entry)
    judge.refused("GET", path, status=404, code="not_found")
    note = {"private_note": "Ask them in the final.", "comment": "Well done"}
    saved = judge.reviews(entry, draft, final=False, **note)
    assert saved.headers["ETag"] == '"1"'
    read = judge.get(path, shape=shapes.REVIEW)
    assert (read.data["scores"], read.data["final"]) == (draft, False)
    assert judge.assignments()[entry.submission]["status"] == "in_progress"
    tag = read.headers["ETag"]
    locked = judge.reviews(entry, final, tag=tag, **note)
    assert (locked.data["final"], locked.data["version"]) == (True, 2)
    body = {"scores": draft, "final": True}
    judge.call("PUT", path, body, If_Match=tag, status=412, code="stale_version")
    judge.refused("PUT", path, body, status=409, code="review_final")
    assert judge.get(path).data["scores"] == final
    assert judge.assignments()[entry.submission]["status"] == "final"


def is_refused(staff: Student, stage: Judged, *expected: tuple[str, Entry]) -> None:
    """Nothing is computed while marks are missing; it says which."""
    refused = staff.refused(
        "POST",
        f"{stage.path}/results/compute",
        {},
        status=409,
        code="results_not_ready",
    )
    found = {(b["code"], b["submission"]) for b in refused.data["blockers"]}
    assert found == {(code, entry.submission) for code, entry in expected}
    assert staff.get(f"{stage.path}/results").data["results"] == []


def is_computed(
    staff: Student, stage: Judged, places: list[dict[str, Any]], **body: Any
) -> dict[str, Any]:
    """A numbered result, which nobody but the organisers sees."""
    before = Person(staff.url).get(BOARD).data
    made = staff.post(
        f"{stage.path}/results/compute", body, status=201, shape=shapes.SNAPSHOT
    ).data
    assert (made["status"], made["blockers"]) == ("computed", [])
    assert [{key: row[key] for key in places[0]} for row in made["rows"]] == places
    assert Person(staff.url).get(BOARD).data == before
    listed = staff.get(f"{stage.path}/results", shape=page(shapes.SNAPSHOT)).data
    assert listed["results"][0] == made
    return dict(made)


def nothing_is_public(url: str) -> None:
    empty = {"stage": None, "snapshot": None, "released_at": None, "rows": []}
    assert Person(url).get(BOARD, shape=shapes.LEADERBOARD).data == empty


def stays_closed(stage: Judged, entry: Entry, judge: Judge) -> None:
    """Results are the organisers' until they are released."""
    for person in (entry.leader, judge):
        for method, path in (
            ("GET", "results"),
            ("POST", "results/compute"),
            ("POST", "results/1/release"),
            ("POST", "results/1/withdraw"),
        ):
            asked = f"{stage.path}/{path}"
            person.refused(method, asked, status=403, code="permission_denied")


def is_released(admin: Student, staff: Student, stage: Judged, number: int) -> None:
    """By an admin only."""
    path = f"{stage.path}/results/{number}/release"
    staff.refused("POST", path, status=403, code="permission_denied")
    released = admin.post(path, shape=shapes.SNAPSHOT).data
    assert (released["status"], released["number"]) == ("released", number)
    admin.refused("POST", path, status=409, code="invalid_transition")


def is_too_early(admin: Student, stage: Judged) -> None:
    """Nothing is released while the stage still takes work."""
    path = f"{stage.path}/results/1/release"
    admin.refused("POST", path, status=409, code="results_not_ready")


def ends(staff: Student, stage: Judged, late: Entry) -> None:
    """The stage closes now, for everybody."""
    staff.patch(stage.path, {"closes_at": iso(now())}, shape=STAGE)
    path = f"/submissions/{late.submission}/submit"
    late.leader.refused("POST", path, status=409, code="stage_closed")


def everybody_sees(
    url: str, number: int, rows: list[dict[str, Any]], known: str
) -> str:
    """The result, and 304 for those who have it; returns its tag."""
    anyone = Person(url)
    seen = anyone.get(BOARD, shape=shapes.LEADERBOARD, If_None_Match=known)
    assert seen.data["snapshot"] == number
    assert seen.data["rows"] == rows
    assert seen.headers["Cache-Control"] == PUBLIC_CACHE
    assert "Last-Modified" in seen.headers
    assert "@" not in str(seen.data)
    tag = str(seen.headers["ETag"])
    unchanged = anyone.send("GET", BOARD, If_None_Match=tag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["ETag"] == tag
    return tag


def is_corrected(
    admin: Student, staff: Student, stage: Judged, places: list[dict[str, Any]]
) -> None:
    """A new snapshot with a reason takes the place of the one before."""
    path = f"{stage.path}/results"
    refused = staff.refused(
        "POST", f"{path}/compute", {}, status=400, code="validation_error"
    )
    assert refused.data["errors"].keys() == {"reason"}
    second = is_computed(staff, stage, places, reason=CORRECTION)
    assert (second["number"], second["reason"]) == (2, CORRECTION)
    is_released(admin, staff, stage, 2)
    rows = staff.get(path).data["results"]
    assert [row["status"] for row in rows] == ["released", "superseded"]
    old = f"{path}/1/release"
    admin.refused("POST", old, status=409, code="invalid_transition")


def is_withdrawn(admin: Student, staff: Student, stage: Judged, number: int) -> None:
    path = f"{stage.path}/results/{number}/withdraw"
    body = {"reason": "An appeal is open."}
    staff.refused("POST", path, body, status=403, code="permission_denied")
    admin.refused("POST", path, {}, status=400, code="validation_error")
    withdrawn = admin.post(path, body, shape=shapes.SNAPSHOT).data
    assert (withdrawn["status"], withdrawn["reason"]) == ("withdrawn", body["reason"])
    admin.refused("POST", path, body, status=409, code="invalid_transition")
