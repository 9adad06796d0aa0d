"""The pytest plugin: real commits, a cheap clean-up, clear words without a server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.db.library import Author, Book
from tests.racing import race


@pytest.mark.django_db
@pytest.mark.parametrize("round_", [1, 2])
def test_rows_are_committed_and_gone_for_the_next_test(round_: int) -> None:
    assert not connection.in_atomic_block
    assert not Author.objects.exists()
    author = Author.objects.create(email="ada@example.org", name="Ada")
    Book.objects.create(author=author, title="Notes")
    assert race(Author.objects.count) == [1]


@pytest.mark.django_db
def test_what_migrate_wrote_is_kept() -> None:
    assert ContentType.objects.exists()


def test_the_fixture_alone_makes_a_test_transactional(db: None) -> None:
    assert not connection.in_atomic_block


@pytest.mark.django_db
def test_a_process_started_by_a_test_sees_its_rows() -> None:
    Author.objects.create(email="ada@example.org", name="Ada")
    program = (
        "import django; django.setup();"
        "from tests.db.library import Author; print(Author.objects.get().name)"
    )
    child = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout.strip() == "Ada"


def test_the_settings_are_those_of_tests() -> None:
    assert settings.SECRET_KEY.startswith("test-only-")
    assert Path(settings.MEDIA_ROOT).is_relative_to(os.environ["ENV_FILE"][:-7])


@pytest.mark.parametrize(
    ("ci", "status", "words"), [("true", 4, "ERROR: no mongod"), ("", 0, "skipped: no")]
)
def test_without_a_server_the_run_ends_with_one_line(
    ci: str, status: int, words: str
) -> None:
    environment = {
        **{k: v for k, v in os.environ.items() if k != "MONGODB_URI"},
        "TEST_DATABASE": "mongodb",
        "MONGOD_BIN": "/nonexistent",
        "CI": ci,
    }
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert run.returncode == status
    assert words in run.stdout + run.stderr
