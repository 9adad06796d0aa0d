"""What the environment may say, and what production refuses to start with."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from competition_site.configuration import parse_database_url, parse_duration

SOUND = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "s" * 40,
    "JWT_SIGNING_KEY": "j" * 40,
    "ALLOWED_HOSTS": "api.example.id",
    "CORS_ALLOWED_ORIGINS": "https://example.id",
    "DATABASE_URL": "sqlite:////tmp/never-opened.sqlite3",
}


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py check`` in an environment of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "/dev/null",
        **{name: value for name, value in (SOUND | changes).items() if value},
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_sound_settings():
    assert start().returncode == 0


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"JWT_SIGNING_KEY": ""}, "JWT_SIGNING_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has fewer than 32"),
        ({"JWT_SIGNING_KEY": "j" * 31}, "JWT_SIGNING_KEY has fewer than 32"),
        (
            {"SECRET_KEY": "development-only-django-0123456789"},
            "SECRET_KEY is the default",
        ),
        ({"JWT_SIGNING_KEY": "s" * 40}, "JWT_SIGNING_KEY equals SECRET_KEY"),
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is empty"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS holds a wildcard"),
        ({"ALLOWED_HOSTS": ".example.id"}, "ALLOWED_HOSTS holds a wildcard"),
        ({"CORS_ALLOWED_ORIGINS": "*"}, "CORS_ALLOWED_ORIGINS holds a wildcard"),
        ({"DATABASE_URL": "djongo://localhost/x"}, "0001-mongodb-connector.md"),
        ({"DATABASE_ENGINE": "djongo"}, "mongodb://"),
    ],
)
def test_production_is_refused_with_one_clear_line(changes: dict[str, str], line: str):
    ended = start(**changes)
    assert ended.returncode != 0
    assert line in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_djongo_is_refused_in_development_too():
    ended = start(ENVIRONMENT="development", DATABASE_URL="djongo://localhost/x")
    assert "docs/decisions/0001-mongodb-connector.md" in ended.stderr
    assert ended.returncode != 0


def test_a_relative_sqlite_path_is_relative_to_the_project():
    database = parse_database_url("sqlite:///var/x.db", base_directory="/srv")
    assert database["NAME"] == "/srv/var/x.db"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 5


def test_a_replica_set_of_several_hosts_reaches_pymongo_as_written():
    url = "mongodb://u:p%40@a:27017,b:27017,c:27017/event?replicaSet=rs0"
    database = parse_database_url(url, base_directory="/srv")
    assert database["HOST"] == url
    assert database["NAME"] == "event"


def test_a_mongodb_url_without_a_name_has_a_default():
    database = parse_database_url("mongodb+srv://cluster.x", base_directory="/srv")
    assert database["NAME"] == "competition_site"


@pytest.mark.parametrize("url", ["postgres://x/y", "sqlite://", "sqlite:///", "x"])
def test_other_database_urls_are_refused(url: str):
    with pytest.raises(ImproperlyConfigured):
        parse_database_url(url, base_directory="/srv")


def test_durations():
    assert parse_duration("15m") == timedelta(minutes=15)
    assert parse_duration("1d") == timedelta(days=1)


@pytest.mark.parametrize("text", ["15", "m", "0d", "-1d", "1w", ""])
def test_other_durations_are_refused(text: str):
    with pytest.raises(ImproperlyConfigured):
        parse_duration(text)
