"""The journey's organisers: a competition is made, published and found by anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from competition_site.clock import iso, now
from tests.journey import shapes
from tests.journey.accounts import Student
from tests.journey.client import PUBLIC_CACHE, Person
from tests.servers import run_command

ADMIN_EMAIL = "panitia@kampus.example"
ADMIN_PASSWORD = "rahasia panjang 2026"
SLUG = "capture-the-flag"
CAPACITY = 5
QUESTIONS = [
    {
        "key": "shirt_size",
        "label": {"en": "Shirt size", "id": "Ukuran kaus"},
        "type": "choice",
        "choices": ["S", "M", "L"],
        "required": True,
    },
    {
        "key": "portfolio",
        "label": {"en": "Portfolio", "id": "Portofolio"},
        "type": "url",
        "help": {"en": "A public page", "id": "Halaman publik"},
    },
]


def appears(url: str) -> Student:
    """The first organiser is made on the command line and logs in to the API."""
    run_command(
        "createsuperuser",
        "--noinput",
        DJANGO_SUPERUSER_EMAIL=ADMIN_EMAIL,
        DJANGO_SUPERUSER_FULL_NAME="Panitia Lomba",
        DJANGO_SUPERUSER_PASSWORD=ADMIN_PASSWORD,
    )
    admin = Student(url, ADMIN_EMAIL, "Panitia Lomba")
    admin.logs_in(ADMIN_PASSWORD)
    assert admin.get("/me", shape=shapes.ME).data["role"] == "admin"
    return admin


def _in(**distance: float) -> str:
    moment: datetime = now() + timedelta(**distance)
    return iso(moment)


def makes_a_competition(admin: Student, student: Student) -> dict[str, Any]:
    """Create a draft with a stage, unseen until it is published; returns the stage."""
    body = {
        "slug": SLUG,
        "title": "Capture the Flag",
        "summary": "Teams of two or three",
        "category": "security",
        "registration_opens_at": _in(days=-1),
        "registration_closes_at": _in(days=5),
        "starts_at": _in(days=6),
        "ends_at": _in(days=9),
        "team_size_min": 2,
        "team_size_max": 3,
        "capacity": CAPACITY,
        "questions": QUESTIONS,
        "required_documents": ["student_card"],
    }
    student.refused("POST", "/competitions", body, status=403, code="permission_denied")
    made = admin.post("/competitions", body, status=201, shape=shapes.COMPETITION)
    assert made.headers["Location"] == f"/api/v1/competitions/{SLUG}"
    assert made.data["status"] == "draft"
    assert made.data["questions"][0]["help"] is None
    admin.refused("POST", "/competitions", body, status=409, code="already_exists")

    stage = admin.post(
        f"/competitions/{SLUG}/stages",
        {
            "name": "Qualification",
            "order": 1,
            "opens_at": _in(hours=-1),
            "closes_at": _in(days=7),
            "accepts": {"files": True, "link": True, "text": True},
            "allowed_types": ["application/pdf", "application/zip"],
            "max_files": 2,
        },
        status=201,
        shape=shapes.STAGE,
    )
    path = f"/competitions/{SLUG}"
    for somebody in (student, Person(admin.url)):
        somebody.refused("GET", path, status=404, code="not_found")
        assert somebody.get("/competitions").data["results"] == []
    read = admin.get(path)
    changes = {"status": "published"}
    published = admin.patch(path, changes, If_Match=read.headers["ETag"])
    assert published.data["status"] == "published"
    stale = {"title": "Another title"}
    admin.patch(
        path, stale, If_Match=read.headers["ETag"], status=412, code="stale_version"
    )
    return dict(stage.data)


def is_found_by_anybody(url: str, stage: dict[str, Any]) -> None:
    """The public list, its filters and the detail, each with an ETag for a 304."""
    anyone = Person(url)
    listed = anyone.get("/competitions", shape=shapes.page(shapes.COMPETITION_ROW))
    assert [row["slug"] for row in listed.data["results"]] == [SLUG]
    assert listed.data["next"] is None
    for query, found in {
        "category=security&phase=open&search=CAPTURE": [SLUG],
        "category=design": [],
        "phase=upcoming": [],
        "search=flag": [],
        "ordering=-starts_at&page_size=1": [SLUG],
    }.items():
        rows = anyone.get(f"/competitions?{query}").data["results"]
        assert [row["slug"] for row in rows] == found, query
    for query in ("colour=red", "phase=soon", "page_size=101", "category=a&category=b"):
        anyone.refused(
            "GET", f"/competitions?{query}", status=400, code="validation_error"
        )

    path = f"/competitions/{SLUG}"
    detail = anyone.get(path, shape=shapes.COMPETITION)
    assert detail.data["stages"] == [stage]
    assert "Last-Modified" in detail.headers
    for answer, address in ((listed, "/competitions"), (detail, path)):
        assert answer.headers["Cache-Control"] == PUBLIC_CACHE
        assert answer.headers["Vary"] == "Authorization, Origin"
        tag = answer.headers["ETag"]
        assert not tag.startswith("W/")
        unchanged = anyone.send("GET", address, If_None_Match=tag)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["ETag"] == tag
    anyone.get(f"/stages/{stage['id']}", shape=shapes.STAGE)
    anyone.get(f"{path}/stages", shape=shapes.page(shapes.STAGE))
    Person(url, access="nonsense").refused(
        "GET", path, status=401, code="token_invalid"
    )


def seats_taken(url: str) -> int:
    """What anybody sees of the places."""
    competition = Person(url).get(f"/competitions/{SLUG}").data
    assert competition["capacity"] == CAPACITY
    return int(competition["seats_taken"])
