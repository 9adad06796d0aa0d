"""The benchmark's cases as a Django project writes them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import F

from accounts.models import AuditEvent
from bench.engine_part import Part
from competition_site.outbox.models import OutboxMessage
from registrations.models import Competition, Registration

PAGE = 20


def cases(rows: int) -> dict[str, Callable[[], object]]:  # noqa: C901 - a list
    registrations = Registration.objects.order_by("-id")
    keys = list(registrations.values_list("pk", flat=True))
    competitions = list(Competition.objects.values_list("pk", flat=True))

    def page_behind(place: int) -> Callable[[], object]:
        return lambda: list(registrations.filter(id__lt=keys[place])[:PAGE])

    def get() -> object:
        return Registration.objects.get(pk=random.choice(keys))

    def update() -> object:
        return Competition.objects.filter(
            pk=random.choice(competitions), seats_taken__lt=1_000_000
        ).update(seats_taken=F("seats_taken") + 1)

    def insert() -> object:
        return AuditEvent.objects.create(
            action="bench", object_type="bench", object_id=uuid4()
        )

    def four_writes() -> None:
        with transaction.atomic():
            insert()
            OutboxMessage.objects.create(kind="bench", recipient="", subject="")
            update()
            row = Registration.objects.filter(pk=random.choice(keys))
            row.update(version=F("version") + 1)

    def of_a_competition() -> object:
        return registrations.filter(competition_id=random.choice(competitions))

    joined = registrations.select_related("competition", "leader")
    told: dict[str, Callable[[], object]] = {
        "get": get,
        "newest": lambda: list(registrations[:PAGE]),
        "newest_joined": lambda: list(joined[:PAGE]),
        "competition": lambda: list(of_a_competition()[:PAGE]),  # type: ignore[index]
        "keyset_first": page_behind(0),
        "keyset_middle": page_behind(rows // 2),
        "keyset_deep": page_behind(rows - min(1000, rows // 2)),
        "count": Registration.objects.count,
        "count_competition": lambda: of_a_competition().count(),  # type: ignore[attr-defined]
        "insert": insert,
        "update": update,
        "transaction": four_writes,
    }
    if connection.settings_dict["ENGINE"] == "competition_site.db.mongodb":
        told["model"] = _without_the_server(keys[0])
        told["driver"] = Part(_time_of_the_driver(get))
        told["newest_joined_lists"] = told["newest_joined"]
    return told


class Canned:
    """A collection that answers with the same document at once."""

    def __init__(self, document: dict[str, object]) -> None:
        self.document = document

    def find(self, *_arguments: object, **_options: object) -> object:
        return iter([dict(self.document)])


def _without_the_server(key: object) -> Callable[[], object]:
    """``get`` as it is, but for the driver and the server."""
    table = Registration._meta.db_table
    document = connection.database[table].find_one({"_id": key.hex})  # type: ignore[attr-defined]
    canned = Canned(document)

    def get() -> object:
        connection.get_collection = lambda _: canned  # type: ignore[attr-defined]
        try:
            return Registration.objects.get(pk=key)
        finally:
            del connection.get_collection  # type: ignore[attr-defined]

    return get


class Timed:
    """A collection that knows how long its last find took, rows and all."""

    def __init__(self, collection: Any) -> None:
        self.collection = collection
        self.seconds = 0.0

    def find(self, *arguments: object, **options: object) -> object:
        started = time.perf_counter()
        documents = list(self.collection.find(*arguments, **options))
        self.seconds = time.perf_counter() - started
        return iter(documents)


def _time_of_the_driver(get: Callable[[], object]) -> Callable[[], float]:
    """What remains of ``get`` without Django and the model, timed inside of it."""
    plain: Any = connection.get_collection  # type: ignore[attr-defined]

    def part() -> float:
        timed = Timed(plain(Registration._meta.db_table))
        connection.get_collection = lambda _: timed  # type: ignore[attr-defined]
        try:
            get()
        finally:
            del connection.get_collection  # type: ignore[attr-defined]
        return timed.seconds

    return part
