"""Links that teams hand in: to which hosts they may lead, with nothing hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from competition_site.rules import Text

MAXIMUM_HOSTS = 20
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+{_LABEL}")
_HIDING = re.compile(r"[\s\\\x00-\x1f\x7f]")
"""White space, control characters and the backslash, which browsers read as a slash."""


def link_error(link: str, hosts: Sequence[str]) -> Text | None:
    """What is wrong with a link, if anything: http or https, to one of ``hosts``.

    A host takes its sub-domains along; without hosts any will do. Where hosts are
    named nothing may stand around the name: no user, no port, no other script that
    looks alike, no dot at its end. Nothing of ours ever fetches a link.
    """
    host = _host_of(link)
    if host is None:
        return _("Write an http or https address.")
    if hosts and not any(_is_within(host, accepted) for accepted in hosts):
        names = ", ".join(hosts)
        return _("Accepted are links to: %(hosts)s.") % {"hosts": names}
    return None


def hosts_error(hosts: Any) -> Text | None:
    """What is wrong with a stage's list of hosts, if anything."""
    if not isinstance(hosts, list) or len(hosts) > MAXIMUM_HOSTS:
        return _("This is a list of at most 20 hosts.")
    if not all(isinstance(host, str) and _HOST.fullmatch(host) for host in hosts):
        return _("A host is written like github.com: in lower case, with nothing else.")
    return None


def _host_of(link: str) -> str | None:
    """The host with whatever stands beside it, in lower case; None where there's none.

    Users and passwords are for nobody: they make ``github.com@evil.example`` of it.
    """
    if _HIDING.search(link):
        return None
    try:
        parts = urlsplit(link)
        named = bool(parts.hostname)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not named or "@" in parts.netloc:
        return None
    return parts.netloc.lower()


def _is_within(host: str, accepted: str) -> bool:
    return bool(_HOST.fullmatch(host)) and f".{host}".endswith(f".{accepted}")
