"""The product without its guards, for the controls: here every race can be lost.

``REMOVED_GUARDS`` names what is taken out: ``updates`` makes each conditional update a
check and then an act, and opens no transaction; ``keys`` ignores Idempotency-Key.
"""

from __future__ import annotations

import os

from competition_site.wsgi import application
from tests.races.guards import UPDATES

__all__ = ["application"]


def _remove_updates() -> None:
    for owner, name, unguarded in UPDATES:
        setattr(owner, name, unguarded)


def _remove_keys() -> None:
    from competition_site.api.views import StrictRequests

    StrictRequests._is_keyed = lambda *_: False


for guard in os.environ["REMOVED_GUARDS"].split(","):
    {"updates": _remove_updates, "keys": _remove_keys}[guard]()
