"""Records the commands that reach MongoDB, and asks it how it ran each."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

_EXPLAINED = {"find", "aggregate", "count", "distinct", "update", "delete"}
_ABOUT_THE_SESSION = {
    "lsid",
    "txnNumber",
    "$clusterTime",
    "$db",
    "startTransaction",
    "autocommit",
    "readConcern",
    "writeConcern",
    "$readPreference",
}
_BY_INDEX = {"IXSCAN", "IDHACK", "COUNT_SCAN", "DISTINCT_SCAN", "EOF", "COUNT"}
_READS_EVERYTHING = {"COLLSCAN"}
_MOMENT = re.compile(r"datetime\.datetime\([^)]*\)")
_JOINS_BY_INDEX = {"IndexedLoopJoin"}
_SMALL_CHANGE = 8
"""Documents that a command may read beyond twice what it returns or changes."""


@dataclass(frozen=True)
class Command:
    """One command as PyMongo sent it."""

    name: str
    body: dict[str, Any]

    @property
    def table(self) -> str:
        return str(self.body[self.name])

    @property
    def skipped(self) -> int:
        """Rows that the query itself passes over, as numbered pages do."""
        stages = self.body.get("pipeline", [])
        return int(self.body.get("skip", 0)) + sum(s.get("$skip", 0) for s in stages)

    @property
    def tables_read(self) -> int:
        """Its own, and one for each join."""
        return 1 + sum("$lookup" in stage for stage in self.body.get("pipeline", []))

    def each_statement(self) -> Iterator[dict[str, Any]]:
        """Yield what explain takes: an update or delete of one statement."""
        plural = {"update": "updates", "delete": "deletes"}.get(self.name)
        for statement in self.body.get(plural, [None]) if plural else [None]:
            parts = {plural: [statement]} if plural else {}
            yield {**self.body, **parts}


class Recorder(CommandListener):
    """Keeps what can be explained."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in _EXPLAINED:
            body = {
                name: copy.deepcopy(value)
                for name, value in event.command.items()
                if name not in _ABOUT_THE_SESSION
            }
            self.commands.append(Command(event.command_name, body))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to keep."""

    def take(self) -> list[Command]:
        """Return the commands since the last time, those that differ in more than a
        moment.
        """
        taken, self.commands = self.commands, []
        return list({_MOMENT.sub("", repr(each)): each for each in taken}.values())


@contextmanager
def recording() -> Iterator[Recorder]:
    """Let the connection's client tell a recorder of every command."""
    recorder = Recorder()
    options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = {**options, "event_listeners": [recorder]}
    connection.close_pool()
    try:
        yield recorder
    finally:
        connection.settings_dict["OPTIONS"] = options
        connection.close_pool()


def complaint(
    command: Command, *, small: dict[str, int], enough: int = 0
) -> str | None:
    """Say how a command reads more than it should; None where an index serves it.

    ``small``: tables of which a command may read all rows, since there are few;
    ``enough``: documents that each may read, whatever it returns.
    """
    for statement in command.each_statement():
        report = connection.database.command(
            "explain", statement, verbosity="executionStats"
        )
        stages = set(_values(report, "stage"))
        examined = _most(report, "totalDocsExamined")
        returned = _returned(report)
        wanted = returned
        if joins := set(_values(report, "strategy")):  # counted among the documents
            wanted *= command.tables_read
        allowed = 2 * (wanted + command.skipped) + _SMALL_CHANGE
        allowed = max(allowed, enough, small.get(command.table, 0))
        by_index = command.table in small or (
            stages & _BY_INDEX
            and not stages & _READS_EVERYTHING
            and joins <= _JOINS_BY_INDEX
        )
        if not by_index or examined > allowed:
            return (
                f"{command.name} on {command.table}: {sorted(stages)}, {examined} "
                f"documents read for {returned}: {_brief(statement)}"
            )
    return None


def _brief(statement: dict[str, Any]) -> str:
    told = ("filter", "pipeline", "sort", "limit", "updates", "deletes", "query")
    return str({name: statement[name] for name in told if name in statement})[:500]


def _values(node: Any, name: str) -> Iterator[Any]:  # noqa: C901 - a walk
    if isinstance(node, dict):
        if name in node and not isinstance(node[name], dict):
            yield node[name]
        for key, value in node.items():
            if key not in {"rejectedPlans", "allPlansExecution"}:
                yield from _values(value, name)
    if isinstance(node, list):
        for part in node:
            yield from _values(part, name)


def _returned(report: Any) -> int:
    """Rows that a plan gives or changes; what its inner stages pass on is no result."""
    plans = _dicts(report, "executionStats")
    given = max((int(stats["nReturned"]) for stats in plans), default=0)
    changed = [_most(report, f"nWould{verb}") for verb in ("Modify", "Delete")]
    return given + max(changed)


def _dicts(node: Any, name: str) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == name and isinstance(value, dict):
                yield value
            yield from _dicts(value, name)
    if isinstance(node, list):
        for part in node:
            yield from _dicts(part, name)


def _most(report: Any, name: str) -> int:
    return max((int(value) for value in _values(report, name)), default=0)
