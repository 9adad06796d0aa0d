"""What both the worker, which is ``__main__``, and the cases import."""

from __future__ import annotations

from collections.abc import Callable


class Part:
    """A case of which only a part is timed, by itself."""

    def __init__(self, call: Callable[[], float]) -> None:
        self.call = call

    def __call__(self) -> float:
        return self.call()
