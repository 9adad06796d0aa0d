"""A world with a team, its draft, and a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.world import World
from tests.servers import *  # noqa: F403 - the fixture and the hook


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    """Where files are stored, empty at first."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path
