"""Compiles the translations: every .po to the .mo beside it.

--extract first brings the .po to the messages of the sources; --check only compares.
Babel does both, so that no gettext need be installed.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPLICATIONS = ("accounts", "competition_site", "registrations", "submissions")
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = """\
Project-Id-Version: competition_site
Language: {language}
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Plural-Forms: {plural_forms}
"""


class PlainCatalog(Catalog):
    """Babel's, without dates and tools in its header: the same however often written.

    Language and plural forms are those of ``model``, the catalog that a .po holds.
    """

    def __init__(self, model: Catalog) -> None:
        # The names of a .po's authors are in the history.
        comment = "# Translations of the competition site's own messages."
        super().__init__(model.locale, header_comment=comment)
        self.mime_headers = [("Plural-Forms", model.plural_forms)]

    def __iter__(self) -> Iterator[Message]:
        header = HEADER.format(
            language=self.locale_identifier, plural_forms=self.plural_forms
        )
        yield Message("", header)
        yield from (message for message in super().__iter__() if message.id)


def catalogs() -> list[Path]:
    return sorted(ROOT.glob("competition_site/locale/*/LC_MESSAGES/django.po"))


def read(source: Path) -> Catalog:
    """The messages of a .po."""
    with source.open("rb") as file:
        return read_po(file, locale=source.parent.parent.name)


def extracted() -> list[Message]:
    """The messages of our Python code and templates, in the order of their files."""
    found: dict[tuple[object, str | None], Message] = {}
    for path, code in _sources():
        for line, text, _comments, context in extract("python", code, KEYWORDS):
            where = (path.relative_to(ROOT).as_posix(), line)
            key = (text, context)
            message = found.setdefault(key, Message(text, context=context))
            message.locations.append(where)
    return list(found.values())


def _sources() -> Iterator[tuple[Path, io.BytesIO]]:
    """Each file as Python; a template is one expression that calls gettext."""
    for folder in APPLICATIONS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, io.BytesIO(path.read_bytes())
        for path in sorted((ROOT / folder).rglob("templates/**/*.*")):
            code = f"({templatize(path.read_text(encoding='utf-8'))}\n)"
            yield path, io.BytesIO(code.encode())


def update(source: Path) -> None:
    """Bring a .po to the messages of the sources; the new ones are empty in it."""
    known = read(source)
    catalog = PlainCatalog(known)
    for message in extracted():
        before = known.get(message.id, message.context)
        if before is not None:
            message.string = before.string
            message.flags |= before.flags & {"fuzzy"}
            message.user_comments = before.user_comments
        catalog[message.id] = message
    with source.open("wb") as file:
        write_po(file, catalog, include_lineno=False)


def compiled(source: Path) -> bytes:
    """The .mo of a .po; fuzzy entries stay out, as in gettext."""
    known = read(source)
    catalog = PlainCatalog(known)
    for message in known:
        if message.id:
            catalog[message.id] = message
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
    parser.add_argument("--extract", action="store_true", help="update the .po first")
    options = parser.parse_args()
    if options.extract and not options.check:
        for source in catalogs():
            update(source)
    outdated = [source for source in catalogs() if not is_current(source)]
    for source in outdated:
        name = source.relative_to(ROOT)
        if options.check:
            print(f"{name} is newer than its .mo: make messages")
        else:
            source.with_suffix(".mo").write_bytes(compiled(source))
            print(f"compiled {name}")
    return int(options.check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main())
