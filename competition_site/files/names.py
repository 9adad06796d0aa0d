"""File names as people give them, made safe to show and to send in a header."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

_LONGEST = 150
_LONGEST_SUFFIX = 10
_UNSHOWN = frozenset({"C", "Z"})
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)


def clean_name(name: str | None) -> str:
    """The last part of a file name, without what can't be seen or would mislead.

    At most 150 characters, never empty, never a name that Windows keeps for devices.
    """
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(map(_shown, unicodedata.normalize("NFC", last))).strip(" .")
    path = PurePosixPath(visible or "file")
    suffix = path.suffix[:_LONGEST_SUFFIX]
    stem = path.stem[: _LONGEST - len(suffix)]
    if stem.partition(".")[0].strip().lower() in _DEVICES:
        stem = f"_{stem}"[: _LONGEST - len(suffix)]
    return stem + suffix


def extension(name: str | None) -> str:
    """The extension of the cleaned name, in lower case, with its dot; may be empty."""
    return PurePosixPath(clean_name(name)).suffix.lower()


def _shown(character: str) -> str:
    """Controls, directions and bytes that were no text vanish; spaces are plain."""
    if character == "\ufffd":
        return ""
    kind = unicodedata.category(character)
    if kind[0] not in _UNSHOWN:
        return character
    return " " if kind == "Zs" else ""
