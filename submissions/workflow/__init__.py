"""The verbs of submissions: every *when* of stages, work, judging and results."""

from submissions.workflow.extensions import extend
from submissions.workflow.judging import (
    appoint,
    assign,
    declare_conflict,
    decline,
    dismiss,
    save_review,
)
from submissions.workflow.results import compute, release, released, withdraw
from submissions.workflow.rubric import (
    add_criterion,
    change_criterion,
    remove_criterion,
)
from submissions.workflow.stages import change_stage, create_stage, delete_stage
from submissions.workflow.work import (
    add_file,
    create,
    edit,
    hand_in,
    remove_file,
    require_file_taken,
)

__all__ = [
    "add_criterion",
    "add_file",
    "appoint",
    "assign",
    "change_criterion",
    "change_stage",
    "compute",
    "create",
    "create_stage",
    "declare_conflict",
    "decline",
    "delete_stage",
    "dismiss",
    "edit",
    "extend",
    "hand_in",
    "release",
    "released",
    "remove_criterion",
    "remove_file",
    "require_file_taken",
    "save_review",
    "withdraw",
]
