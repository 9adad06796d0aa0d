"""What work needs before it may be handed in: asked by the verbs, shown as ``can``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.rules import RuleViolation, Text
from registrations.models import Registration
from registrations.workflow.possibilities import Verdict, verdict
from submissions.models import Stage, Submission
from submissions.workflow.deadlines import lateness, require_before_end


def require_competing(registration: Registration) -> None:
    """Raises RuleViolation: not_competing."""
    if not registration.competing:
        raise RuleViolation("not_competing")


def require_accepted(stage: Stage, fields: Mapping[str, Any]) -> None:
    """Refuse a link or a text where the stage takes none: validation_error."""
    errors: dict[str, list[Text]] = {}
    if fields.get("link_url") and not stage.accepts_link:
        errors["link_url"] = [_("This stage does not accept a link.")]
    if fields.get("summary") and not stage.accepts_text:
        errors["summary"] = [_("This stage does not accept a text.")]
    if errors:
        raise RuleViolation("validation_error", errors=errors)


def require_attempt(submission: Submission, stage: Stage) -> None:
    """Raises RuleViolation: attempts_exhausted."""
    if (
        stage.max_versions is not None
        and submission.version_number >= stage.max_versions
    ):
        raise RuleViolation("attempts_exhausted")


def is_begun(submission: Submission) -> bool:
    """Whether the working copy holds a file or a link."""
    return bool(submission.files_count or submission.link_url)


def require_content(submission: Submission, stage: Stage) -> None:
    """Something of what the stage accepts is there, its files where it takes only
    those. Raises RuleViolation: submission_incomplete.
    """
    given = (
        (stage.accepts_files and submission.files_count)
        or (stage.accepts_link and submission.link_url)
        or (stage.accepts_text and submission.summary)
    )
    if not given:
        raise RuleViolation("submission_incomplete")


def too_many_files(stage: Stage) -> RuleViolation:
    text = _("This stage takes at most %(count)d files.") % {"count": stage.max_files}
    return RuleViolation("validation_error", errors={"file": [text]})


def can(
    submission: Submission,
    registration: Registration,
    stage: Stage,
    *,
    by: User,
    at: datetime,
) -> dict[str, Verdict]:
    """Each verb with true or the code of its refusal, as it would go for ``by`` now."""

    def edit() -> None:
        _require_member(registration, by)
        require_before_end(stage, at)

    def submit() -> None:
        _require_member(registration, by)
        require_competing(registration)
        require_attempt(submission, stage)
        lateness(stage, at, begun=is_begun(submission))
        require_content(submission, stage)

    rules = {"edit": edit, "submit": submit}
    return {verb: verdict(rule) for verb, rule in rules.items()}


def _require_member(registration: Registration, user: User) -> None:
    if not registration.has_member(user):
        raise RuleViolation("permission_denied")
