"""What a large upload costs: one gunicorn worker's memory and time, on both storages.

``make bench-uploads`` sends 500 MB (MEGABYTES=60 for less) of each kind of file through
a real worker and prints the worker's peak above what it held before, in MB, and the
seconds; then the same for the way back. The process that reads PDFs is counted apart.
"""

from __future__ import annotations

import os
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEGABYTE = 2**20
LIMIT = 80
_CHUNK = bytes(range(256)) * 4096  # no zeros, which a disk might not store


@dataclass
class Cost:
    """Megabytes above idle and in all, and seconds."""

    peak: float = 0.0
    whole: float = 0.0
    seconds: float = 0.0


def zip_file(size: int) -> Iterator[bytes]:
    """An archive with one stored entry of ``size`` bytes."""
    name = b"work.bin"
    fields = struct.pack("<4H3L2H", 0, 0, 0, 0, 0, size, size, len(name), 0)
    start = b"PK\x03\x04" + struct.pack("<H", 20) + fields + name
    entry = b"PK\x01\x02" + struct.pack("<HH", 20, 20) + fields
    entry += struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    yield start
    yield from _filling(size)
    yield entry
    yield b"PK\x05\x06" + struct.pack(
        "<HHHHLLH", 0, 0, 1, 1, len(entry), len(start) + size, 0
    )


def mp4_file(size: int) -> Iterator[bytes]:
    """A video whose content is one box of ``size`` bytes."""
    yield struct.pack(">I4s", 16, b"ftyp") + b"isom\0\0\2\0"
    yield struct.pack(">I4s", 8, b"moov") + struct.pack(">I4s", size + 8, b"mdat")
    yield from _filling(size)


def pdf_file(size: int) -> Iterator[bytes]:
    """A document of one page and one stream of ``size`` bytes."""
    rows = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>/Contents 4 0 R>>",
    )
    content, places = b"%PDF-1.7\n", []
    for number, row in enumerate(rows, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, row)
    places.append(len(content))
    content += b"4 0 obj\n<</Length %d>>\nstream\n" % size
    end = b"\nendstream\nendobj\n"
    yield content
    yield from _filling(size)
    yield end
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    yield b"xref\n0 5\n0000000000 65535 f \n" + table
    yield b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n"
    yield b"%d\n%%%%EOF\n" % (len(content) + size + len(end))


def _filling(size: int) -> Iterator[bytes]:
    while size > 0:
        yield _CHUNK[:size]
        size -= len(_CHUNK)


KINDS: dict[str, Callable[[int], Iterator[bytes]]] = {
    "zip": zip_file,
    "mp4": mp4_file,
    "pdf": pdf_file,
}


class Form:
    """A multipart body of one file, read piece by piece from the disk."""

    def __init__(self, path: Path) -> None:
        head = 'Content-Disposition: form-data; name="file"; filename="{}"'
        self._head = f"--b\r\n{head.format(path.name)}\r\n\r\n".encode()
        self._path = path

    def __len__(self) -> int:
        return len(self._head) + self._path.stat().st_size + len(b"\r\n--b--\r\n")

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self._path.open("rb") as file:
            while chunk := file.read(MEGABYTE):
                yield chunk
        yield b"\r\n--b--\r\n"


def upload(url: str, path: Path, token: str) -> dict[str, Any]:
    """Send a file from the disk to a submission; returns its row."""
    import requests

    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "multipart/form-data; boundary=b",
    }
    response = requests.post(url, data=Form(path), headers=headers, timeout=600)
    if response.status_code != 201:
        sys.exit(response.text)
    row: dict[str, Any] = response.json()["data"]
    return row


def download(url: str, token: str) -> int:
    """Read a file; returns its size."""
    import requests

    headers = {"Authorization": f"Bearer {token}"}
    with requests.get(url, headers=headers, stream=True, timeout=600) as response:
        response.raise_for_status()
        return sum(len(chunk) for chunk in response.iter_content(MEGABYTE))


@contextmanager
def measured(worker: int) -> Iterator[Cost]:
    """How far the worker's resident memory rises while the block runs."""
    cost = Cost()
    Path(f"/proc/{worker}/clear_refs").write_text("5", encoding="ascii")
    idle = _memory(worker, "VmRSS")
    started = time.perf_counter()
    yield cost
    cost.seconds = time.perf_counter() - started
    highest = _memory(worker, "VmHWM")
    cost.peak, cost.whole = (highest - idle) / MEGABYTE, highest / MEGABYTE


def _memory(process: int, name: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    (line,) = (row for row in status.splitlines() if row.startswith(name))
    return int(line.split()[1]) * 1024


@contextmanager
def _served(folder: Path, **environment: str) -> Iterator[Any]:
    from tests.servers import Server

    server = Server(folder / "log", environment=environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _prepare(folder: Path) -> None:
    os.environ.update(
        ENVIRONMENT="test",
        ENV_FILE="/dev/null",
        DJANGO_SETTINGS_MODULE="competition_site.settings",
        DATABASE_URL=f"sqlite:///{folder}/bench.sqlite3",
        MEDIA_ROOT=str(folder / "media"),
        MAX_SUBMISSION_BYTES=str(2**40),
        WEB_CONCURRENCY="1",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _measure(folder: Path, storage: str, environment: dict[str, str]) -> bool:
    from tests.api import access_token
    from tests.factories import make_stage, make_submission

    stage = make_stage(
        allowed_types=["application/pdf", "application/zip", "video/mp4"],
        max_file_bytes=2**31,
        max_files=20,
    )
    draft = make_submission(stage)
    token = access_token(draft.registration.leader)
    good = True
    with _served(folder, **environment) as server:
        (worker,) = server.workers()
        url = f"{server.url}/api/v1/submissions/{draft.pk}/files"
        for kind in KINDS:  # one small file of each first: what is loaded once, is
            upload(url, folder / f"small.{kind}", token)
        for kind in KINDS:
            with measured(worker) as there:
                row = upload(url, folder / f"large.{kind}", token)
            file_url = f"{server.url}/api/v1/submission-files/{row['id']}/content"
            with measured(worker) as back:
                download(file_url, token)
            for way, cost in (("up", there), ("down", back)):
                shown = f"{cost.peak:8.1f} {cost.seconds:8.1f}"
                print(f"{storage:6} {kind} {way:5} {shown}", flush=True)
                good = good and cost.peak < LIMIT
    return good


def main() -> None:
    """Print the table; end with 1 where a peak reaches the limit."""
    size = int(os.environ.get("MEGABYTES") or 500) * MEGABYTE
    with tempfile.TemporaryDirectory(prefix="competition-site-bench-") as name:
        folder = Path(name)
        _prepare(folder)
        from tests.s3_server import S3Server, url_of

        for kind, make in KINDS.items():
            for label, length in (("small", 1000), ("large", size)):
                with (folder / f"{label}.{kind}").open("wb") as file:
                    file.writelines(make(length))
        print(f"{size // MEGABYTE} MB        peak MB        s")
        good = _measure(folder, "local", {})
        s3 = S3Server()
        s3.start()
        try:
            good &= _measure(folder, "s3", {"STORAGE_URL": url_of(s3.port)})
        finally:
            s3.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
