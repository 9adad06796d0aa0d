"""Scheduled tasks: what apps want done because time has passed.

An app's module ``schedule`` declares its part of a task: a function that yields what is
due at a moment, each with the verb of the workflow that does it::

    @scheduled("expire_offers", Phase.EXPIRE)
    def offers_past_their_end(at: datetime) -> Iterator[Due]:
        for registration in ...:
            yield Due(registration, lambda r=registration: expire_offer(r, at=at))

The verb checks the state by a conditional update, in a transaction of its own, and
returns what it changed: of two runs at the same moment one does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from django.db.models import Model


class Phase(IntEnum):
    """The order in which ``tick`` does things: what frees a place comes first."""

    EXPIRE = 1
    PROMOTE = 2
    LOCK = 3
    REMIND = 4
    PURGE = 5
    SEND = 6


@dataclass(frozen=True)
class Due:
    """One thing that is due: the row it is about, or a name, and the call that does it.

    ``act`` returns how many it did: none, where somebody else was faster. ``count`` is
    how many there would be.
    """

    subject: Model | str
    act: Callable[[], int]
    count: int = 1

    @property
    def name(self) -> str:
        if isinstance(self.subject, str):
            return self.subject
        return f"{self.subject._meta.model_name} {self.subject.pk}"


Source = Callable[[datetime], Iterable[Due]]


@dataclass(frozen=True)
class Task:
    """A named task; several apps may have a part in it.

    ``every``: how often ``tick`` runs it, where every time would be for nothing.
    """

    name: str
    phase: Phase
    every: timedelta | None = None
    sources: list[Source] = field(default_factory=list)


_tasks: dict[str, Task] = {}


def scheduled(
    name: str, phase: Phase, *, every: timedelta | None = None
) -> Callable[[Source], Source]:
    """Make a function a part of the task ``name``."""

    def register(source: Source) -> Source:
        task = _tasks.setdefault(name, Task(name, phase, every))
        if (task.phase, task.every) != (phase, every):
            msg = f"{name} is of phase {task.phase.name}, every {task.every}."
            raise ValueError(msg)
        task.sources.append(source)
        return source

    return register


def tasks() -> list[Task]:
    """Every task in the order in which ``tick`` runs them."""
    return sorted(_tasks.values(), key=lambda task: (task.phase, task.name))


def task(name: str) -> Task:
    return _tasks[name]
