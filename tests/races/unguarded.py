"""The product without its guards, for the controls: here every race can be lost.

``REMOVED_GUARDS`` names what is taken out: ``updates`` makes each conditional update a
check and then an act, and opens no transaction; ``keys`` ignores Idempotency-Key;
``deadline`` takes whatever comes as on time; ``clock`` stamps requests a while after
they came, as who asks for the time when the work is done.
"""

from __future__ import annotations

import os
from datetime import timedelta

from competition_site.wsgi import application
from tests.races.guards import UPDATES

__all__ = ["application"]


def _remove_updates() -> None:
    for owner, name, unguarded in UPDATES:
        setattr(owner, name, unguarded)


def _remove_keys() -> None:
    from competition_site.api.views import StrictRequests

    StrictRequests._is_keyed = lambda *_: False


def _remove_deadline() -> None:
    from submissions.workflow import work

    work.require_before_end = lambda *_args, **_fields: None
    work.lateness = lambda *_args, **_fields: False


def _remove_clock() -> None:
    from competition_site.api import middleware

    asked, late = middleware.now, timedelta(milliseconds=200)
    middleware.now = lambda: asked() + late


for guard in os.environ["REMOVED_GUARDS"].split(","):
    {
        "updates": _remove_updates,
        "keys": _remove_keys,
        "deadline": _remove_deadline,
        "clock": _remove_clock,
    }[guard]()
