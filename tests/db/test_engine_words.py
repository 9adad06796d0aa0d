"""No module outside of competition_site/db knows which database it runs on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("accounts", "competition_site", "registrations", "submissions")
WORDS = ("mongo", "sqlite", "bson", "djongo")
ALLOWED = {
    "competition_site/settings.py",  # chooses the engine
    "competition_site/configuration.py",  # reads DATABASE_URL
    "competition_site/gunicorn.py",  # one worker process on SQLite
    "competition_site/wsgi.py",  # refuses a standalone server
}


def modules() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "competition_site/db/" not in path.as_posix()
    ]


def words_of_code(tree: ast.AST) -> Iterator[str]:
    """Names, imports and strings; what stands alone is a docstring."""
    texts = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in texts:
            yield str(node.value)
        for field in ("id", "attr", "name", "module", "arg"):
            if isinstance(value := getattr(node, field, None), str):
                yield value


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_it_names_no_database(path: Path) -> None:
    if str(path.relative_to(ROOT)) in ALLOWED:
        return
    for word in words_of_code(ast.parse(path.read_text())):
        assert not any(name in word.lower() for name in WORDS), word
        assert word != "vendor"


def test_what_is_allowed_exists() -> None:
    assert all((ROOT / path).exists() for path in ALLOWED)
