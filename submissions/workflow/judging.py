"""Judging: who judges, what they judge, and the marks they give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Institution, User
from accounts.roles import Role
from accounts.workflow import set_role
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Registration
from registrations.workflow.judges import bar_judge, free_judge
from submissions.models import (
    Assignment,
    Criterion,
    JudgeAppointment,
    JudgeConflict,
    Review,
    Stage,
    Submission,
)
from submissions.models.conflicts import judgeable

Status = Assignment.Status


def _takes_part() -> RuleViolation:
    return RuleViolation("conflict_of_interest", _("This person takes part in it."))


@duplicates_refused({("competition_id", "user_id"): _takes_part})
@retry_on_conflict
@transaction.atomic
def appoint(competition: Competition, user: User, *, by: User) -> JudgeAppointment:
    """Let a person judge for a competition; appointing twice changes nothing.

    A participant becomes a judge by it. Raises RuleViolation: conflict_of_interest
    (they take part in it), not_eligible (an organiser, who sees everything anyway).
    """
    held = JudgeAppointment.objects.filter(competition=competition, user=user).first()
    if held is not None:
        return held
    if user.is_organiser or not user.is_active:
        raise RuleViolation("not_eligible")
    bar_judge(competition, user)
    if user.role != Role.JUDGE:
        set_role(user, Role.JUDGE, by=by)
    appointment = JudgeAppointment.objects.create(
        competition=competition, user=user, full_name=user.full_name
    )
    record(by, "judge.appointed", appointment, competition=competition.slug)
    return appointment


@retry_on_conflict
@transaction.atomic
def dismiss(appointment: JudgeAppointment, *, by: User) -> None:
    """End an appointment. Raises RuleViolation: in_use (with assignments to do)."""
    open_work = Assignment.objects.filter(
        judge=appointment.user_id, stage__in=_stages_of(appointment.competition_id)
    ).exclude(status=Status.DECLINED)
    if open_work.exists():
        raise RuleViolation("in_use", _("This judge has assignments here."))
    record(by, "judge.dismissed", appointment, user=appointment.user_id)
    free_judge(appointment.competition_id, appointment.user_id)
    appointment.delete()


def _stages_of(competition_id: Any) -> list[Any]:
    stages = Stage.objects.filter(competition=competition_id)
    return list(stages.values_list("pk", flat=True))


def _assigned_already() -> RuleViolation:
    return RuleViolation("already_exists")


@duplicates_refused({("submission_id", "judge_id"): _assigned_already})
@retry_on_conflict
@transaction.atomic
def assign(
    stage: Stage, submission: Submission, judge: User, *, by: User
) -> Assignment:
    """Give a judge a submission that was handed in.

    Raises RuleViolation: validation_error (no such entry or judge here),
    conflict_of_interest, already_exists, judging_closed.
    """
    _require_in_stage(stage, submission)
    if not _is_appointed(stage, judge):
        raise _refused("judge", _("This person does not judge this competition."))
    registration = Registration.objects.get(pk=submission.registration_id)
    require_no_conflict(judge, registration)
    _hold_judging(stage)
    held = Assignment.objects.filter(submission=submission, judge=judge).first()
    if held is not None:
        return _give_again(held, by)
    assignment = Assignment.objects.create(
        stage=stage,
        stage_name=stage.name,
        submission=submission,
        registration=registration,
        judge=judge,
        judge_name=judge.full_name,
    )
    record(by, "assignment.created", assignment, submission=submission.pk)
    return assignment


def _give_again(held: Assignment, by: User) -> Assignment:
    """A declined assignment may be given once more; any other exists already."""
    if held.status != Status.DECLINED:
        raise RuleViolation("already_exists", id=held.pk)
    held.move_to(Status.ASSIGNED, declined_reason="")
    record(by, "assignment.created", held, submission=held.submission_id)
    return held


def _require_in_stage(stage: Stage, submission: Submission) -> None:
    if submission.stage_id != stage.pk or not submission.version_number:
        raise _refused("submission", _("This was not handed in for this stage."))


def _is_appointed(stage: Stage, judge: User) -> bool:
    return JudgeAppointment.objects.filter(
        competition=stage.competition_id, user=judge
    ).exists()


def _refused(field: str, text: Text) -> RuleViolation:
    return RuleViolation("validation_error", errors={field: [text]})


@retry_on_conflict
@transaction.atomic
def decline(assignment: Assignment, *, reason: str, by: User) -> Assignment:
    """Give an assignment back. Raises RuleViolation: invalid_transition."""
    assignment.move_to(Status.DECLINED, declined_reason=reason)
    record(by, "assignment.declined", assignment, reason=reason)
    return assignment


@retry_on_conflict
@transaction.atomic
def declare_conflict(
    *,
    judge: User,
    reason: str,
    registration: Registration | None = None,
    institution: Institution | None = None,
    user: User | None = None,
) -> JudgeConflict:
    """Declare a conflict; from now on what it touches cannot be read, and open
    assignments that it touches are given back.

    Raises RuleViolation: validation_error (names not exactly one of the three).
    """
    named = [n for n in (registration, institution, user) if n is not None]
    if len(named) != 1:
        text = _("Name a registration, an institution or a user, and one only.")
        raise RuleViolation("validation_error", errors={"non_field_errors": [text]})
    conflict = JudgeConflict.objects.create(
        judge=judge,
        registration=registration,
        institution=institution,
        user=user,
        reason=reason,
    )
    record(judge, "conflict.declared", conflict, about=named[0].pk)
    _give_back_barred(judge, reason)
    return conflict


def _give_back_barred(judge: User, reason: str) -> None:
    open_work = list(
        Assignment.objects.filter(
            judge=judge, status__in=[Status.ASSIGNED, Status.IN_PROGRESS]
        )
    )
    teams = Registration.objects.filter(pk__in={a.registration_id for a in open_work})
    met = judgeable(judge, teams)
    for assignment in open_work:
        if assignment.registration_id not in met:
            decline(assignment, reason=reason, by=judge)


@retry_on_conflict
@transaction.atomic
def save_review(
    assignment: Assignment,
    *,
    by: User,
    at: datetime,
    if_version: int | None = None,
    scores: Mapping[str, float],
    comment: str = "",
    private_note: str = "",
    final: bool = False,
) -> Review:
    """Save marks as a draft, or for good with ``final``.

    Raises RuleViolation: conflict_of_interest, judging_closed, review_final,
    invalid_transition (declined), validation_error (``scores.<id>``), stale_version.
    """
    assignment.refresh_from_db()
    stage = Stage.objects.get(pk=assignment.stage_id)
    submission = Submission.objects.get(pk=assignment.submission_id)
    registration = Registration.objects.get(pk=assignment.registration_id)
    require_no_conflict(by, registration)
    require_judging_open(stage, at)
    review = Review.objects.filter(assignment=assignment).first()
    _require_not_final(review, submission)
    _require_marks(stage, scores, final=final)
    _hold_judging(stage)
    _advance(assignment, Status.FINAL if final else Status.IN_PROGRESS)
    marks = {
        "version_number": submission.version_number,
        "scores": sorted(scores.items()),
        "comment": comment,
        "private_note": private_note,
        "final": final,
        "saved_at": at,
    }
    if review is None:
        review = Review.objects.create(
            assignment=assignment, stage=stage, submission=submission, **marks
        )
    else:
        review.change(if_version=if_version, **marks)
    record(by, "review.final" if final else "review.saved", review)
    return review


def _require_not_final(review: Review | None, submission: Submission) -> None:
    """Final marks stay, unless the team has handed in another version since."""
    marked = review is not None and review.version_number == submission.version_number
    if review is not None and review.final and marked:
        raise RuleViolation("review_final")


def _advance(assignment: Assignment, target: Assignment.Status) -> None:
    """Of two saves at once one is first; the other looks again.

    Raises RuleViolation: invalid_transition (declined).
    """
    if assignment.status == Status.DECLINED:
        raise RuleViolation("invalid_transition")
    unchanged = {"version": assignment.version}
    if not assignment.change_where(unchanged, status=target):
        raise Conflict


def require_no_conflict(judge: User, registration: Registration) -> None:
    """Raises RuleViolation: conflict_of_interest."""
    if registration.pk not in judgeable(judge, [registration]):
        raise RuleViolation("conflict_of_interest")


def require_judging_open(stage: Stage, at: datetime) -> None:
    """Raises RuleViolation: judging_closed (not open yet, closed, or computed)."""
    opens, closes = stage.judging_opens_at, stage.judging_closes_at
    if stage.judging_locked or (opens and at < opens) or (closes and at >= closes):
        raise RuleViolation("judging_closed")


def _hold_judging(stage: Stage) -> None:
    """Write the stage's row, so that computing and judging never pass each other.

    Whoever computes locks the row's judging; whoever judges must still find it open.
    Raises RuleViolation: judging_closed.
    """
    held = Stage.objects.filter(pk=stage.pk, judging_locked=False)
    if not held.update(judging_acts=F("judging_acts") + 1):
        raise RuleViolation("judging_closed")


def _require_marks(stage: Stage, scores: Mapping[str, float], *, final: bool) -> None:
    rubric = {str(c.pk): c for c in Criterion.objects.filter(stage=stage)}
    errors: dict[str, list[Text]] = {}
    for key, marks in scores.items():
        if error := _marks_error(rubric.get(key), marks):
            errors[f"scores.{key}"] = [error]
    if final:
        missing = [k for k, c in rubric.items() if c.required and k not in scores]
        errors |= {f"scores.{key}": [_("Marks are required here.")] for key in missing}
        if not scores:
            errors.setdefault("scores", [_("A final review has marks.")])
    if errors:
        raise RuleViolation("validation_error", errors=errors)


def _marks_error(criterion: Criterion | None, marks: float) -> Text | None:
    if criterion is None:
        return _("There is no such criterion.")
    if not 0 <= marks <= criterion.max_score:
        return _("Give a score from 0 to %(most)d.") % {"most": criterion.max_score}
    return None
