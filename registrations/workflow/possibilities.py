"""What may be done with a registration now, by the rules that would refuse it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from competition_site.rules import RuleViolation
from registrations.models import Competition, Document, Registration
from registrations.workflow import requirements

Verdict = bool | str


def verdict(rule: Callable[[], None]) -> Verdict:
    """True, or the code with which ``rule`` refuses."""
    try:
        rule()
    except RuleViolation as violation:
        return violation.code
    return True


def can(
    registration: Registration,
    competition: Competition,
    documents: Collection[Document],
    *,
    by: User,
    at: datetime,
) -> dict[str, Verdict]:
    """Each verb with true or the code of its refusal, as it would go for ``by`` now."""

    def submit() -> None:
        _require_leader(registration, by)
        requirements.require_submittable(
            registration, competition, documents, by=by, at=at
        )
        requirements.require_submit_seat(competition)

    def invite() -> None:
        _require_leader(registration, by)
        requirements.require_joinable(registration, competition, at)

    return {
        "edit": verdict(lambda: _require_edit(registration, by)),
        "invite": verdict(invite),
        **_can_with_members(registration, competition, by=by, at=at),
        "submit": verdict(submit),
        "approve": verdict(lambda: _require_approve(registration, competition, by)),
    }


def _can_with_members(
    registration: Registration, competition: Competition, *, by: User, at: datetime
) -> dict[str, Verdict]:
    def remove_members() -> None:
        _require_leader(registration, by)
        requirements.require_changeable_roster(registration, competition, at)

    def leave() -> None:
        if not registration.has_member(by):
            raise RuleViolation("permission_denied")
        requirements.require_leavable(registration, competition, by, at)

    def hand_over() -> None:
        _require_leader(registration, by)
        requirements.require_led(registration)

    return {
        "remove_members": verdict(remove_members),
        "leave": verdict(leave),
        "transfer_leadership": verdict(hand_over),
    }


def _require_edit(registration: Registration, by: User) -> None:
    _require_leader(registration, by)
    if registration.status != Registration.Status.DRAFT:
        raise RuleViolation("invalid_transition")


def _require_approve(
    registration: Registration, competition: Competition, by: User
) -> None:
    if not by.is_organiser:
        raise RuleViolation("permission_denied")
    requirements.require_approvable(registration, competition)


def _require_leader(registration: Registration, user: User) -> None:
    if not registration.is_led_by(user):
        raise RuleViolation("permission_denied")


def next_actions(
    registration: Registration, competition: Competition, possible: dict[str, Verdict]
) -> list[dict[str, Any]]:
    """What the caller should do next, and by when."""
    due_at = competition.registration_closes_at
    path = f"/api/v1/registrations/{registration.pk}"
    steps: dict[Verdict, tuple[str, str, str]] = {
        True: (_("Submit the registration."), "POST", f"{path}/submit"),
        "profile_incomplete": (_("Complete your profile."), "PATCH", "/api/v1/me"),
        "team_too_small": (_("Invite more members."), "POST", f"{path}/invitations"),
        "answers_incomplete": (_("Answer the required questions."), "PATCH", path),
        "documents_missing": (
            _("Upload the required documents."),
            "POST",
            f"{path}/documents",
        ),
    }
    step = steps.get(possible["submit"])
    if step is None:
        return []
    message, method, href = step
    code = "submit" if possible["submit"] is True else str(possible["submit"])
    return [
        {
            "code": code,
            "message": message,
            "due_at": due_at,
            "method": method,
            "href": href,
        }
    ]
