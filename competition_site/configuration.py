"""Reads the environment: database URLs, lifetimes, and what production refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

MINIMUM_KEY_LENGTH = 32
DEVELOPMENT_KEY_PREFIX = "development-only-"
DJONGO_REFUSAL = (
    "djongo is not supported: docs/decisions/0001-mongodb-connector.md says why; "
    "write DATABASE_URL=mongodb://HOST:27017/NAME?replicaSet=rs0 instead."
)

_DURATION = re.compile(r"(\d+)([smhd])")
_DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DEFAULT_MONGODB_NAME = "competition_site"
_MONGODB_TIMEOUTS = {"serverSelectionTimeoutMS": 5000, "connectTimeoutMS": 5000}


def parse_duration(text: str) -> timedelta:
    """Read a lifetime such as ``90s``, ``15m``, ``12h`` or ``7d``."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        msg = f"{text!r} is not a duration: write a number and s, m, h or d, as in 15m."
        raise ImproperlyConfigured(msg)
    return timedelta(**{_DURATION_UNITS[match[2]]: int(match[1])})


def parse_database_url(url: str, *, base_directory: str) -> dict[str, Any]:
    """Turn ``DATABASE_URL`` into one entry of Django's ``DATABASES``.

    ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``mongodb://…`` and
    ``mongodb+srv://…``. A MongoDB URL goes to PyMongo as it is written, several
    hosts included, since URL libraries read only one.
    """
    scheme = url.partition(":")[0].lower()
    if "djongo" in scheme:
        raise ImproperlyConfigured(DJONGO_REFUSAL)
    if scheme == "sqlite":
        return _sqlite(url, base_directory)
    if scheme in {"mongodb", "mongodb+srv"}:
        return _mongodb(url)
    msg = (
        f"DATABASE_URL starts with {scheme!r}: "
        "write sqlite:///…, mongodb://… or mongodb+srv://…."
    )
    raise ImproperlyConfigured(msg)


def _sqlite(url: str, base_directory: str) -> dict[str, Any]:
    path = unquote(url.removeprefix("sqlite://"))
    if not path.startswith("/") or path == "/":
        msg = "DATABASE_URL names no SQLite file: write sqlite:///var/db.sqlite3."
        raise ImproperlyConfigured(msg)
    path = path[1:]
    name = path if path.startswith("/") else f"{base_directory}/{path}"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        # Opening the file and its pragmas takes longer than most requests' queries;
        # each of the server's threads keeps its connection.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 5,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=NORMAL;"
                "PRAGMA foreign_keys=ON;"
            ),
        },
    }


def _mongodb(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        msg = f"DATABASE_URL is not a MongoDB URL: {error}."
        raise ImproperlyConfigured(msg) from error
    given = {name.lower() for name, _ in parse_qsl(parts.query)}
    return {
        "ENGINE": "competition_site.db.mongodb",
        "HOST": url,
        "NAME": unquote(parts.path.strip("/")) or _DEFAULT_MONGODB_NAME,
        # PyMongo lets these win over the URL, so what the URL says is left out.
        "OPTIONS": {
            name: milliseconds
            for name, milliseconds in _MONGODB_TIMEOUTS.items()
            if name.lower() not in given
        },
    }


def default_workers(database_url: str, redis_url: str) -> int:
    """Processes of one server, where WEB_CONCURRENCY doesn't say.

    More than one only where they share the rows (SQLite has one writer) and the counts
    of request limits.
    """
    return 2 if database_url.startswith("mongodb") and redis_url else 1


def caches_of(redis_url: str) -> dict[str, Any]:
    """Django's ``CACHES``: Redis if there is one, and always this process's memory.

    A Redis that doesn't answer within half a second counts as down.
    """
    local = {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "local",
        # Django's 300 would drop a counter as soon as 300 other callers came along.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
    if not redis_url:
        return {"default": local, "local": local}
    if not redis_url.startswith(("redis://", "rediss://", "unix://")):
        msg = "REDIS_URL starts with redis://, rediss:// or unix://."
        raise ImproperlyConfigured(msg)
    shared = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": "competition_site",
        "OPTIONS": {
            "socket_timeout": 0.5,
            "socket_connect_timeout": 0.5,
            # Once more, without a pause, on a connection that had died; never after
            # a time-out.
            "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        },
    }
    return {"default": shared, "local": local}


_LOCAL_STORAGE = "competition_site.files.storage.AtomicFileSystemStorage"
_S3_STORAGE = "competition_site.files.s3.CheckedS3Storage"
_STORAGE_OPTIONS = frozenset({"region", "tls", "addressing"})
_STORAGE_FORM = "STORAGE_URL is s3://KEY:SECRET@HOST/BUCKET, or empty for MEDIA_ROOT."


def storage_of(url: str) -> dict[str, Any]:
    """The entry of Django's ``STORAGES`` where uploads are kept.

    Empty: the local disk. ``s3://KEY:SECRET@HOST[:PORT]/BUCKET`` with ``?region=``,
    ``?tls=false`` (for a server on the same machine) and ``?addressing=virtual``
    (buckets as host names; else as paths). KEY and SECRET are percent-encoded.
    """
    if not url:
        return {"BACKEND": _LOCAL_STORAGE}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(_STORAGE_FORM) from None
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    bucket = parts.path.strip("/")
    complete = parts.username and parts.password and parts.hostname and bucket
    if parts.scheme != "s3" or not complete or "/" in bucket:
        raise ImproperlyConfigured(_STORAGE_FORM)
    if unknown := set(given) - _STORAGE_OPTIONS:
        msg = f"STORAGE_URL knows no {', '.join(sorted(unknown))}."
        raise ImproperlyConfigured(msg)
    scheme = "http" if given.get("tls") == "false" else "https"
    host = parts.hostname if port is None else f"{parts.hostname}:{port}"
    return {
        "BACKEND": _S3_STORAGE,
        "OPTIONS": {
            "access_key": unquote(parts.username or ""),
            "secret_key": unquote(parts.password or ""),
            "endpoint_url": f"{scheme}://{host}",
            "bucket_name": bucket,
            "region_name": given.get("region", "us-east-1"),
            "addressing_style": given.get("addressing", "path"),
        },
    }


def refuse_foreign_engine(engine: str) -> None:
    """Stop where somebody sets the djongo engine by name."""
    if "djongo" in engine:
        raise ImproperlyConfigured(DJONGO_REFUSAL)


def production_refusals(settings: Mapping[str, Any]) -> list[str]:
    """Say, one line each, why these settings must not serve the public."""
    secret, signing = settings["SECRET_KEY"], settings["JWT_SIGNING_KEY"]
    refusals = [
        *_key_refusals("SECRET_KEY", secret),
        *_key_refusals("JWT_SIGNING_KEY", signing),
    ]
    if secret and secret == signing:
        refusals.append("JWT_SIGNING_KEY equals SECRET_KEY: give each its own value.")
    if settings["DEBUG"]:
        refusals.append("DEBUG is on: unset it in production.")
    if not settings["ALLOWED_HOSTS"]:
        refusals.append("ALLOWED_HOSTS is empty: name the API's host.")
    refusals += [
        f"{name} holds a wildcard: name each one exactly."
        for name in ("ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS")
        if _has_wildcard(settings[name])
    ]
    return refusals


def _key_refusals(name: str, key: str) -> Iterable[str]:
    if not key:
        yield f"{name} is missing: set {MINIMUM_KEY_LENGTH} random characters or more."
    elif key.startswith((DEVELOPMENT_KEY_PREFIX, "django-insecure-", "change-me")):
        yield f"{name} is the default of development: set a random one."
    elif len(key) < MINIMUM_KEY_LENGTH:
        yield f"{name} has fewer than {MINIMUM_KEY_LENGTH} characters: set more."


def _has_wildcard(values: Iterable[str]) -> bool:
    return any("*" in value or value.startswith(".") for value in values)
