"""What a team must have before it may go on: asked by the verbs, shown as ``can``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Document, Registration

Missing = tuple[str, dict[str, Any] | None]
"""A kind of document, and the member (as in the roster) who lacks it."""


def require_open(competition: Competition, at: datetime) -> None:
    """Raises RuleViolation: registration_not_open."""
    if not competition.takes_registrations(at):
        raise RuleViolation("registration_not_open")


def require_roster_size(registration: Registration, competition: Competition) -> None:
    """Raises RuleViolation: team_too_small, team_full (more than there may be)."""
    if registration.members_count < competition.team_size_min:
        raise RuleViolation(
            "team_too_small",
            _("A team has at least %(minimum)d members.")
            % {"minimum": competition.team_size_min},
        )
    if registration.members_count > competition.team_size_max:
        raise RuleViolation("team_full")


def require_changeable_roster(
    registration: Registration, competition: Competition, at: datetime
) -> None:
    """Raises RuleViolation: invalid_transition, roster_locked."""
    if registration.status not in Registration.ACTIVE:
        raise RuleViolation("invalid_transition")
    if competition.roster_is_locked(at):
        raise RuleViolation("roster_locked")


def require_joinable(
    registration: Registration, competition: Competition, at: datetime
) -> None:
    """Raises RuleViolation: invalid_transition, roster_locked, team_full."""
    require_changeable_roster(registration, competition, at)
    if registration.members_count >= competition.team_size_max:
        raise RuleViolation("team_full")


def require_leavable(
    registration: Registration, competition: Competition, member: User, at: datetime
) -> None:
    """Raises RuleViolation: invalid_transition, roster_locked."""
    require_changeable_roster(registration, competition, at)
    if registration.is_led_by(member):
        text = _("Hand the team over to another member, or withdraw it, first.")
        raise RuleViolation("invalid_transition", text)


def require_led(registration: Registration) -> None:
    """Raises RuleViolation: invalid_transition, where the team has ended."""
    if registration.status not in Registration.LED:
        raise RuleViolation("invalid_transition")


def require_documents(
    registration: Registration,
    competition: Competition,
    documents: Collection[Document],
) -> None:
    """Raises RuleViolation("documents_missing") naming each missing kind."""
    good = [
        d
        for d in counting(registration, documents)
        if d.status != Document.Status.REFUSED
    ]
    missing = missing_documents(registration, competition, good)
    missing += [owed for owed in _owed(registration, documents) if owed not in missing]
    if missing:
        errors: dict[str, list[Text]] = {}
        for kind, member in missing:
            name = member["full_name"] if member else registration.team_name
            errors.setdefault(f"documents.{kind}", []).append(name)
        raise RuleViolation("documents_missing", errors=errors)


def counting(
    registration: Registration, documents: Iterable[Document]
) -> list[Document]:
    """The documents that nobody has asked to replace."""
    replaced = {key for key, _why in registration.documents_to_change}
    return [d for d in documents if str(d.pk) not in replaced]


def _owed(registration: Registration, documents: Iterable[Document]) -> list[Missing]:
    """What staff asked to be handed in anew, and hasn't been since."""
    asked = {key for key, why in registration.documents_to_change if why}
    fresh = [
        d
        for d in counting(registration, documents)
        if d.status != Document.Status.REFUSED
    ]
    roster = {member["id"]: member for member in registration.roster}
    return [
        (old.kind, roster.get(str(old.member_id)))
        for old in documents
        if str(old.pk) in asked
        and (old.member_id is None or str(old.member_id) in roster)
        and not any(_replaces(new, old) for new in fresh)
    ]


def _replaces(new: Document, old: Document) -> bool:
    same = (new.kind, new.member_id) == (old.kind, old.member_id)
    return same and new.pk > old.pk


def documents_are_complete(
    registration: Registration,
    competition: Competition,
    documents: Iterable[Document],
) -> bool:
    """Whether every required document is verified, for every member."""
    verified = [
        d
        for d in counting(registration, documents)
        if d.status == Document.Status.VERIFIED
    ]
    return not missing_documents(registration, competition, verified)


def missing_documents(
    registration: Registration,
    competition: Competition,
    documents: Iterable[Document],
) -> list[Missing]:
    """Required kinds that ``documents`` lack, personal ones per member.

    Who closed their account proves nothing any more, and the team pays no price for it.
    """
    owned = {
        (d.kind, str(d.member_id) if d.kind in Document.PERSONAL else None)
        for d in documents
    }
    missing: list[Missing] = []
    for kind in kinds_to_verify(competition):
        if kind in Document.PERSONAL:
            missing += [
                (kind, m)
                for m in registration.roster
                if (kind, m["id"]) not in owned and "account_closed" not in m
            ]
        elif (kind, None) not in owned:
            missing.append((kind, None))
    return missing


def kinds_to_verify(competition: Competition) -> list[str]:
    """The required kinds; a proof of payment is the payment's own matter."""
    proof = Document.Kind.PAYMENT_PROOF
    return [kind for kind in competition.required_documents if kind != proof]
