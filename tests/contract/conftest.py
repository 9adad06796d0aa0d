"""Fixtures of the contract's tests."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _no_static_files(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """WhiteNoise warns where nobody has run collectstatic; no test needs its files."""
    settings.STATIC_ROOT = tmp_path_factory.getbasetemp()
