"""The two storages, as the tests look into them from outside."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Protocol

import requests

from tests.s3_server import BUCKET, S3Server, url_of


class Storage(Protocol):
    """What is stored, whatever the application says of it."""

    def keys(self) -> list[str]: ...

    def content(self, key: str) -> bytes: ...

    def damage(self, key: str, content: bytes) -> None: ...

    def is_private(self, key: str) -> bool:
        """Whether only the application, and a group of its own, can read it."""
        ...

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a server that stores here."""
        ...

    def passing(self, root: Path) -> Storage:
        """The same, with uploads on their way in another folder."""
        ...


class LocalStorage:
    """A folder; temporary files count as well."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keys(self) -> list[str]:
        files = (p for p in self.root.rglob("*") if p.is_file())
        return sorted(str(p.relative_to(self.root)) for p in files)

    def content(self, key: str) -> bytes:
        return (self.root / key).read_bytes()

    def damage(self, key: str, content: bytes) -> None:
        (self.root / key).write_bytes(content)

    def is_private(self, key: str) -> bool:
        modes = [(self.root / key).stat(), (self.root / key).parent.stat()]
        return [stat.S_IMODE(s.st_mode) for s in modes] == [0o640, 0o750]

    @property
    def environment(self) -> dict[str, str]:
        return {"MEDIA_ROOT": str(self.root), "STORAGE_URL": ""}

    def passing(self, root: Path) -> LocalStorage:
        return LocalStorage(root)


class RemoteStorage:
    """A bucket, and the folder where uploads are on their way to it."""

    def __init__(self, server: S3Server, root: Path) -> None:
        self.server, self.incoming = server, LocalStorage(root)

    def keys(self) -> list[str]:
        return sorted(self.server.keys() + self.incoming.keys())

    def content(self, key: str) -> bytes:
        return self.server.content(key)

    def damage(self, key: str, content: bytes) -> None:
        self.server.client().put_object(Bucket="files", Key=key, Body=content)

    def is_private(self, key: str) -> bool:
        url = f"http://127.0.0.1:{self.server.port}/{BUCKET}/{key}"
        return requests.get(url, timeout=10).status_code == 403

    @property
    def environment(self) -> dict[str, str]:
        return self.incoming.environment | {"STORAGE_URL": url_of(self.server.port)}

    def passing(self, root: Path) -> RemoteStorage:
        return RemoteStorage(self.server, root)
