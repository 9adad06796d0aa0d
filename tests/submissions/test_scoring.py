"""The arithmetic of results, against the page that was worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from submissions.workflow.scoring import (
    Entry,
    Rubric,
    entry_score,
    ranked,
    review_score,
)

RUBRIC = {
    "idea": Rubric(max_score=10, weight=2),
    "prototype": Rubric(max_score=50, weight=3),
    "pitch": Rubric(max_score=20, weight=1),
}


def marks(idea: float, prototype: float, pitch: float | None = None) -> dict:
    given_marks = {"idea": idea, "prototype": prototype}
    return given_marks if pitch is None else {**given_marks, "pitch": pitch}


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)


# docs/results.md
ENTRIES = [
    Entry("Nuri", at(11), [marks(5, 25, 10)]),
    Entry("Rajawali", at(9, 30), [marks(8, 40, 16)]),
    Entry("Garuda", at(10), [marks(8, 40, 15), marks(9, 45, 10)]),
    Entry("Merpati", at(9, 15), [marks(8, 40, 16)]),
    Entry("Elang", at(9), [marks(10, 35), marks(7, 40, 18)]),
    Entry("Kasuari", at(9, 15), [marks(8, 40, 16)]),
]


def test_the_page_worked_by_hand():
    places = [(p.rank, p.key, p.score, p.decided_by) for p in ranked(ENTRIES, RUBRIC)]
    assert places == [
        (1, "Garuda", 81.25, "score"),
        (2, "Elang", 80.1667, "score"),
        (3, "Kasuari", 80.0, "score"),
        (3, "Merpati", 80.0, "tie"),
        (5, "Rajawali", 80.0, "earlier_submission"),
        (6, "Nuri", 50.0, "score"),
    ]


def test_a_criterion_without_marks_weighs_nothing():
    assert review_score(marks(10, 35), RUBRIC) == 82


def test_no_rounding_decides():
    rubric = {"q": Rubric(max_score=3, weight=1)}
    thirds = [{"q": 1.0}, {"q": 1.0}, {"q": 2.0}]
    assert entry_score(thirds, rubric) == Fraction(400, 9)
    close = [
        Entry("later but more", at(10), [{"q": 1.01}]),
        Entry("earlier", at(9), [{"q": 1.0}]),
    ]
    assert ranked(close, rubric)[0].key == "later but more"


@given(
    st.lists(
        st.tuples(st.integers(0, 10), st.integers(0, 50), st.integers(9, 12)),
        min_size=1,
        max_size=12,
    )
)
def test_ranks_are_those_of_standard_competition_ranking(rows: list):
    entries = [
        Entry(f"{n:02}", at(hour), [marks(idea, prototype)])
        for n, (idea, prototype, hour) in enumerate(rows)
    ]
    order = {e.key: (-entry_score(e.reviews, RUBRIC), e.submitted_at) for e in entries}
    for place in ranked(entries, RUBRIC):
        better = sum(key < order[place.key] for key in order.values())
        assert place.rank == better + 1
