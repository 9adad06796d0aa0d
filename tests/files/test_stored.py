"""Stored files: whole and on disk, or not there at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, transaction
from pymongo.errors import PyMongoError

from competition_site.files.stored import discard, stored
from competition_site.files.uploads import (
    NoRoomError,
    PartFile,
    Upload,
    incoming_folder,
    require_room,
)
from tests.factories import PDF

pytestmark = pytest.mark.django_db
KIND = {"folder": "documents", "content_type": "application/pdf"}


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def files() -> list[Path]:
    return [p for p in Path(default_storage.location).rglob("*") if p.is_file()]


@pytest.fixture
def _odd_umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_odd_umask")
def test_a_stored_file_is_whole_and_not_for_the_world():
    with stored(Upload.of("a.pdf", PDF), **KIND) as file:
        pass
    path = Path(default_storage.path(file.key))
    assert path.read_bytes() == PDF
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    folders = [p for p in path.parents if p.is_relative_to(default_storage.location)]
    assert [stat.S_IMODE(p.stat().st_mode) for p in folders[:-1]] == [0o750] * 2
    assert "a.pdf" not in file.key
    assert files() == [path]


def test_the_hash_of_what_was_sent_is_kept_beside_that_of_what_is_stored():
    upload = Upload.of("a.pdf", PDF)
    sent = upload.sha256
    part = PartFile()
    part.write(b"cleaned")
    part.finish()
    upload.replace_with(part)
    with stored(upload, **KIND) as file:
        pass
    assert file.original_sha256 == sent != file.sha256
    assert file.size == len(b"cleaned")
    assert Path(default_storage.path(file.key)).read_bytes() == b"cleaned"


def test_a_block_that_fails_leaves_no_file():
    with pytest.raises(RuntimeError), stored(Upload.of("a.pdf", PDF), **KIND):
        raise_it(RuntimeError(), stored_files=1)
    assert not files()


def raise_it(error: Exception, *, stored_files: int) -> None:
    assert len(files()) == stored_files
    raise error


def unknown_commit() -> Exception:
    lost = PyMongoError("the answer was lost")
    lost._add_error_label("UnknownTransactionCommitResult")
    error = OperationalError("commit")
    error.__cause__ = lost
    return error


@pytest.mark.parametrize(
    "error", [unknown_commit(), OperationalError("disk I/O error")], ids=str
)
def test_a_file_stays_where_its_row_may_have_been_written(error: Exception):
    with pytest.raises(OperationalError), stored(Upload.of("a.pdf", PDF), **KIND):
        raise error
    assert len(files()) == 1


def test_a_file_stays_where_a_hook_fails_after_the_commit():
    def fail() -> None:
        raise RuntimeError

    with (
        pytest.raises(RuntimeError),
        stored(Upload.of("a.pdf", PDF), **KIND),
        transaction.atomic(),
    ):
        transaction.on_commit(fail)
    assert len(files()) == 1


def test_who_opened_the_transaction_decides():
    upload = Upload.of("a.pdf", PDF)
    keys = set()

    def attempt() -> None:
        with stored(upload, **KIND) as file:
            keys.add(file.key)

    @transaction.atomic
    def block() -> None:
        attempt()
        attempt()  # once more, as after a race that was lost
        raise RuntimeError

    with pytest.raises(RuntimeError):
        block()
    assert [Path(default_storage.path(key)) for key in keys] == files()
    discard([upload], RuntimeError())
    assert not files()


def test_a_write_that_breaks_off_leaves_no_file():
    class Breaking(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - its kind is all it says
        default_storage.save("documents/broken", Breaking(b"whole"))
    assert not files()


def test_a_temporary_folder_elsewhere_does_as_well(settings, tmp_path):
    memory, disk = "/dev/shm", "/var/tmp"  # noqa: S108 - two file systems
    elsewhere = disk if tmp_path.is_relative_to(memory) else memory
    settings.UPLOAD_TEMP_DIR = tempfile.mkdtemp(dir=elsewhere)
    assert Path(settings.UPLOAD_TEMP_DIR).stat().st_dev != tmp_path.stat().st_dev
    with stored(Upload.of("a.pdf", PDF), **KIND) as file:
        assert not list(tmp_path.glob("incoming/*"))
    assert Path(default_storage.path(file.key)).read_bytes() == PDF
    assert not list(incoming_folder().iterdir())
    incoming_folder().rmdir()


def test_room_is_left_for_others(settings):
    require_room(1)
    settings.DISK_RESERVE_BYTES = 1 << 60
    with pytest.raises(NoRoomError):
        require_room(1)
