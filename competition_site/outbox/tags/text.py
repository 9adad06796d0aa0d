"""The tags of mails as plain text."""

from __future__ import annotations

from django.template import Library

from competition_site.clock import told
from competition_site.outbox.tags import frontend_url, one_line

register = Library()
register.filter("told", told)


@register.simple_block_tag
def paragraph(content: str) -> str:
    return f"\n\n{one_line(content)}\n\n"


@register.simple_tag
def fact(label: object, value: object) -> str:
    return f"{one_line(label)}: {one_line(value)}\n"


@register.simple_tag
def quote(text: object) -> str:
    lines = "\n".join(f"> {one_line(line)}" for line in str(text).splitlines())
    return f"\n\n{lines}\n\n"


@register.simple_tag
def link(label: object, path: str, *parts: object) -> str:
    return f"\n\n{one_line(label)}:\n{frontend_url(path, *parts)}\n\n"
