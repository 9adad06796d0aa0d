"""What guards the product in races, and what is there in its place for controls."""

from __future__ import annotations

import random
import time
from typing import Any

from django.db.models import Model, QuerySet
from django.db.transaction import Atomic

LONGEST_PAUSE = 0.08
"""Between the check and the act: long enough for the others to check as well."""

_update, _save = QuerySet.update, Model.save_base


def _dawdle() -> None:
    time.sleep(random.uniform(LONGEST_PAUSE / 4, LONGEST_PAUSE))


def check_then_act(rows: QuerySet[Any], **fields: Any) -> int:
    keys = list(rows.values_list("pk", flat=True))
    _dawdle()
    return _update(rows.model._base_manager.filter(pk__in=keys), **fields)


def save_late(row: Model, *args: Any, **kwargs: Any) -> None:
    _dawdle()
    _save(row, *args, **kwargs)


UPDATES: list[tuple[type, str, Any]] = [
    (QuerySet, "update", check_then_act),
    (Model, "save_base", save_late),
    (Atomic, "__enter__", lambda _block: None),
    (Atomic, "__exit__", lambda *_: None),
]
"""Each conditional update a check and then an act, and no transaction."""
