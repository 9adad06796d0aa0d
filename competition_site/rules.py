"""Refusals: the stable codes of the API, their status and their sentence.

A rule is refused by raising :class:`RuleViolation` wherever it is checked; the API,
the admin and the commands each show it in their own way. The codes come from the API
contract (``docs/api.md``) and never change with language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

CODES: Mapping[str, tuple[int, Text]] = {
    "validation_error": (400, _("Please correct the fields listed.")),
    "malformed_json": (400, _("The body is not valid JSON.")),
    "link_invalid": (400, _("This link is not valid, or it was used already.")),
    "link_expired": (400, _("This link has expired.")),
    "not_authenticated": (401, _("Please log in.")),
    "invalid_credentials": (401, _("E-mail or password is wrong.")),
    "token_invalid": (401, _("This token is not valid.")),
    "token_expired": (401, _("This token has expired.")),
    "token_revoked": (401, _("This session has ended; please log in again.")),
    "account_inactive": (401, _("This account is closed.")),
    "permission_denied": (403, _("You are not allowed to do this.")),
    "origin_not_allowed": (403, _("Requests from this site are not accepted.")),
    "email_not_verified": (403, _("Please confirm your e-mail address first.")),
    "profile_incomplete": (403, _("Please complete your profile first.")),
    "not_found": (404, _("This was not found.")),
    "method_not_allowed": (405, _("This cannot be done here.")),
    "not_acceptable": (406, _("Only JSON is available.")),
    "email_taken": (409, _("An account with this e-mail address already exists.")),
    "already_exists": (409, _("This already exists.")),
    "in_use": (409, _("Other records depend on this.")),
    "invalid_transition": (409, _("This is not possible in the current state.")),
    "registration_not_open": (409, _("Registration is not open.")),
    "competition_full": (409, _("All places of this competition are taken.")),
    "institution_quota_full": (
        409,
        _("All places of your institution are taken."),
    ),
    "not_eligible": (409, _("This is not open to you.")),
    "already_registered": (409, _("You are in a team of this competition already.")),
    "team_name_taken": (409, _("Another team has this name.")),
    "team_full": (409, _("The team is full.")),
    "team_too_small": (409, _("The team has too few members.")),
    "roster_locked": (409, _("The team can no longer be changed.")),
    "answers_incomplete": (409, _("Required questions are not answered.")),
    "documents_missing": (409, _("Required documents are missing.")),
    "invitation_not_pending": (409, _("This invitation is no longer open.")),
    "offer_expired": (409, _("This offer has expired.")),
    "payment_expired": (409, _("The time to pay is over.")),
    "stage_not_open": (409, _("This stage is not open yet.")),
    "stage_closed": (409, _("This stage is closed.")),
    "stage_paused": (409, _("This stage is paused; please wait for news.")),
    "not_competing": (409, _("This team is not (yet) in the competition.")),
    "submission_incomplete": (409, _("The submission is incomplete for this stage.")),
    "attempts_exhausted": (409, _("You cannot hand in another version.")),
    "last_admin": (409, _("The last admin stays.")),
    "own_role": (409, _("Your own role and account are changed by another admin.")),
    "conflict_of_interest": (409, _("There is a conflict of interest.")),
    "judging_closed": (409, _("Judging is not open.")),
    "review_final": (409, _("This review is final.")),
    "results_not_ready": (409, _("The results are not ready.")),
    "request_in_progress": (409, _("The same request is still running.")),
    "stale_version": (412, _("This was changed in the meantime; please reload.")),
    "payload_too_large": (413, _("This is too large.")),
    "unsupported_media_type": (415, _("This content type is not accepted.")),
    "idempotency_key_reused": (422, _("This key was used for another request.")),
    "throttled": (429, _("Too many requests; please wait a moment.")),
    "server_error": (500, _("Something went wrong on our side.")),
    "service_unavailable": (503, _("The service is busy; please try again.")),
}


class RuleViolation(Exception):  # noqa: N818 - the house's word for a rule that says no
    """A request that was understood and refused.

    ``code`` is one of :data:`CODES`; ``errors`` maps a field (dotted where nested) to
    its texts; ``details`` are further keys of the answer's ``data``, such as the
    ``id`` of what exists already.
    """

    def __init__(
        self,
        code: str,
        message: Text | None = None,
        *,
        errors: Mapping[str, list[Text]] | None = None,
        retry_after: int | None = None,
        **details: Any,
    ) -> None:
        self.code = code
        self.status, standard = CODES[code]
        self.message = message or standard
        self.errors = dict(errors or {})
        self.retry_after = retry_after
        self.details = details
        super().__init__(code)

    def __str__(self) -> str:
        return str(self.message)
