"""Text as search and uniqueness see it."""

import unicodedata

from django.db.models import Q

LAST_CHARACTER = chr(0x10FFFF)
"""Sorts after every character of a folded text."""


def folded(text: str) -> str:
    """Trimmed, NFKC, casefolded, inner white space as one blank.

    Two names that a person would call the same are equal in this form, and a prefix
    search on it is served by an index on both databases. Invisible characters are
    dropped, so that they cannot make a second of the same name.
    """
    normalised = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(
        c for c in normalised if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFKC", visible).split())


def begins_with(column: str, prefix: str) -> Q:
    """Rows whose folded ``column`` begins with ``prefix``, in whatever case.

    Asked for as a range, which an index serves on both databases: for ``startswith``
    SQLite reads the whole table.
    """
    start = folded(prefix)
    return Q(**{f"{column}__gte": start, f"{column}__lt": start + LAST_CHARACTER})
