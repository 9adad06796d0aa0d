"""The admin's pages of submissions: every change is a verb of the workflow."""

from submissions.admin.extensions import ExtensionPage
from submissions.admin.judging import (
    AssignmentPage,
    JudgeAppointmentPage,
    JudgeConflictPage,
    ReviewPage,
)
from submissions.admin.results import ResultSnapshotPage
from submissions.admin.stages import CriterionPage, StagePage
from submissions.admin.work import (
    SubmissionFilePage,
    SubmissionPage,
    SubmissionVersionPage,
)

__all__ = [
    "AssignmentPage",
    "CriterionPage",
    "ExtensionPage",
    "JudgeAppointmentPage",
    "JudgeConflictPage",
    "ResultSnapshotPage",
    "ReviewPage",
    "StagePage",
    "SubmissionFilePage",
    "SubmissionPage",
    "SubmissionVersionPage",
]
