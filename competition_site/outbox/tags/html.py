"""The tags of mails as HTML: inline styles, no images, nothing loaded."""

from __future__ import annotations

from django.template import Library
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from competition_site.clock import told
from competition_site.outbox.tags import frontend_url, one_line

register = Library()
register.filter("told", told)

_BUTTON = (
    "display:inline-block;padding:12px 20px;border-radius:4px;"
    "background:#0b57d0;color:#ffffff;text-decoration:none;font-weight:bold"
)
_SMALL = "margin:0 0 16px;font-size:14px;color:#595959;word-break:break-all"
_QUOTE = "margin:0 0 16px;padding:4px 0 4px 12px;border-left:4px solid #767676"


@register.simple_block_tag
def paragraph(content: SafeString) -> SafeString:
    # The engine has escaped every value in it already.
    words = mark_safe(one_line(content))  # noqa: S308
    return format_html('<p style="margin:0 0 16px">{}</p>\n', words)


@register.simple_tag
def fact(label: object, value: object) -> SafeString:
    return format_html(
        '<p style="margin:0 0 8px;word-break:break-word"><strong>{}:</strong> {}</p>\n',
        one_line(label),
        one_line(value),
    )


@register.simple_tag
def quote(text: object) -> SafeString:
    lines = ((one_line(line),) for line in str(text).splitlines())
    return format_html(
        '<blockquote style="{}">{}</blockquote>\n',
        _QUOTE,
        format_html_join(mark_safe("<br>\n"), "{}", lines),
    )


@register.simple_tag
def link(label: object, path: str, *parts: object) -> SafeString:
    """A button, and below it its address for those whose program shows none."""
    url = conditional_escape(frontend_url(path, *parts))
    return format_html(
        '<p style="margin:0 0 8px"><a href="{}" style="{}">{}</a></p>\n'
        '<p style="{}">{}</p>\n',
        url,
        _BUTTON,
        one_line(label),
        _SMALL,
        url,
    )
