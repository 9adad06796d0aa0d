"""Text on a terminal: what people wrote cannot move its cursor."""


def printable(text: str) -> str:
    """A text with every character that a terminal would not show written out."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )
