"""What the caller should do next with a registration, and by when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from registrations.models import Registration
from registrations.workflow.cases import Case
from registrations.workflow.possibilities import Verdict

Status = Registration.Status


def next_actions(case: Case, possible: Mapping[str, Verdict]) -> list[dict[str, Any]]:
    """Steps in their order, each with its code, sentence, end, method and path."""
    steps = [
        *_offer(case, possible),
        *_changes(case, possible),
        *_submission(case, possible),
        *_payment(case, possible),
    ]
    keys = ("code", "message", "due_at", "method", "href")
    return [dict(zip(keys, step, strict=True)) for step in steps]


Step = tuple[str, str, datetime | None, str, str]


def _path(case: Case) -> str:
    return f"/api/v1/registrations/{case.registration.pk}"


def _offer(case: Case, possible: Mapping[str, Verdict]) -> list[Step]:
    end, path = case.registration.offer_expires_at, _path(case)
    if possible["accept_offer"] is True:
        text = _("Accept the place that you are offered.")
        return [("accept_offer", text, end, "POST", f"{path}/offer/accept")]
    if possible["accept_offer"] == "team_too_small":
        text = _("Invite more members.")
        return [("team_too_small", text, end, "POST", f"{path}/invitations")]
    return []


def _changes(case: Case, possible: Mapping[str, Verdict]) -> list[Step]:
    asked = case.registration.status == Status.CHANGES_REQUESTED
    if not asked or possible["edit"] is not True:
        return []
    text = _("Correct the fields that the organisers named.")
    return [("changes_requested", text, None, "PATCH", _path(case))]


def _submission(case: Case, possible: Mapping[str, Verdict]) -> list[Step]:
    path = _path(case)
    steps: dict[Verdict, tuple[str, str, str]] = {
        True: (_("Submit the registration."), "POST", f"{path}/submit"),
        "profile_incomplete": (_("Complete your profile."), "PATCH", "/api/v1/me"),
        "not_eligible": (
            _("Read who may take part: the team does not meet the conditions."),
            "GET",
            f"/api/v1/competitions/{case.registration.competition_slug}",
        ),
        "team_too_small": (_("Invite more members."), "POST", f"{path}/invitations"),
        "answers_incomplete": (_("Answer the required questions."), "PATCH", path),
        "documents_missing": (
            _("Upload the required documents."),
            "POST",
            f"{path}/documents",
        ),
    }
    verdict = possible["submit"]
    if verdict not in steps:
        return []
    message, method, href = steps[verdict]
    drafted = case.registration.status == Status.DRAFT
    due_at = case.competition.registration_closes_at if drafted else None
    code = "submit" if verdict is True else str(verdict)
    return [(code, message, due_at, method, href)]


def _payment(case: Case, possible: Mapping[str, Verdict]) -> list[Step]:
    if possible["pay"] is not True:
        return []
    registration = case.registration
    text = _("Transfer exactly Rp%(amount)d and upload the proof.")
    message = text % {"amount": registration.amount_due}
    due_at = registration.payment_due_at
    return [("pay", message, due_at, "POST", f"{_path(case)}/documents")]
