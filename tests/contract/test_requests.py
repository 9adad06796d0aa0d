"""Paths with a slash, request ids, the log line of a request, its moment."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import UTC

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from competition_site.api.middleware import RequestContextMiddleware
from competition_site.clock import now
from competition_site.logs import JsonFormatter
from tests.contract.answers import check_answer, refusal
from tests.contract.world import World

pytestmark = pytest.mark.django_db

FRESH = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def access_lines() -> Iterator[io.StringIO]:
    """What the access log writes, through the formatter of production."""
    written = io.StringIO()
    listener = logging.StreamHandler(written)
    listener.setFormatter(JsonFormatter())
    logger = logging.getLogger("access")
    logger.addHandler(listener)
    yield written
    logger.removeHandler(listener)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/me", "/registrations", "/registrations/{draft}"])
def test_a_trailing_slash_changes_nothing(method, path):
    world = World()
    api, plain = world.client("owner"), world.path(path)
    answers = [
        api.request(method, f"{plain}{slash}", {"nothing": 1}) for slash in ("", "/")
    ]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].content == answers[1].content
    assert answers[0].get("Allow") == answers[1].get("Allow")


def test_a_write_with_a_slash_runs_and_keeps_its_parameters(as_user, student):
    api = as_user(student)
    assert api.patch("/me/", {"full_name": "New"}).status_code == 200
    assert api.get("/registrations/?page_size=1").status_code == 200
    assert refusal(api.get("/registrations/?nothing=1"))[0] == 400


def test_two_slashes_are_another_path(anyone):
    assert refusal(anyone.get("/competitions//")) == (404, "not_found")


@pytest.mark.parametrize("given", ["a", "0b7f-4.X_y", "a" * 64])
def test_a_sane_request_id_is_sent_back(anyone, given):
    assert anyone.get("/competitions", X_Request_ID=given)["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", "a b", "a" * 65, "é", '"x"', "a\tb", "a,b", "%0a"]
)
def test_another_request_id_is_replaced(anyone, given):
    answered = anyone.get("/competitions", X_Request_ID=given)["X-Request-ID"]
    assert FRESH.fullmatch(answered)


def test_every_request_has_its_own_id(anyone):
    ids = {anyone.get("/nowhere")["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


def test_each_request_is_one_line_of_json(as_user, student, access_lines):
    api = as_user(student)
    responses = [
        api.get("/me?nothing=%0a", X_Request_ID="mine"),
        api.get("/nowhere/%0a%22x"),
        api.request("OPTIONS", "/me"),
        api.post("/auth/login"),
        api.get("/me", Host="evil.example"),
    ]
    lines = [json.loads(line) for line in access_lines.getvalue().splitlines()]
    assert len(lines) == len(responses)
    for line, response in zip(lines, responses, strict=True):
        assert line["request_id"] == response["X-Request-ID"]
        assert line["status"] == response.status_code
        assert {"time", "level", "logger", "method", "path", "client"} <= line.keys()
        assert line["duration_ms"] >= 0
    assert lines[0]["user"] == str(student.pk)
    assert lines[0]["path"] == "/api/v1/me"  # parameters may hold secrets
    assert lines[3]["user"] is None


@pytest.mark.parametrize("path", ["/broken/view", "/broken/function"])
def test_an_unforeseen_error_has_its_line_too(anyone, access_lines, settings, path):
    settings.ROOT_URLCONF = "tests.contract.faulty"
    response = anyone.get(path)
    assert response.status_code == 500
    line = json.loads(access_lines.getvalue())
    assert (line["status"], line["request_id"]) == (500, response["X-Request-ID"])


def test_tokens_and_passwords_are_in_no_line(anyone, access_lines, caplog):
    canary = "canary-4711-secret"
    anyone.post("/auth/login", {"email": "a@mail.example", "password": canary})
    anyone.post("/auth/refresh", {"refresh": canary})
    anyone.get("/me", Authorization=f"Bearer {canary}")
    anyone.get(f"/me?access={canary}")
    assert canary not in access_lines.getvalue() + caplog.text


def test_the_moment_of_a_request_is_when_it_arrived():
    seen = []

    def view(request):
        time.sleep(0.02)
        seen.append(request.received_at)
        return HttpResponse()

    before = now()
    RequestContextMiddleware(view)(RequestFactory().get("/api/v1/me"))
    (moment,) = seen
    assert before <= moment < now()
    assert (now() - moment).total_seconds() >= 0.02
    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0


def test_moments_are_utc_with_milliseconds(anyone):
    world = World()
    path = world.path("/competitions/{competition}")
    response = anyone.get(path)
    check_answer(response)
    shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert shape.fullmatch(response.json()["data"]["starts_at"])
