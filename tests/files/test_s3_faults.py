"""S3 that is down, slow, failing or altering bytes: 503 soon, no row without file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from competition_site.files import s3
from submissions.models import SubmissionFile
from tests.api import Api
from tests.factories import PDF, make_stage, make_submission
from tests.s3_server import (
    Disturbance,
    S3Server,
    corrupting,
    failing,
    hanging_up,
    slow,
    through,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(db: None) -> Callable[[], Any]:
    """``sent()``: the answer to an upload."""
    draft = make_submission(make_stage())
    api = Api(draft.registration.leader)
    return lambda: api.upload(f"/submissions/{draft.pk}/files", "a.pdf", PDF)


@pytest.fixture
def require_refused(s3_server: S3Server, media: Path) -> Callable[[Any], None]:
    """``require_refused(response)``: it says 503 and left nothing anywhere."""
    return lambda response: _require_refused(response, s3_server, media)


def _require_refused(response: Any, s3_server: S3Server, media: Path) -> None:
    assert response.status_code == 503
    assert response.json()["data"]["code"] == "service_unavailable"
    assert int(response["Retry-After"]) > 0
    assert not SubmissionFile.objects.exists()
    assert not s3_server.keys()
    assert not [p for p in media.rglob("*") if p.is_file()]


@pytest.mark.parametrize("act", [failing, hanging_up, corrupting])
def test_a_disturbed_storage_is_503_soon(
    disturbance: Disturbance, sent: Any, require_refused: Any, act: Any
):
    disturbance.become(act)
    started = time.monotonic()
    response = sent()
    assert time.monotonic() - started < 10
    require_refused(response)
    disturbance.become(through)
    assert sent().status_code == 201  # without a restart


def test_a_storage_that_is_down_is_503_soon(
    disturbance: Disturbance, sent: Any, require_refused: Any
):
    disturbance.close()
    started = time.monotonic()
    response = sent()
    assert time.monotonic() - started < 10
    require_refused(response)


def test_a_slow_storage_is_not_waited_for(
    disturbance: Disturbance, sent: Any, require_refused: Any
):
    disturbance.become(slow)
    started = time.monotonic()
    response = sent()
    assert s3.ANSWER_SECONDS <= time.monotonic() - started < 10
    require_refused(response)


def test_one_failure_alone_is_not_noticed(disturbance: Disturbance, sent: Any):
    acts = [failing]

    def once(client: Any, port: int) -> None:
        (acts.pop() if acts else through)(client, port)

    disturbance.become(once)
    assert sent().status_code == 201


def test_the_readiness_tells_of_it(disturbance: Disturbance, anyone: Api):
    ready = "/health/ready"
    assert anyone.client.get(ready).status_code == 200
    disturbance.become(hanging_up)
    response = anyone.client.get(ready)
    assert response.status_code == 503
    assert "storage" in response.json()["data"]["down"]
