"""What a team must have before it may go on: asked by the verbs, shown as ``can``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.workflow import require_complete_profile
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Document, Registration
from registrations.questions import require_complete
from registrations.workflow import seats

Seat = Competition.SeatPolicy


def require_open(competition: Competition, at: datetime) -> None:
    """Raises RuleViolation: registration_not_open."""
    if not competition.takes_registrations(at):
        raise RuleViolation("registration_not_open")


def require_submittable(
    registration: Registration,
    competition: Competition,
    documents: Collection[Document],
    *,
    by: User,
    at: datetime,
) -> None:
    """Everything but the seat that a draft needs to be submitted.

    Raises RuleViolation: invalid_transition, registration_not_open,
    profile_incomplete, team_too_small, answers_incomplete, documents_missing.
    """
    if not registration.can_move_to(Registration.Status.SUBMITTED):
        raise RuleViolation("invalid_transition")
    require_open(competition, at)
    require_complete_profile(by)
    require_roster_size(registration, competition)
    require_complete(competition.questions, registration.answers_by_key)
    require_documents(registration, competition, documents)


def require_submit_seat(competition: Competition) -> None:
    """Raises RuleViolation: competition_full, where submitting takes a seat."""
    if competition.seat_policy == Seat.ON_SUBMIT:
        seats.require_free(competition)


def require_approvable(registration: Registration, competition: Competition) -> None:
    """Raises RuleViolation: invalid_transition, team_too_small, competition_full."""
    if not registration.can_move_to(Registration.Status.APPROVED):
        raise RuleViolation("invalid_transition")
    require_roster_size(registration, competition)
    if not registration.seat_taken:
        seats.require_free(competition)


def require_roster_size(registration: Registration, competition: Competition) -> None:
    """Raises RuleViolation: team_too_small."""
    if registration.members_count < competition.team_size_min:
        raise RuleViolation(
            "team_too_small",
            _("A team has at least %(minimum)d members.")
            % {"minimum": competition.team_size_min},
        )


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
    documents: Iterable[Document],
) -> None:
    """Raises RuleViolation("documents_missing") naming each missing kind."""
    good = [d for d in documents if d.status != Document.Status.REFUSED]
    missing = missing_documents(registration, competition, good)
    if missing:
        errors: dict[str, list[Text]] = {}
        for kind, member in missing:
            name = member["full_name"] if member else registration.team_name
            errors.setdefault(f"documents.{kind}", []).append(name)
        raise RuleViolation("documents_missing", errors=errors)


def documents_are_complete(
    registration: Registration,
    competition: Competition,
    documents: Iterable[Document],
) -> bool:
    """Whether every required document is verified, for every member."""
    verified = [d for d in documents if d.status == Document.Status.VERIFIED]
    return not missing_documents(registration, competition, verified)


def missing_documents(
    registration: Registration,
    competition: Competition,
    documents: Iterable[Document],
) -> list[tuple[str, dict[str, Any] | None]]:
    """Required kinds that ``documents`` lack, personal ones per member."""
    owned = {
        (d.kind, str(d.member_id) if d.kind in Document.PERSONAL else None)
        for d in documents
    }
    missing: list[tuple[str, dict[str, Any] | None]] = []
    for kind in competition.required_documents:
        if kind in Document.PERSONAL:
            missing += [
                (kind, m) for m in registration.roster if (kind, m["id"]) not in owned
            ]
        elif (kind, None) not in owned:
            missing.append((kind, None))
    return missing
