"""What MongoDB says about how it runs a query."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import QuerySet


class Plan(NamedTuple):
    """The stages of a query's plan and the documents it reads of its own collection."""

    stages: frozenset[str]
    examined: int


def plan_of(queryset: QuerySet[Any]) -> Plan:
    """Run the query and tell how."""
    report = json.loads(queryset.explain(verbosity="executionStats"))
    outer = report["stages"][0]["$cursor"] if "stages" in report else report
    winner = outer["queryPlanner"]["winningPlan"]
    return Plan(
        stages=frozenset(_stages(winner)),
        examined=_number(outer["executionStats"]["totalDocsExamined"]),
    )


def _stages(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "stage" in node:
            yield node["stage"]
        for value in node.values():
            yield from _stages(value)
    if isinstance(node, list):
        for part in node:
            yield from _stages(part)


def _number(value: Any) -> int:
    return int(value["$numberLong"]) if isinstance(value, dict) else int(value)
