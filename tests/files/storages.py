"""The two storages, as the tests look into them from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from tests.s3_server import S3Server


class Storage(Protocol):
    """What is stored, whatever the application says of it."""

    def keys(self) -> list[str]: ...

    def content(self, key: str) -> bytes: ...

    def damage(self, key: str, content: bytes) -> None: ...


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
