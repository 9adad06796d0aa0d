"""Requests at the edge of HTTP: what Django would misread is refused."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_a_chunked_body_is_refused_instead_of_read_as_empty(client):
    response = client.generic(
        "POST",
        "/api/v1/auth/login",
        b'{"email": "a@mail.example", "password": "x"}',
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        CONTENT_LENGTH="",
    )
    assert response.status_code == 400
    assert "Content-Length" in response.json()["message"]


def test_a_path_with_a_line_break_is_another_path(client):
    assert client.get("/api/v1/competitions").status_code == 200
    assert client.get("/api/v1/competitions%0A").status_code == 404
