"""Which fields of a competition contradict each other: for the API and the admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from competition_site.db.text import folded
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Document
from registrations.questions import MAXIMUM_QUESTIONS, completed, question_error
from registrations.workflow import eligibility

Errors = Iterator[tuple[str, Text]]

LIMITS = {
    "team_size_min": (1, 50),
    "team_size_max": (1, 50),
    "capacity": (1, 1_000_000),
    "institution_quota": (1, 1_000_000),
    "offer_hours": (1, 30 * 24),
    "payment_due_hours": (1, 90 * 24),
    "fee": (0, 1_000_000_000),
}
"""The least and the most of each number."""

_WITHIN = ("roster_locks_at", "waitlist_closes_at", "withdrawal_closes_at")
"""Moments that mean something from the first registration to the end only."""


def require_sound(competition: Competition) -> None:
    """Raises RuleViolation("validation_error") where fields contradict each other.

    What is derived from them is filled in: the title's key, whole questions, the whole
    eligibility.
    """
    competition.title_key = folded(competition.title)
    if errors := soundness_errors(competition):
        raise RuleViolation("validation_error", errors=errors)
    competition.questions = [completed(q) for q in competition.questions]
    competition.eligibility = eligibility.completed(competition.eligibility)


def soundness_errors(competition: Competition) -> dict[str, list[Text]]:
    """Each field at fault, and why."""
    errors: dict[str, list[Text]] = {}
    for rule in (_order, _windows, _numbers, _contents):
        for field, text in rule(competition):
            errors.setdefault(field, []).append(text)
    return errors


def _order(competition: Competition) -> Errors:
    closes, ends = competition.registration_closes_at, competition.ends_at
    if closes <= competition.registration_opens_at:
        yield "registration_closes_at", _("It closes before it opens.")
    if ends <= competition.starts_at:
        yield "ends_at", _("It ends before it starts.")
    elif ends < closes:
        yield "ends_at", _("It ends before registration closes.")
    if competition.team_size_max < competition.team_size_min:
        yield "team_size_max", _("This is less than the smallest team.")


def _windows(competition: Competition) -> Errors:
    for field in _WITHIN:
        moment = getattr(competition, field)
        if moment is None:
            continue
        if moment <= competition.registration_opens_at:
            yield field, _("This is before registration opens.")
        elif moment > competition.ends_at:
            yield field, _("This is after the competition ends.")


def _numbers(competition: Competition) -> Errors:
    for field, (least, most) in LIMITS.items():
        number = getattr(competition, field)
        if number is not None and not least <= number <= most:
            text = _("This is a number from %(least)d to %(most)d.")
            yield field, text % {"least": least, "most": most}


def _contents(competition: Competition) -> Errors:
    if not _are_kinds(competition.required_documents):
        yield "required_documents", _("This is a list of document kinds.")
    if error := _questions_error(competition.questions):
        yield "questions", error
    yield from eligibility.shape_errors(competition.eligibility)


def _questions_error(questions: Any) -> Text | None:
    if not isinstance(questions, list) or len(questions) > MAXIMUM_QUESTIONS:
        return _("This is a list of at most 50 questions.")
    for question in questions:
        if error := question_error(question):
            return error
    keys = [question["key"] for question in questions]
    return (
        None if len(set(keys)) == len(keys) else _("Two questions have the same key.")
    )


def _are_kinds(kinds: Any) -> bool:
    return (
        isinstance(kinds, list)
        and all(isinstance(k, str) and k in Document.Kind.values for k in kinds)
        and len(set(kinds)) == len(kinds)
    )
