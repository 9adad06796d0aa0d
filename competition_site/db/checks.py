"""Refuses a MongoDB server that has no transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004
from django.db import DEFAULT_DB_ALIAS, connections
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

TIMEOUT_MS = 2000
REFUSAL = (
    "MongoDB runs as a standalone server, which has no transactions: start mongod with "
    "--replSet rs0, run rs.initiate() once, and add ?replicaSet=rs0 to DATABASE_URL."
)
_LEFT_OUT = {
    # The search for a replica set, which a standalone server is not …
    "directconnection",
    "loadbalanced",
    "replicaset",
    # … and the login, which "hello" does not need.
    "authmechanism",
    "authmechanismproperties",
    "authsource",
    "password",
    "port",
    "username",
}


def standalone_mongodb_refusal() -> str | None:
    """Return one line to refuse with, where the server is reachable and standalone."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "mongodb":
        return None
    try:
        return REFUSAL if _is_standalone(connection.get_connection_params()) else None
    except PyMongoError:
        return None


def _is_standalone(parameters: dict[str, Any]) -> bool:
    """Ask one server of the URL directly.

    A client that looks for ``?replicaSet=rs0`` passes over a standalone server as if
    it were not there, and only says that it ran out of time.
    """
    uri = parameters.pop("host") or "mongodb://localhost"
    address = parse_uri(uri if "://" in uri else f"mongodb://{uri}")
    options = {
        name: value
        for name, value in {**address["options"], **parameters}.items()
        if name.lower() not in _LEFT_OUT
    }
    host, port = address["nodelist"][0]
    client: MongoClient[dict[str, Any]] = MongoClient(
        host,
        port,
        **{
            **options,
            "directConnection": True,
            "serverSelectionTimeoutMS": TIMEOUT_MS,
            "connectTimeoutMS": TIMEOUT_MS,
        },
    )
    with client:
        hello = client.admin.command("hello")
    return (
        not {"setName", "serviceId"} & hello.keys() and hello.get("msg") != "isdbgrid"
    )


def check_replica_set(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Make the refusal a system check: an error in production, else a warning."""
    refusal = standalone_mongodb_refusal() if databases else None
    if refusal is None:
        return []
    if settings.PRODUCTION:
        return [Error(refusal, id="competition_site.E101")]
    return [Warning(refusal, id="competition_site.W101")]
