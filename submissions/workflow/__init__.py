"""The verbs of submissions: every *when* of stages, work and receipts."""

from submissions.workflow.stages import change_stage, create_stage
from submissions.workflow.work import add_file, create, edit, hand_in, remove_file

__all__ = [
    "add_file",
    "change_stage",
    "create",
    "create_stage",
    "edit",
    "hand_in",
    "remove_file",
]
