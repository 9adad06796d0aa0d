"""Names of people follow to wherever another app shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from accounts.models import User

Follower = Callable[[Sequence[User]], None]
_followers: list[Follower] = []


def followed_by(follower: Follower) -> None:
    """Name a function that copies the names of people to where its app shows them."""
    _followers.append(follower)


def copy_names(users: Sequence[User]) -> None:
    """Let every copy of these people's names follow, in the current transaction."""
    for follow in _followers:
        follow(users)
