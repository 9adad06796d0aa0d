"""What other apps do about people, in the transaction of what becomes of them.

Accounts know nothing of teams. An app that has rows of a person names its function for
an event once, in ``AppConfig.ready``; it runs where the event is written, so that both
happen or neither does, and it may raise Conflict or refuse by a RuleViolation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, auto

from accounts.models import Institution, User


class Event(Enum):
    """What may become of people."""

    RENAMED = auto()
    """Their names, or those of their institution, are others now."""
    DEACTIVATED = auto()
    """An admin closed the account; the row says so already."""
    CLOSING = auto()
    """The person closes the account; the row still says who they were."""


Follower = Callable[[Sequence[User], datetime], None]
# Ordered sets: Django calls ready() again where the apps are loaded again.
_followers: dict[Event, dict[Follower, None]] = {event: {} for event in Event}


def follow(event: Event, follower: Follower) -> None:
    """Call ``follower(users, at)`` at every such event."""
    _followers[event][follower] = None


def tell(event: Event, users: Sequence[User], *, at: datetime) -> None:
    """Let everybody do their part, in the order in which they were named."""
    for follower in _followers[event]:
        follower(users, at)


Merged = Callable[[Institution, Institution], None]
_merged: dict[Merged, None] = {}


def follow_merging(follower: Merged) -> None:
    """Call ``follower(source, target)`` where one institution becomes another's name.

    Its people have moved already; ``source`` is deleted right afterwards.
    """
    _merged[follower] = None


def tell_merged(source: Institution, target: Institution) -> None:
    """Let everybody move what they keep of ``source`` to ``target``."""
    for follower in _merged:
        follower(source, target)
