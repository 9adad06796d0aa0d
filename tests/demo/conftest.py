"""The demo, loaded by its command as an operator would."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def load_demo(db: None):
    """Run the command; returns the lines it printed."""

    def run(*arguments: str, **options: Any) -> list[str]:
        output = io.StringIO()
        call_command("load_demo", *arguments, stdout=output, **options)
        return output.getvalue().splitlines()

    return run
