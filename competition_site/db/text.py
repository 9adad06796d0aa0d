"""Text as search and uniqueness see it."""

import unicodedata


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
