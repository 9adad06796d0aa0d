"""The rows of submissions."""

from submissions.models.stage import Stage
from submissions.models.submission import (
    Submission,
    SubmissionFile,
    SubmissionVersion,
)

__all__ = ["Stage", "Submission", "SubmissionFile", "SubmissionVersion"]
