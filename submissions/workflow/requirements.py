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
from submissions.workflow.deadlines import Window, lateness, require_before_end
from submissions.workflow.links import link_error


def require_competing(registration: Registration) -> None:
    """Raises RuleViolation: not_competing."""
    if not registration.competing:
        raise RuleViolation("not_competing")


def require_accepted(stage: Stage, fields: Mapping[str, Any]) -> None:
    """Refuse a link or a text where the stage takes none, and a link to another host
    than the stage's: validation_error.
    """
    errors: dict[str, list[Text]] = {}
    if error := _refused_link(stage, fields.get("link_url")):
        errors["link_url"] = [error]
    if fields.get("summary") and not stage.accepts_text:
        errors["summary"] = [_("This stage does not accept a text.")]
    if errors:
        raise RuleViolation("validation_error", errors=errors)


def _refused_link(stage: Stage, link: str | None) -> Text | None:
    if not link:
        return None
    if not stage.accepts_link:
        return _("This stage does not accept a link.")
    return link_error(link, stage.link_hosts)


def require_open(submission: Submission) -> None:
    """Raises RuleViolation: invalid_transition (withdrawn, or void)."""
    if submission.status not in Submission.OPEN:
        raise RuleViolation("invalid_transition")


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
    those, and its link leads where the stage says now.

    Raises RuleViolation: submission_incomplete.
    """
    if stage.accepts_link and (error := _refused_link(stage, submission.link_url)):
        raise RuleViolation("submission_incomplete", errors={"link_url": [error]})
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


def too_many_bytes() -> RuleViolation:
    text = _("The files of this submission are too large in all.")
    return RuleViolation("validation_error", errors={"file": [text]})


def can(
    submission: Submission,
    registration: Registration,
    stage: Stage,
    window: Window,
    *,
    by: User,
    at: datetime,
) -> dict[str, Verdict]:
    """Each verb with true or the code of its refusal, as it would go for ``by`` now."""

    def edit() -> None:
        _require_member(registration, by)
        require_open(submission)
        require_before_end(window, at)

    def submit() -> None:
        _require_member(registration, by)
        require_competing(registration)
        require_open(submission)
        require_attempt(submission, stage)
        lateness(window, at, begun=is_begun(submission))
        require_content(submission, stage)

    rules = {"edit": edit, "submit": submit}
    return {verb: verdict(rule) for verb, rule in rules.items()}


def _require_member(registration: Registration, user: User) -> None:
    left = registration.status not in Registration.HOLDING  # nobody is a member of it
    if left or not registration.has_member(user):
        raise RuleViolation("permission_denied")
