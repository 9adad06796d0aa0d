"""What the Makefile and the documents promise is there to be made."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_each_target_is_declared_explained_and_there() -> None:
    [declared] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    explained = re.findall(r"^## make ([a-z-]+)", MAKEFILE, re.MULTILINE)
    assert set(declared.split()) == TARGETS
    assert set(explained) == TARGETS - {"help"}


def test_the_documents_name_no_other_target() -> None:
    named = {
        (path.name, target)
        for path in DOCUMENTS
        for target in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8"))
    }
    assert named
    assert {target for _, target in named} <= TARGETS, named
