"""The same cases by PyMongo alone, on the rows of our engine: documents, no models."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from uuid6 import uuid7

from competition_site.clock import now

PAGE = 20


def cases(rows: int) -> dict[str, Callable[[], object]]:  # noqa: C901 - a list
    client: MongoClient[dict[str, Any]] = MongoClient(os.environ["DATABASE_URL"])
    database = client.get_default_database()
    registrations = database["registrations_registration"]
    table = database["registrations_competition"]
    keys = [row["_id"] for row in registrations.find({}, {"_id": 1}).sort("_id", -1)]
    competitions = [row["_id"] for row in table.find({}, {"_id": 1})]

    both: list[dict[str, Any]] = [{"$sort": {"_id": -1}}, {"$limit": PAGE}]
    both += _lookup("registrations_competition", "competition_id", "competition")
    both += _lookup("accounts_user", "leader_id", "leader")

    def newest(chosen: dict[str, Any]) -> object:
        return list(registrations.find(chosen).sort("_id", -1).limit(PAGE))

    def page_behind(place: int) -> Callable[[], object]:
        return lambda: newest({"_id": {"$lt": keys[place]}})

    def joined() -> list[dict[str, Any]]:
        return list(registrations.aggregate(both))

    def joined_as_lists() -> list[dict[str, Any]]:
        rows = list(registrations.aggregate([s for s in both if "$unwind" not in s]))
        for row in rows:
            [row["competition"]], [row["leader"]] = row["competition"], row["leader"]
        return rows

    def insert(session: Any = None) -> object:
        return database["accounts_auditevent"].insert_one(_event(), session=session)

    def update(session: Any = None) -> object:
        chosen = {"_id": random.choice(competitions), "seats_taken": {"$lt": 1_000_000}}
        return table.update_one(chosen, {"$inc": {"seats_taken": 1}}, session=session)

    def four_writes() -> None:
        with client.start_session() as session:
            session.start_transaction(
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
            )
            insert(session)
            database["outbox_outboxmessage"].insert_one(_mail(), session=session)
            update(session)
            registrations.update_one(
                {"_id": random.choice(keys)}, {"$inc": {"version": 1}}, session=session
            )
            session.commit_transaction()

    def count(chosen: dict[str, Any]) -> Callable[[], object]:
        return lambda: registrations.count_documents(chosen)

    return {
        "get": lambda: registrations.find_one({"_id": random.choice(keys)}),
        "newest": lambda: newest({}),
        "newest_joined": joined,
        "newest_joined_lists": joined_as_lists,
        "competition": lambda: newest({"competition_id": random.choice(competitions)}),
        "keyset_first": page_behind(0),
        "keyset_middle": page_behind(rows // 2),
        "keyset_deep": page_behind(rows - min(1000, rows // 2)),
        "count": count({}),
        "count_competition": count({"competition_id": competitions[0]}),
        "insert": insert,
        "update": update,
        "transaction": four_writes,
    }


def _lookup(table: str, column: str, name: str) -> list[dict[str, Any]]:
    lookup = {"from": table, "localField": column, "foreignField": "_id", "as": name}
    return [{"$lookup": lookup}, {"$unwind": f"${name}"}]


def _event() -> dict[str, Any]:
    moment = now()
    return {
        "_id": uuid7().hex,
        "created_at": moment,
        "updated_at": moment,
        "actor_id": None,
        "actor_name": "",
        "action": "bench",
        "object_type": "bench",
        "object_id": uuid4().hex,
        "changes": [],
        "request_id": "",
    }


def _mail() -> dict[str, Any]:
    moment = now()
    return {
        "_id": uuid7().hex,
        "created_at": moment,
        "updated_at": moment,
        "kind": "bench",
        "recipient": "",
        "subject": "",
        "body": "",
        "status": "pending",
        "attempts": 0,
        "due_at": moment,
        "sent_at": None,
        "error": "",
    }
