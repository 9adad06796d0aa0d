"""Writes .env for development from .env.example, with random keys."""

from __future__ import annotations

import os
import re
import secrets
import sys
from pathlib import Path

EXAMPLE = Path(".env.example")
TARGET = Path(".env")
KEY_LINE = re.compile(r"^(\w+_KEY)=$", re.MULTILINE)


def main() -> int:
    text = KEY_LINE.sub(
        lambda line: f"{line[1]}={secrets.token_urlsafe(48)}", EXAMPLE.read_text()
    )
    try:
        target = os.open(TARGET, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    except FileExistsError:
        print(f"{TARGET} is there already and stays as it is.")
        return 0
    with open(target, "w") as file:  # noqa: PTH123 - a descriptor, not a path
        file.write(text)
    print(f"Wrote {TARGET} for development, with random keys.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
