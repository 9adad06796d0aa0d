"""What the environment may say, and what production refuses to start with."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from competition_site.configuration import (
    caches_of,
    default_workers,
    parse_database_url,
    parse_duration,
)

SOUND = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "s" * 40,
    "JWT_SIGNING_KEY": "j" * 40,
    "ALLOWED_HOSTS": "api.example.id",
    "CORS_ALLOWED_ORIGINS": "https://example.id",
    "DATABASE_URL": "sqlite:////tmp/never-opened.sqlite3",
}


def start(*options: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py check`` in an environment of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "/dev/null",
        **{name: value for name, value in (SOUND | changes).items() if value},
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", *options],
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
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL starts with redis://"),
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


# --- processes and what they share ---------------------------------------------------
MONGODB = "mongodb://localhost/event?replicaSet=rs0"
SQLITE = "sqlite:////tmp/never-opened.sqlite3"
REDIS = "redis://localhost:6379/0"


@pytest.mark.parametrize(
    ("database_url", "redis_url", "workers"),
    [(MONGODB, REDIS, 2), (MONGODB, "", 1), (SQLITE, REDIS, 1), (SQLITE, "", 1)],
)
def test_several_processes_by_default_only_where_they_share_everything(
    database_url: str, redis_url: str, workers: int
):
    assert default_workers(database_url, redis_url) == workers


@pytest.mark.parametrize(
    ("environment", "workers"),
    [
        ({"DATABASE_URL": MONGODB}, 1),
        ({"DATABASE_URL": MONGODB, "REDIS_URL": REDIS}, 2),
        ({"DATABASE_URL": MONGODB, "WEB_CONCURRENCY": "3"}, 3),
        ({"WEB_CONCURRENCY": ""}, 1),
    ],
)
def test_gunicorn_and_the_settings_agree_on_the_processes(
    environment: dict[str, str], workers: int
):
    printing = (
        "from django.conf import settings; from competition_site import gunicorn;"
        "print(gunicorn.workers, settings.WORKERS)"
    )
    variables = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "competition_site.settings",
        **SOUND,
        **environment,
    }
    printed = subprocess.check_output(
        [sys.executable, "-c", printing], env=variables, text=True
    )
    assert printed.split() == [str(workers)] * 2


def test_processes_that_count_alone_are_warned_of_before_deployment():
    deploy = ("--deploy", "--fail-level", "WARNING")
    alone = start(*deploy, WEB_CONCURRENCY="4", TRUSTED_PROXIES="1")
    assert "competition_site.W201" in alone.stderr
    assert "WEB_CONCURRENCY is 4 without REDIS_URL" in alone.stderr
    for shared in ({"WEB_CONCURRENCY": "4", "REDIS_URL": REDIS}, {}):
        together = start(*deploy, TRUSTED_PROXIES="1", **shared)
        assert "competition_site.W201" not in together.stderr


def test_redis_has_half_a_second_and_the_memory_room_for_every_caller():
    caches = caches_of(REDIS)
    options = caches["default"]["OPTIONS"]
    assert options["socket_timeout"] == options["socket_connect_timeout"] == 0.5
    assert caches["local"]["OPTIONS"]["MAX_ENTRIES"] == 100_000
    assert caches_of("")["default"] == caches["local"]
