"""The signing keys' lines in an environment file."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

CURRENT = "JWT_SIGNING_KEY"
PREVIOUS = "JWT_PREVIOUS_SIGNING_KEY"

_QUOTED = re.compile(r"""(['"])(.*)\1""")


def _line_of(name: str, *, set_out: bool = False) -> re.Pattern[str]:
    """The line of a variable; with ``set_out`` also the one that says it is not set."""
    sign = r"(?:# ?)?" if set_out else ""
    return re.compile(rf"^{sign}[ \t]*(?:export[ \t]+)?{name}=(.*)$", re.MULTILINE)


def value_of(text: str, name: str) -> str | None:
    """What a file sets a variable to; None where it doesn't."""
    line = _line_of(name).search(text)
    if line is None:
        return None
    value = line[1].strip()
    quoted = _QUOTED.fullmatch(value)
    return quoted[2] if quoted else value


def rotated(text: str, key: str, *, previous: str) -> str:
    """The file with ``key`` as the signing key, and ``previous`` as the one before."""
    text = _with(text, CURRENT, key, after=None)
    return _with(text, PREVIOUS, previous, after=CURRENT)


def _with(text: str, name: str, value: str, *, after: str | None) -> str:
    """Set a variable in its line; without one below ``after``, or at the end."""
    line = f"{name}={value}"
    for place in (_line_of(name), _line_of(name, set_out=True)):
        if place.search(text):
            return place.sub(lambda _match: line, text)
    if after and (place_before := _line_of(after).search(text)):
        end = place_before.end()
        return f"{text[:end]}\n{line}{text[end:]}"
    separator = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{separator}{line}\n"


def replace_file(path: Path, text: str) -> None:
    """Write a file anew for its owner alone: readers see the old one or the new one."""
    owner = path.stat()
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(text)
            file.flush()
            os.fchmod(descriptor, 0o600)
            if owner.st_uid != os.geteuid():
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
