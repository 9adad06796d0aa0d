"""The table: what each route answers to each actor. A new route needs a row here.

A cell is a status, or ``status code`` where the refusal isn't the usual one of its
status (``USUAL``). ``{names}`` in paths are rows of ``World``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.contract.world import ACTORS, Body, World, fresh_address
from tests.factories import PASSWORD, PDF, competition_fields, make_competition

USUAL = {
    400: "validation_error",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
}


NOTE = {"note": "Because."}


@dataclass(frozen=True)
class Row:
    """One route and method, with a body that would be accepted."""

    method: str
    path: str
    cells: tuple[str, ...]
    body: Body | None = None
    upload: bool = False

    def expected(self, actor: str) -> tuple[int, str | None]:
        status, _, code = self.cells[ACTORS.index(actor)].partition(" ")
        return int(status), code or USUAL.get(int(status))

    @property
    def route(self) -> str:
        return self.path if self.path.startswith("/health") else f"/api/v1{self.path}"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def open_to_all(method: str, path: str, status: str, body: Body | None = None) -> Row:
    """Whoever asks gets the same; a token is not even looked at."""
    return Row(method, path, (status,) * len(ACTORS), body)


def public(method: str, path: str) -> Row:
    """Anybody reads; a bad token is refused all the same."""
    refused = ("401 token_expired", "401 token_revoked")
    return Row(method, path, ("200", *refused, *("200",) * (len(ACTORS) - 3)))


def signed_in(method: str, path: str, cells: str, body: Any = None) -> Row:
    """Only with a good token; ``cells`` are those of ACTORS from the stranger on."""
    refused = ("401", "401 token_expired", "401 token_revoked")
    return Row(method, path, (*refused, *cells.split()), body)


def upload(path: str, cells: str, **fields: Any) -> Row:
    """A multipart POST of a PDF."""
    refused = ("401", "401 token_expired", "401 token_revoked")
    return Row("POST", path, (*refused, *cells.split()), lambda _: fields, upload=True)


def _new_person(_: World) -> Any:
    return {"email": fresh_address(), "password": PASSWORD, "full_name": "New"}


def _login(world: World) -> Any:
    return {"email": world.owner.email, "password": PASSWORD}


def _refresh(world: World) -> Any:
    return {"refresh": world.refresh_token}


def _forgotten(world: World) -> Any:
    return {"email": world.owner.email}


def _reset(world: World) -> Any:
    return {"token": world.reset_token, "new_password": "gajah duduk 77"}


def _changed(_: World) -> Any:
    return {"current_password": PASSWORD, "new_password": "gajah duduk 77"}


def _competition(_: World) -> Any:
    return {
        name: value.isoformat() if name.endswith("_at") else value
        for name, value in competition_fields().items()
    }


def _stage(_: World) -> Any:
    return {
        "name": "Final",
        "order": 99,
        "opens_at": "2026-01-01T00:00:00Z",
        "closes_at": "2026-02-01T00:00:00Z",
    }


def _extension(world: World) -> Any:
    until = world.stage.closes_at + timedelta(days=1)
    return {"until": until.isoformat(), "reason": "The power was out."}


def _entry(_: World) -> Any:
    return {"competition": make_competition().slug, "team_name": "Newcomers"}


def _work(world: World) -> Any:
    return {
        "registration": world.key("approved"),
        "stage": world.key("stage"),
        "title": "Our work",
    }


def _criterion(_: World) -> Any:
    return {"name": "Idea", "max_score": 10, "weight": 2}


ROWS = (
    open_to_all("GET", "/health/live", "200"),
    open_to_all("GET", "/health/ready", "200"),
    open_to_all("GET", "/server-time", "200"),
    # accounts
    open_to_all("POST", "/auth/register", "201", _new_person),
    open_to_all("POST", "/auth/login", "200", _login),
    open_to_all("POST", "/auth/refresh", "200", _refresh),
    open_to_all("POST", "/auth/logout", "200", _refresh),
    signed_in("POST", "/auth/logout-all", "200 200 200 200 200 200 200"),
    signed_in("GET", "/auth/sessions", "200 200 200 200 200 200 200"),
    signed_in("DELETE", "/auth/sessions/{session}", "404 200 404 404 404 404 404"),
    open_to_all("POST", "/auth/password/forgot", "200", _forgotten),
    open_to_all("POST", "/auth/password/reset", "200", _reset),
    signed_in("POST", "/auth/password/change", "200 200 200 200 200 200 200", _changed),
    signed_in(
        "POST",
        "/institutions",
        "201 201 201 201 201 201 201",
        lambda _: {"name": f"Politeknik {fresh_address()}"},
    ),
    signed_in("GET", "/users", "403 403 403 200 200 403 403"),
    signed_in("GET", "/users/{candidate}", "403 403 403 200 200 403 403"),
    signed_in(
        "PATCH",
        "/users/{candidate}",
        "403 403 403 403 200 403 403",
        lambda _: {"role": "staff"},
    ),
    open_to_all(
        "POST", "/auth/email/verify", "200", lambda w: {"token": w.verification_token}
    ),
    # the cells: stranger owner mate staff admin, judges: assigned unassigned
    signed_in("POST", "/auth/email/resend", "200 200 200 200 200  200 200"),
    signed_in("GET", "/me", "200 200 200 200 200  200 200"),
    signed_in(
        "PATCH", "/me", "200 200 200 200 200  200 200", lambda _: {"full_name": "N"}
    ),
    signed_in("GET", "/me/export", "200 200 200 200 200  200 200"),
    signed_in(
        "DELETE",
        "/me",
        "200 200 200 200 200  200 200",
        lambda _: {"password": PASSWORD},
    ),
    public("GET", "/institutions"),
    # competitions and stages
    public("GET", "/competitions"),
    public("GET", "/competitions/{competition}"),
    public("GET", "/competitions/{competition}/stages"),
    public("GET", "/stages/{stage}"),
    signed_in("POST", "/competitions", "403 403 403 201 201  403 403", _competition),
    signed_in(
        "PATCH",
        "/competitions/{competition}",
        "403 403 403 200 200  403 403",
        lambda _: {"summary": "New"},
    ),
    signed_in("DELETE", "/competitions/{empty}", "403 403 403 200 200  403 403"),
    signed_in(
        "POST",
        "/competitions/{competition}/clone",
        "403 403 403 201 201  403 403",
        lambda _: {"slug": uuid4().hex, "shift_days": 365},
    ),
    signed_in(
        "GET", "/competitions/{competition}/stats", "403 403 403 200 200  403 403"
    ),
    signed_in(
        "POST",
        "/competitions/{competition}/stages",
        "403 403 403 201 201  403 403",
        _stage,
    ),
    signed_in(
        "PATCH",
        "/stages/{stage}",
        "403 403 403 200 200  403 403",
        lambda _: {"name": "New"},
    ),
    signed_in("DELETE", "/stages/{empty_stage}", "403 403 403 200 200  403 403"),
    signed_in(
        "PUT",
        "/stages/{stage}/extensions/{approved}",
        "403 403 403 201 201  403 403",
        _extension,
    ),
    # registrations
    signed_in("GET", "/registrations", "200 200 200 200 200  200 200"),
    signed_in("POST", "/registrations", "201 201 201 403 403  201 201", _entry),
    signed_in("GET", "/registrations/{draft}", "404 200 200 200 200  404 404"),
    signed_in(
        "PATCH",
        "/registrations/{draft}",
        "404 200 403 403 403  404 404",
        lambda _: {"team_name": "Renamed"},
    ),
    signed_in("POST", "/registrations/{draft}/submit", "404 200 403 403 403  404 404"),
    signed_in("DELETE", "/registrations/{draft}", "404 200 403 403 403  404 404"),
    signed_in(
        "POST", "/registrations/{submitted}/withdraw", "404 200 403 403 403  404 404"
    ),
    *(
        signed_in(
            "POST",
            f"/registrations/{{promoted}}/offer/{answer}",
            "404 200 403 403 403  404 404",
        )
        for answer in ("accept", "decline")
    ),
    *(
        signed_in(
            "POST",
            f"/registrations/{{{team}}}/{verb}",
            "403 403 403 200 200  403 403",
            body and (lambda _, body=body: body),
        )
        for team, verb, body in (
            ("submitted", "approve", None),
            ("submitted", "reject", NOTE),
            ("submitted", "request-changes", {"fields": {"team_name": "Too long."}}),
            ("submitted", "waitlist", NOTE),
            ("approved", "reopen", NOTE),
            ("submitted", "disqualify", NOTE),
            ("paid", "payment/verify", None),
            ("paid", "payment/refuse", {"reason": "Not readable."}),
            ("paid", "payment/waive", None),
        )
    ),
    signed_in(
        "GET", "/registrations/{draft}/invitations", "404 200 403 403 403  404 404"
    ),
    signed_in(
        "POST",
        "/registrations/{draft}/invitations",
        "404 201 403 403 403  404 404",
        lambda _: {"email": "friend@mail.example"},
    ),
    signed_in("GET", "/invitations", "200 200 200 200 200  200 200"),
    signed_in("DELETE", "/invitations/{sent}", "403 200 404 403 403  404 404"),
    signed_in("POST", "/invitations/{sent}/resend", "403 200 404 403 403  404 404"),
    signed_in("POST", "/invitations/{offered}/accept", "404 404 200 403 403  404 404"),
    signed_in("POST", "/invitations/{offered}/decline", "404 404 200 403 403  404 404"),
    signed_in(
        "DELETE",
        "/registrations/{draft}/members/{mate}",
        "404 200 200 403 403  404 404",
    ),
    signed_in(
        "POST",
        "/registrations/{draft}/transfer-leadership",
        "404 200 403 403 403  404 404",
        lambda w: {"user_id": w.key("mate")},
    ),
    Row(
        "POST",
        "/invitations/accept",
        (
            "401",
            "401 token_expired",
            "401 token_revoked",
            "409 already_registered",
            "409 already_registered",
            "409 already_registered",
            "403",
            "403",
            "409 not_eligible",
            "409 not_eligible",
        ),
        lambda w: {"token": w.invitation},
    ),
    upload(
        "/registrations/{draft}/documents", "404 201 201 403 403  404 404", kind="other"
    ),
    signed_in("GET", "/documents/{document}/file", "404 200 404 200 200  404 404"),
    signed_in("DELETE", "/documents/{document}", "404 200 404 403 403  404 404"),
    signed_in("POST", "/documents/{document}/verify", "403 403 403 200 200  403 403"),
    signed_in(
        "POST",
        "/documents/{document}/refuse",
        "403 403 403 200 200  403 403",
        lambda _: {"reason": "Not readable."},
    ),
    # submissions
    signed_in("GET", "/submissions", "200 200 200 200 200  200 200"),
    signed_in("POST", "/submissions", "404 201 201 403 403  404 404", _work),
    signed_in("GET", "/submissions/{assigned}", "404 200 200 200 200  200 404"),
    signed_in(
        "PATCH",
        "/submissions/{assigned}",
        "404 200 200 403 403  403 404",
        lambda _: {"title": "Better"},
    ),
    upload("/submissions/{assigned}/files", "404 201 201 403 403  403 404"),
    signed_in("POST", "/submissions/{assigned}/submit", "404 200 200 403 403  403 404"),
    signed_in(
        "DELETE", "/submission-files/{assigned_file}", "404 200 200 403 403  403 404"
    ),
    signed_in(
        "GET",
        "/submission-files/{assigned_file}/content",
        "404 200 200 200 200  200 404",
    ),
    public("GET", "/receipts/{receipt}"),
    # judging
    *(
        signed_in(
            method,
            f"/competitions/{{competition}}/judges/{{{person}}}",
            "403 403 403 200 200  403 403",
        )
        for method, person in (
            ("GET", "judge_assigned"),
            ("PUT", "candidate"),
            ("DELETE", "judge_unassigned"),
        )
    ),
    signed_in(
        "POST", "/stages/{stage}/criteria", "403 403 403 201 201  403 403", _criterion
    ),
    signed_in(
        "PATCH",
        "/criteria/{criterion}",
        "403 403 403 200 200  403 403",
        lambda _: {"weight": 2},
    ),
    signed_in("DELETE", "/criteria/{criterion}", "403 403 403 200 200  403 403"),
    signed_in(
        "POST",
        "/stages/{stage}/assignments",
        "403 403 403 201 201  403 403",
        lambda w: {
            "submission": w.key("handed_in"),
            "judge": w.key("judge_unassigned"),
        },
    ),
    signed_in("GET", "/judging/assignments", "403 403 403 403 403  200 200"),
    signed_in(
        "POST",
        "/judging/assignments/{assignment}/decline",
        "403 403 403 403 403  200 404",
        lambda _: {"reason": "No time."},
    ),
    signed_in(
        "GET", "/judging/assignments/{reviewed}/review", "403 403 403 403 403  200 404"
    ),
    signed_in(
        "PUT",
        "/judging/assignments/{assignment}/review",
        "403 403 403 403 403  200 404",
        lambda w: {"scores": {w.key("criterion"): 7.5}},
    ),
    signed_in("GET", "/judging/conflicts", "403 403 403 403 403  200 200"),
    signed_in(
        "POST",
        "/judging/conflicts",
        "403 403 403 403 403  201 201",
        lambda w: {"user": w.key("stranger"), "reason": "My sister."},
    ),
    # results
    signed_in("GET", "/stages/{judged}/results", "403 403 403 200 200  403 403"),
    signed_in(
        "POST", "/stages/{judged}/results/compute", "403 403 403 201 201  403 403"
    ),
    signed_in(
        "POST",
        "/stages/{ended}/results/{snapshot}/release",
        "403 403 403 403 200  403 403",
    ),
    signed_in(
        "POST",
        "/stages/{ended}/results/{snapshot}/withdraw",
        "403 403 403 403 200  403 403",
        lambda _: {"reason": "Wrong marks."},
    ),
    public("GET", "/competitions/{announced}/leaderboard"),
)

UPLOAD = ("work.pdf", PDF)
