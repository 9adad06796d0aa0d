"""What a mail says: one template, rendered as text and as HTML in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from competition_site.outbox.tags import one_line

MAXIMUM_SUBJECT = 200
_BLANK_LINES = re.compile(r"\n\s*\n")
_samples: dict[str, Mapping[str, Any]] = {}


class Mail(NamedTuple):
    """The two parts of a mail, and its subject in one line."""

    subject: str
    text: str
    html: str


def describe(kind: str, **sample: Any) -> None:
    """Name a kind of mail, with the values that a preview shows in it.

    Called in the module ``mails`` of the app that sends it.
    """
    _samples[kind] = sample


def samples() -> Mapping[str, Mapping[str, Any]]:
    """Every kind of mail, with its sample."""
    return _samples


def render(kind: str, context: Mapping[str, Any], *, language: str) -> Mail:
    """Write the mail ``mail/<kind>.txt``, in whatever language is asked.

    Its block ``subject`` becomes one line, so that no value can add a header; its block
    ``content`` is made of the tags in :mod:`competition_site.outbox.tags`.
    """
    values = {**context, "frontend_url": settings.FRONTEND_URL, "language": language}
    with translation.override(language):
        subject = one_line(_rendered(kind, "text", "mail/subject.txt", values))
        values["subject"] = subject[:MAXIMUM_SUBJECT]
        text = _rendered(kind, "text", "mail/layout.txt", values)
        html = _rendered(kind, "html", "mail/layout.html", values)
    return Mail(
        values["subject"], _BLANK_LINES.sub("\n\n", text).strip() + "\n", html.strip()
    )


def _rendered(kind: str, engine: str, layout: str, values: Mapping[str, Any]) -> str:
    return render_to_string(
        f"mail/{kind}.txt", {**values, "layout": layout}, using=f"mail_{engine}"
    )
