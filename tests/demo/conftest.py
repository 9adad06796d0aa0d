"""The demo, loaded by its command as an operator would."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command

from tests.database import empty_filled_tables


def load(*arguments: str, **options: Any) -> list[str]:
    """Run the command; returns the lines it printed."""
    output = io.StringIO()
    call_command("load_demo", *arguments, stdout=output, **options)
    return output.getvalue().splitlines()


@pytest.fixture
def load_demo(db: None) -> Callable[..., list[str]]:
    """The command, for a test that wants a demo of its own."""
    return load


@dataclass(frozen=True)
class Loaded:
    """What loading printed, and the CPU time it took: other processes don't count."""

    lines: list[str]
    seconds: float


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Loaded]:
    """One demo for all tests of a module, which only look at it.

    They do not ask for ``db``, after which every table would be emptied.
    """
    with django_db_blocker.unblock():
        # Where no test of the run asks for a database, pytest-django makes none.
        call_command("migrate", verbosity=0)
        started = time.process_time()
        lines = load()
        yield Loaded(lines, time.process_time() - started)
        empty_filled_tables()
