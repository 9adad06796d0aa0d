"""Competitions: what organisers do with them, and what holds them fast."""

from registrations.workflow.competitions.changes import (
    change_competition,
    create_competition,
    publish_stages,
)
from registrations.workflow.competitions.cloning import (
    LONGEST_SHIFT,
    clone_competition,
    clone_with,
    written_columns,
)
from registrations.workflow.competitions.counts import statistics
from registrations.workflow.competitions.removal import delete_competition
from registrations.workflow.competitions.soundness import LIMITS, soundness_errors

__all__ = [
    "LIMITS",
    "LONGEST_SHIFT",
    "change_competition",
    "clone_competition",
    "clone_with",
    "create_competition",
    "delete_competition",
    "publish_stages",
    "soundness_errors",
    "statistics",
    "written_columns",
]
