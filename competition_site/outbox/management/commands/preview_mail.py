"""manage.py preview_mail: show a mail with sample values."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from competition_site.outbox.mails import Mail, render, samples


class Command(BaseCommand):
    help = (
        "Show a mail as it is sent, with sample values; without KIND, list the kinds. "
        "Example: manage.py preview_mail receipt --language id --html --out /tmp"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", metavar="KIND", help="all: every kind")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE,
        )
        parser.add_argument("--html", action="store_true", help="the HTML part")
        parser.add_argument(
            "--out",
            type=Path,
            metavar="DIR",
            help="write KIND.LANGUAGE.txt or .html there instead of printing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kind = options["kind"]
        if kind is None:
            self.stdout.write("\n".join(sorted(samples())))
            return
        for name in _kinds(kind):
            mail = render(name, samples()[name], language=options["language"])
            self._show(name, mail, options)

    def _show(self, kind: str, mail: Mail, options: dict[str, Any]) -> None:
        part = mail.html if options["html"] else f"{mail.subject}\n\n{mail.text}"
        if options["out"] is None:
            self.stdout.write(part)
            return
        ending = "html" if options["html"] else "txt"
        path = options["out"] / f"{kind}.{options['language']}.{ending}"
        try:
            options["out"].mkdir(parents=True, exist_ok=True)
            path.write_text(part, encoding="utf-8")
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(path))


def _kinds(wanted: str) -> list[str]:
    if wanted == "all":
        return sorted(samples())
    if wanted not in samples():
        msg = f"There is no mail {wanted!r}. There are: {', '.join(sorted(samples()))}."
        raise CommandError(msg)
    return [wanted]
