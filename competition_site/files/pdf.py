"""PDF: judged by qpdf in a process of its own, which may fall over or be stopped.

Such a process is kept for the next file, since starting one takes longer than judging
a file of usual size.
"""

from __future__ import annotations

import atexit
import contextlib
import queue
import selectors
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

from django.utils.translation import gettext_lazy as _

from competition_site.files.refusals import BROKEN, file_refused

SECONDS = 20
_KEPT = 2
_READER = str(Path(__file__).with_name("pdf_reader.py"))
_REFUSALS = {
    "active": _("The PDF holds scripts or starts programs; please export it again."),
    "files": _("The PDF holds other files; please export it without them."),
    "encrypted": _("The PDF asks for a password; please export it without one."),
    "broken": BROKEN,
    "complex": _("The PDF is too complex; please export it again."),
}


def require_inert(path: str) -> None:
    """Raises RuleViolation("validation_error") for a PDF that is damaged, encrypted,
    holds JavaScript, starts programs or carries files. ``path`` holds no line break.
    """
    verdict = _judged(path)
    if verdict != "inert":
        raise file_refused(_REFUSALS[verdict])


class _Reader:
    """One process that reads paths and writes verdicts."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", _READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},  # it needs no secret
        )
        self._asked = cast("IO[bytes]", self.process.stdin)
        self._said = cast("IO[bytes]", self.process.stdout)

    def verdict(self, path: str) -> str | None:
        """What the process says, ``complex`` if that takes long; None if it is gone."""
        try:
            self._asked.write(f"{path}\n".encode())
            self._asked.flush()
        except OSError:
            return None
        with selectors.DefaultSelector() as selector:
            selector.register(self._said, selectors.EVENT_READ)
            if not selector.select(SECONDS):
                return "complex last"
        return self._said.readline().decode().strip() or None

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self._asked, self._said):
            with contextlib.suppress(OSError):
                pipe.close()


_idle: queue.LifoQueue[_Reader] = queue.LifoQueue(_KEPT)


@atexit.register
def _end_idle() -> None:
    while (reader := _idle_reader()) is not None:
        reader.end()


def _judged(path: str) -> str:
    reader = _idle_reader()
    said = reader and reader.verdict(path)
    if reader is None or said is None:
        if reader is not None:  # it ended while nobody asked
            reader.end()
        reader = _Reader()
        said = reader.verdict(path) or "complex last"
    verdict, *last = said.split()
    if last:
        reader.end()
    else:
        _keep(reader)
    return verdict


def _idle_reader() -> _Reader | None:
    try:
        return _idle.get_nowait()
    except queue.Empty:
        return None


def _keep(reader: _Reader) -> None:
    try:
        _idle.put_nowait(reader)
    except queue.Full:
        reader.end()
