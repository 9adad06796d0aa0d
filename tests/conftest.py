"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import User
from tests.api import Api
from tests.factories import make_admin, make_staff, make_user


@pytest.fixture(autouse=True)
def _settings_of_tests(settings: Any) -> Iterator[None]:
    """Cheap password hashes, and request limits that no test counts up to unawares."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.THROTTLE_LIMITS = dict.fromkeys(settings.THROTTLE_LIMITS, "1000000/1m")
    yield
    cache.clear()


@pytest.fixture
def anyone(db: None) -> Api:
    """The API without a token."""
    return Api()


@pytest.fixture
def as_user(db: None) -> type[Api]:
    """``as_user(user)``: the API with that person's token."""
    return Api


@pytest.fixture
def student(db: None) -> User:
    return make_user()


@pytest.fixture
def staff(db: None) -> User:
    return make_staff()


@pytest.fixture
def admin(db: None) -> User:
    return make_admin()
