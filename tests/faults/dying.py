"""The product in a process that ends by SIGKILL at a chosen moment, once.

The file ``DIE_AFTER`` holds the moment: ``insert TABLE`` or ``update TABLE`` is right
after that command has run, inside of its transaction; ``answer`` is when the answer to
a POST is ready and nothing of it has been sent. Of an upload: ``part begun`` and
``part whole`` are when its temporary file has its first and its last byte, ``part
placed`` when it lies in the storage. Who removes the file, dies.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created
from pymongo import monitoring

MOMENT = Path(os.environ["DIE_AFTER"])
VERBS = frozenset({"insert", "update"})
STATEMENT = re.compile(r'(INSERT INTO|UPDATE) "(\w+)"')


def reach(moment: str) -> None:
    """End this process, if this is the moment and nobody else has died of it."""
    try:
        if MOMENT.read_text() != moment:
            return
        MOMENT.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class AfterCommand(monitoring.CommandListener):
    """Watches MongoDB's commands."""

    def __init__(self) -> None:
        self.running: dict[int, str] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        verb = event.command_name
        if verb in VERBS:
            self.running[event.request_id] = f"{verb} {event.command[verb]}"

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        if event.request_id in self.running:
            reach(self.running.pop(event.request_id))

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self.running.pop(event.request_id, None)


def after_statement(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
    """Watches SQL statements."""
    done = execute(sql, *arguments)
    if found := STATEMENT.match(sql):
        reach(f"{found[1].split()[0].lower()} {found[2]}")
    return done


def watch(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.execute_wrappers.append(after_statement)


monitoring.register(AfterCommand())  # before the first client exists
connection_created.connect(watch)


def after(owner: type, name: str, moment: str) -> None:
    """Watches a step of an upload."""
    step = getattr(owner, name)

    @wraps(step)
    def watched(*arguments: Any) -> Any:
        done = step(*arguments)
        reach(moment)
        return done

    setattr(owner, name, watched)


@cache
def watch_uploads() -> None:
    """Once Django is there."""
    from competition_site.files.storage import AtomicFileSystemStorage
    from competition_site.files.uploads import PartFile

    after(PartFile, "write", "part begun")
    after(PartFile, "finish", "part whole")
    after(AtomicFileSystemStorage, "_save", "part placed")


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    from competition_site.wsgi import application as product

    watch_uploads()
    answer: Iterable[bytes] = product(environ, start_response)
    if environ["REQUEST_METHOD"] == "POST":
        reach("answer")
    return answer
