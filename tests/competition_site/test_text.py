"""Names as search and uniqueness see them."""

from __future__ import annotations

import pytest

from competition_site.db.text import folded


@pytest.mark.parametrize(
    "variant",
    ["Garuda", " garuda ", "GARUDA", "\uff27aruda", "gar\u200buda", "Garuda\u00a0"],
)
def test_variants_of_a_name_are_one(variant: str):
    assert folded(variant) == "garuda"


def test_inner_white_space_is_one_blank():
    assert folded("Tim \t  Satu") == "tim satu"


def test_composed_and_decomposed_letters_are_one():
    assert folded("Cafe\u0301") == folded("Caf\u00e9")


def test_different_names_stay_different():
    assert folded("Garuda 1") != folded("Garuda 2")
