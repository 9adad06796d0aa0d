"""The moment's rule: whether a stage takes work at ``t``, and whether it is late."""

from __future__ import annotations

from datetime import datetime

from competition_site.rules import RuleViolation
from submissions.models import Stage


def require_before_end(stage: Stage, at: datetime) -> None:
    """Whether the working copy may change: from the opening until the last end.

    Raises RuleViolation: stage_paused, stage_not_open, stage_closed.
    """
    if stage.paused:
        raise RuleViolation("stage_paused")
    if at < stage.opens_at:
        raise RuleViolation("stage_not_open")
    if at >= stage.ends_at:
        raise RuleViolation("stage_closed")


def lateness(stage: Stage, at: datetime, *, begun: bool) -> bool:
    """False on time, True where late work is taken.

    ``begun``: the draft already holds a file or a link. In the grace only such a
    draft is taken; a late policy of ``flag`` takes any until ``late_until``.
    Raises what :func:`require_before_end` raises.
    """
    require_before_end(stage, at)
    if at < stage.closes_at:
        return False
    in_grace = begun and at < stage.closes_at + stage.grace
    flagged = (
        stage.late_policy == Stage.LatePolicy.FLAG
        and stage.late_until is not None
        and at < stage.late_until
    )
    if in_grace or flagged:
        return True
    raise RuleViolation("stage_closed")
