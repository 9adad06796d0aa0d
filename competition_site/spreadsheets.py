"""CSV for people's spreadsheet programs: no cell of it is run as a formula."""

from __future__ import annotations

import unicodedata
from typing import Any

_FORMULAS = "=+-@"
_COVERS = " \"'"
"""What a program may cut off before it looks at a cell."""


def is_formula(text: str) -> bool:
    """Whether a program might run the cell: ``= + - @``, also full-width or behind
    blanks and quotes, or anything behind a tab or a line break.
    """
    if text[:1] in {"\t", "\r", "\n"}:
        return True
    first = text.lstrip(_COVERS + "\t\r\n\u00a0\ufeff")[:1]
    return unicodedata.normalize("NFKC", first)[:1] in tuple(_FORMULAS)


def safe_cell(value: Any) -> Any:
    """The value; a dangerous text has an apostrophe before it, numbers stay so."""
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value


def plain_cell(text: str) -> str:
    """What :func:`safe_cell` was given: nothing is lost on the way there and back."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text
