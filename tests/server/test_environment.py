"""The example of an environment names what the settings read, and only that."""

import re
from itertools import pairwise
from pathlib import Path

from scripts.create_env import KEY_LINE
from tests.server.test_gunicorn import ROOT

EXAMPLE = (ROOT / ".env.example").read_text()
NAMED = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE))
READ = re.compile(r"""(?:env\.\w+\(\s*|environ\.get\(\s*)["']([A-Z][A-Z_]+)["']""")
REFUSED = {"DATABASE_ENGINE", "DB_ENGINE"}  # read only to say no
THROTTLES = re.compile(r'^\s+"(\w+)": "\d+/\d+[smh]",$', re.MULTILINE)


def names_read(*modules: str) -> set[str]:
    sources = [Path(ROOT, module).read_text() for module in modules]
    return {name for source in sources for name in READ.findall(source)} - REFUSED


def test_every_variable_is_in_the_example_and_no_other() -> None:
    read = names_read("competition_site/settings.py", "competition_site/gunicorn.py")
    settings = (ROOT / "competition_site/settings.py").read_text()
    throttles = {f"THROTTLE_{name.upper()}" for name in THROTTLES.findall(settings)}
    assert throttles
    assert read | throttles == NAMED


def test_every_variable_has_a_line_that_explains_it() -> None:
    lines = EXAMPLE.splitlines()
    unexplained = [
        line
        for before, line in pairwise(lines)
        if re.match(r"(# )?[A-Z][A-Z_]+=", line)
        and not re.match(r"# (?!-)|PORT|WEB_", before)
    ]
    assert unexplained == []


def test_the_example_holds_no_key() -> None:
    assert len(KEY_LINE.findall(EXAMPLE)) == 3
