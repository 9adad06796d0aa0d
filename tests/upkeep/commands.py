"""Runs the commands of upkeep as an operator would."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import CommandError, call_command


def run(name: str, *arguments: str) -> str:
    """What the command says on stdout, whatever its status."""
    return outcome(name, *arguments)[1]


def outcome(name: str, *arguments: str) -> tuple[int, str]:
    """The command's status, and what it says on stdout."""
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=io.StringIO())
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def report(name: str, *arguments: str) -> dict[str, Any]:
    """What a scheduled command reports, its tasks by their names."""
    said = json.loads(run(name, "--json", *arguments))
    return {task["name"]: task for task in said["tasks"]}
