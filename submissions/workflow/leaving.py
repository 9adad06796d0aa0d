"""What becomes of a team's work when the team leaves."""

from __future__ import annotations

from accounts.audit import record
from registrations.models import Registration
from submissions.models import Submission


def end_work(registration: Registration) -> None:
    """End a team's work with its entry: void where it was disqualified, else withdrawn.

    In the transaction in which the team leaves. Its versions and receipts stay as they
    are, and nobody works on it any more.
    """
    disqualified = registration.status == Registration.Status.DISQUALIFIED
    target = Submission.Status.VOID if disqualified else Submission.Status.WITHDRAWN
    work = Submission.objects.filter(registration=registration)
    for submission in work.filter(status__in=Submission.OPEN):
        submission.move_to(target)
        record(None, f"submission.{target}", submission, registration=registration.pk)
