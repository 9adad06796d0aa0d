"""/health: alive is not ready."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage

pytestmark = pytest.mark.django_db


def test_a_sound_instance_is_live_and_ready(client):
    for path in ("/health/live", "/health/ready", "/health/ready/"):
        assert client.get(path).json()["success"] is True


def test_a_storage_that_cannot_write_is_named(client, settings, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    settings.MEDIA_ROOT = blocked
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["data"]["down"] == ["storage"]
    assert response["Retry-After"] == "5"
    assert client.get("/health/live").status_code == 200


def test_the_check_leaves_nothing_behind(client):
    client.get("/health/ready")
    _, files = default_storage.listdir("health")
    assert files == []
