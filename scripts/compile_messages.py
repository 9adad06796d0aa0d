"""Compiles the translations: every .po to the .mo beside it; --check only compares."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

APPLICATIONS = ("accounts", "competition_site", "registrations", "submissions")


def compiled(source: Path) -> bytes:
    """The .mo of a .po; fuzzy entries stay out, as in gettext."""
    with source.open("rb") as file:
        catalog = read_po(file, locale=source.parent.parent.name)
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def is_current(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return target.exists() and target.read_bytes() == compiled(source)


def main() -> int:
    """Return 1 when --check finds a .mo that isn't its .po."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    sources = sorted(
        path for name in APPLICATIONS for path in Path(name).glob("**/locale/**/*.po")
    )
    outdated = [source for source in sources if not is_current(source)]
    for source in outdated:
        if check:
            print(f"{source} is newer than its .mo: make messages")
        else:
            source.with_suffix(".mo").write_bytes(compiled(source))
            print(f"compiled {source}")
    return int(check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main())
