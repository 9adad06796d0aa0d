"""A commit whose answer is lost is asked for again, and never done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from competition_site.db.mongodb.commit import commit
from competition_site.db.transactions import is_conflict, is_unreachable
from tests.mongod import start_replica_set


@pytest.fixture(scope="module")
def client() -> Iterator[MongoClient[dict[str, Any]]]:
    replica_set = start_replica_set(enableTestCommands=1)
    with MongoClient(replica_set.url_of("test"), retryWrites=True) as client:
        client.test.create_collection("row")
        yield client
    replica_set.stop()


@pytest.fixture(autouse=True)
def _empty(client: MongoClient[dict[str, Any]]) -> Iterator[None]:
    yield
    client.admin.command("configureFailPoint", "failCommand", mode="off")
    client.test.row.delete_many({})


def let_commits_fail(
    client: MongoClient[dict[str, Any]], times: int | str, **failure: Any
) -> None:
    client.admin.command(
        "configureFailPoint",
        "failCommand",
        mode={"times": times} if isinstance(times, int) else times,
        data={"failCommands": ["commitTransaction"], **failure},
    )


def insert_and_commit(client: MongoClient[dict[str, Any]]) -> None:
    with client.start_session() as session:
        session.start_transaction()
        client.test.row.insert_one({}, session=session)
        commit(session)


@pytest.mark.parametrize("lost_answers", [1, 3])
def test_lost_answers_are_asked_for_again(
    client: MongoClient[dict[str, Any]], lost_answers: int
) -> None:
    let_commits_fail(client, lost_answers, closeConnection=True)
    insert_and_commit(client)
    assert client.test.row.count_documents({}) == 1


def test_a_commit_of_unknown_result_is_reported_and_no_conflict(
    client: MongoClient[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("competition_site.db.mongodb.commit.COMMIT_ATTEMPTS", 2)
    let_commits_fail(client, "alwaysOn", closeConnection=True)
    with pytest.raises(PyMongoError) as lost:
        insert_and_commit(client)
    assert lost.value.has_error_label("UnknownTransactionCommitResult")
    assert not is_conflict(lost.value)
    assert is_unreachable(lost.value)


def test_a_refused_commit_is_a_conflict_at_once(
    client: MongoClient[dict[str, Any]],
) -> None:
    let_commits_fail(
        client, 1, errorCode=251, errorLabels=["TransientTransactionError"]
    )
    with pytest.raises(PyMongoError) as refused:
        insert_and_commit(client)
    assert is_conflict(refused.value)
    assert client.test.row.count_documents({}) == 0
