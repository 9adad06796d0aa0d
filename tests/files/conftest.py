"""A world with a team, its draft, and the storages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from competition_site.configuration import storage_of
from tests.contract.world import World
from tests.files.storages import LocalStorage, RemoteStorage, Storage
from tests.s3_server import Disturbance, S3Server, started_s3, url_of
from tests.servers import *  # noqa: F403 - the fixture and the hook


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """Where files are stored, empty at first."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[S3Server]:
    server = started_s3()
    yield server
    server.stop()


@pytest.fixture
def s3_server(_s3_server: S3Server) -> S3Server:
    """An empty bucket, of which the settings know nothing."""
    _s3_server.empty()
    return _s3_server


@pytest.fixture(params=["local", "s3"])
def storage(request: Any, settings: Any, media: Path) -> Storage:
    """Where files are stored, empty at first: the disk, then S3."""
    if request.param == "local":
        return LocalStorage(media)
    server = request.getfixturevalue("s3_server")
    settings.STORAGES = settings.STORAGES | {"default": storage_of(url_of(server.port))}
    return RemoteStorage(server, media)


@pytest.fixture
def disturbance(
    s3_server: S3Server, settings: Any, media: Path
) -> Iterator[Disturbance]:
    """S3 behind a proxy that can be told to disturb."""
    proxy = Disturbance(s3_server.port)
    settings.STORAGES = settings.STORAGES | {"default": storage_of(url_of(proxy.port))}
    yield proxy
    proxy.close()
