"""The journey's server, with its production limits and a mailbox of files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.mailbox import Mailbox
from tests.servers import *  # noqa: F403 - the fixture and the hook
from tests.servers import Server, StartServer


@pytest.fixture
def mailbox(tmp_path: Path, db: None) -> Iterator[Mailbox]:
    with Mailbox(tmp_path / "mail").served() as mailbox:
        yield mailbox


@pytest.fixture
def server(start_server: StartServer, db: None) -> Server:
    return start_server()
