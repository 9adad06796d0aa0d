"""The rule of the moment: whether a stage takes a team's work at ``t``, and if late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from competition_site.clock import told
from competition_site.rules import RuleViolation
from submissions.models import Extension, Stage


@dataclass(frozen=True)
class Window:
    """When one team may hand in work for a stage.

    On time is opens_at ≤ t < closes_at. The grace follows the team's own
    ``closes_at``; ``late_until`` is the stage's, the same for all, and None where late
    work is refused.
    """

    opens_at: datetime
    closes_at: datetime
    grace_ends_at: datetime
    late_until: datetime | None
    paused: bool

    @property
    def ends_at(self) -> datetime:
        """The last end of all: nothing is taken at or after it."""
        return max(self.grace_ends_at, self.late_until or self.closes_at)

    def due_at(self, at: datetime) -> datetime:
        """The next moment that changes something: on time until it, or taken at all."""
        return self.closes_at if at < self.closes_at else self.ends_at


def window_of(stage: Stage, until: datetime | None = None) -> Window:
    """The stage's window, or that of a team whose extension ends at ``until``.

    An extension stands in place of ``closes_at`` where it is later, so that a stage
    that is moved beyond it shortens nobody's time.
    """
    closes_at = max(stage.closes_at, until or stage.closes_at)
    flags = stage.late_policy == Stage.LatePolicy.FLAG
    return Window(
        opens_at=stage.opens_at,
        closes_at=closes_at,
        grace_ends_at=closes_at + stage.grace,
        late_until=stage.late_until if flags else None,
        paused=stage.paused,
    )


def team_window(stage: Stage, registration_id: Any) -> Window:
    """The window of one team, its extension included: one query."""
    held = Extension.objects.filter(stage=stage, registration=registration_id)
    return window_of(stage, held.values_list("until", flat=True).first())


def last_end(stage: Stage) -> datetime:
    """When nobody can hand in any more, the teams with an extension included."""
    longest = Extension.objects.filter(stage=stage).order_by("-until")
    return window_of(stage, longest.values_list("until", flat=True).first()).ends_at


def require_before_end(window: Window, at: datetime) -> None:
    """Whether the working copy may change: from the opening until the last end.

    Raises RuleViolation: stage_paused, stage_not_open, stage_closed.
    """
    if window.paused:
        raise RuleViolation("stage_paused")
    if at < window.opens_at:
        text = _("This stage opens at %(time)s.") % {"time": told(window.opens_at)}
        raise RuleViolation("stage_not_open", text)
    if at >= window.ends_at:
        raise _closed(window)


def lateness(window: Window, at: datetime, *, begun: bool) -> bool:
    """False on time, True where late work is taken.

    ``begun``: the draft already holds a file or a link. In the grace only such a
    draft is taken; a late policy of ``flag`` takes any until ``late_until``.
    Raises what :func:`require_before_end` raises.
    """
    require_before_end(window, at)
    if at < window.closes_at:
        return False
    in_grace = begun and at < window.grace_ends_at
    flagged = window.late_until is not None and at < window.late_until
    if in_grace or flagged:
        return True
    raise _closed(window)


def _closed(window: Window) -> RuleViolation:
    text = _("This stage closed at %(time)s.") % {"time": told(window.closes_at)}
    return RuleViolation("stage_closed", text)
