"""Scores and ranks: the arithmetic of a result, exact, and nothing but that.

A review's score is the weighted mean of its marks, each as a share of the criterion's
most marks, times 100. An entry's score is the plain mean over its final reviews. Order:
the higher score, then the earlier final version; exact ties share a rank, and the next
rank is skipped. Fractions are kept until the end, so that no rounding decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

DIGITS = 4


@dataclass(frozen=True)
class Rubric:
    """A criterion as the arithmetic sees it."""

    max_score: int
    weight: int


@dataclass(frozen=True)
class Entry:
    """What is ranked: the marks of each final review, and the deciding moment."""

    key: str
    submitted_at: datetime
    reviews: Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Ranked:
    """An entry's place, and by what it was decided against the one before it."""

    key: str
    rank: int
    score: float
    decided_by: str


def ranked(entries: Iterable[Entry], rubric: Mapping[str, Rubric]) -> list[Ranked]:
    """Order entries. Every entry has at least one review."""
    scored = [(entry_score(entry.reviews, rubric), entry) for entry in entries]
    scored.sort(key=lambda pair: (-pair[0], pair[1].submitted_at, pair[1].key))
    places: list[Ranked] = []
    for position, (score, entry) in enumerate(scored, start=1):
        before = scored[position - 2] if position > 1 else None
        decided_by = _decided_by(before, (score, entry))
        tied = decided_by == "tie" and places
        rank = places[-1].rank if tied else position
        places.append(Ranked(entry.key, rank, round(float(score), DIGITS), decided_by))
    return places


def _decided_by(
    before: tuple[Fraction, Entry] | None, this: tuple[Fraction, Entry]
) -> str:
    if before is None or before[0] != this[0]:
        return "score"
    if before[1].submitted_at != this[1].submitted_at:
        return "earlier_submission"
    return "tie"


def entry_score(
    reviews: Sequence[Mapping[str, float]], rubric: Mapping[str, Rubric]
) -> Fraction:
    """The mean of the reviews' scores, 0 to 100."""
    total = sum((review_score(marks, rubric) for marks in reviews), Fraction(0))
    return total / len(reviews)


def review_score(marks: Mapping[str, float], rubric: Mapping[str, Rubric]) -> Fraction:
    """The weighted mean of the marks that were given, 0 to 100.

    A criterion without marks (only an optional one can be) weighs nothing.
    """
    given = {key: line for key, line in rubric.items() if key in marks}
    weights = sum(line.weight for line in given.values())
    if not weights:
        return Fraction(0)
    weighted = sum(
        (
            line.weight * Fraction(str(marks[key])) / line.max_score
            for key, line in given.items()
        ),
        Fraction(0),
    )
    return 100 * weighted / weights
