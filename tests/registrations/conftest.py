"""What a test of the lifecycle leaves behind adds up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from competition_site.upkeep.checks import checks

COUNTERS = ("seats", "quotas", "rosters", "invitations", "documents")


@pytest.fixture
def counted(db: None) -> Iterator[None]:
    """Counters and copies are at the end of the test what the rows say."""
    yield
    found = [f for name in COUNTERS for f in checks()[name]()]
    assert [(f.subject, f.says, f.should) for f in found] == []
