"""The rows of submissions."""

from submissions.models.assignment import Assignment, Review
from submissions.models.extension import Extension
from submissions.models.judging import Criterion, JudgeAppointment, JudgeConflict
from submissions.models.result import ResultSnapshot
from submissions.models.stage import Stage
from submissions.models.submission import (
    Submission,
    SubmissionFile,
    SubmissionVersion,
)

__all__ = [
    "Assignment",
    "Criterion",
    "Extension",
    "JudgeAppointment",
    "JudgeConflict",
    "ResultSnapshot",
    "Review",
    "Stage",
    "Submission",
    "SubmissionFile",
    "SubmissionVersion",
]
