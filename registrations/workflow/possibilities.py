"""What may be done with a registration now, by the rules that would refuse it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from competition_site.rules import RuleViolation
from registrations.workflow import (
    decisions,
    documents,
    entries,
    leaving,
    proofs,
    requirements,
    submitting,
    waitlist,
)
from registrations.workflow.cases import Case, require_leader, require_member

Rule = Callable[[Case], None]
Verdict = bool | str


def _require_invite(case: Case) -> None:
    require_leader(case)
    requirements.require_joinable(case.registration, case.competition, case.at)


def _require_remove(case: Case) -> None:
    require_leader(case)
    requirements.require_changeable_roster(case.registration, case.competition, case.at)


def _require_leave(case: Case) -> None:
    require_member(case)
    if case.by is not None:
        requirements.require_leavable(
            case.registration, case.competition, case.by, case.at
        )


def _require_hand_over(case: Case) -> None:
    require_leader(case)
    requirements.require_led(case.registration)


RULES: Mapping[str, Rule] = {
    "edit": entries.require_edit,
    "delete": leaving.require_delete,
    "submit": submitting.require_submit,
    "withdraw": leaving.require_withdraw,
    "accept_offer": waitlist.require_accept,
    "decline_offer": waitlist.require_decline,
    "invite": _require_invite,
    "remove_members": _require_remove,
    "leave": _require_leave,
    "transfer_leadership": _require_hand_over,
    "upload_document": documents.require_upload,
    "pay": documents.require_pay,
    "approve": decisions.require_approve,
    "reject": decisions.require_submitted,
    "request_changes": decisions.require_submitted,
    "waitlist": decisions.require_waitlist,
    "reopen": decisions.require_reopen,
    "disqualify": leaving.require_disqualify,
    "verify_payment": proofs.require_verify,
    "refuse_payment": proofs.require_refuse,
    "waive_payment": proofs.require_waive,
}
"""Each verb with the rule that it asks itself before anything else."""


def verdict(rule: Callable[[], None]) -> Verdict:
    """True, or the code with which ``rule`` refuses."""
    try:
        rule()
    except RuleViolation as violation:
        return violation.code
    return True


def can(case: Case) -> dict[str, Verdict]:
    """Each verb with true or the code of its refusal, as it would go now."""
    return {verb: verdict(partial(rule, case)) for verb, rule in RULES.items()}
