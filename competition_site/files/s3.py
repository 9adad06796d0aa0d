"""Files in S3, or what speaks its language: checked on arrival, not waited for long."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from competition_site.files.uploads import sha256_of

CONNECT_SECONDS = 2
ANSWER_SECONDS = 6
"""How long a silent server is waited for; with the connection below 10 s in all."""
SOON = 1.0
"""A failure that comes within so many seconds is tried once more."""

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})

R = TypeVar("R")


class StorageUnavailableError(OSError):
    """The storage doesn't answer, answers with a failure, or got other bytes."""


class CheckedS3Storage(S3Storage):
    """django-storages', with a checksum on each file, and one client for all threads.

    A client is safe to share and takes long to make; the library's resource is neither
    shared nor needed. Keys are random, so nothing asks whether one is taken.
    """

    def __init__(self, **settings: Any) -> None:
        timeouts = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            retries={"total_max_attempts": 1},  # a time-out twice would take too long
            signature_version="s3v4",
            s3={"addressing_style": settings.get("addressing_style") or "auto"},
            max_pool_connections=32,
        )
        super().__init__(client_config=timeouts, **settings)
        self._making = Lock()

    @property
    def client(self) -> Any:
        with self._making:
            return self._client

    @cached_property
    def _client(self) -> Any:
        return self._create_session().client(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            config=self.client_config,
            verify=self.verify,
        )

    def _create_session(self) -> boto3.session.Session:
        return boto3.session.Session(
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key
        )

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[Any]) -> str:
        digest = getattr(content, "sha256", None) or sha256_of(content)
        checksum = base64.b64encode(binascii.unhexlify(digest)).decode()

        def put() -> None:
            content.seek(0)
            self.client.put_object(
                Bucket=self.bucket_name,
                Key=name,
                Body=content.file or content,
                ContentLength=content.size,
                ContentType="application/octet-stream",
                ContentDisposition="attachment",
                ChecksumSHA256=checksum,
            )

        _reached(put)
        return name

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        answer = _reached(
            lambda: self.client.get_object(Bucket=self.bucket_name, Key=name)
        )
        return _Body(answer["Body"], name)

    def delete(self, name: str) -> None:
        _reached(lambda: self.client.delete_object(Bucket=self.bucket_name, Key=name))

    def _head(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = _reached(
            lambda: self.client.head_object(Bucket=self.bucket_name, Key=name)
        )
        return found

    def exists(self, name: str) -> bool:
        try:
            self._head(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        return int(self._head(name)["ContentLength"])

    def get_modified_time(self, name: str) -> datetime:
        moment: datetime = self._head(name)["LastModified"]
        return moment

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        prefix = f"{path.strip('/')}/" if path.strip("/") else ""
        folders: list[str] = []
        files: list[str] = []
        for page in self._pages(prefix):
            found = (entry["Prefix"] for entry in page.get("CommonPrefixes", ()))
            folders += [name.removeprefix(prefix).rstrip("/") for name in found]
            keys = (entry["Key"] for entry in page.get("Contents", ()))
            files += [key.removeprefix(prefix) for key in keys if key != prefix]
        return folders, files

    def _pages(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket_name, Delimiter="/", Prefix=prefix
        )
        with _told_as_ours():
            yield from pages


class _Body(File):  # type: ignore[type-arg]
    """What comes from the storage, as it comes."""

    def read(self, size: int | None = None) -> bytes:
        with _told_as_ours():
            chunk: bytes = self.file.read(size)
            return chunk


def _reached(call: Callable[[], R]) -> R:
    """The call's answer; where it fails at once, that of a second try.

    Raises FileNotFoundError, StorageUnavailableError.
    """
    started = time.monotonic()
    try:
        with _told_as_ours():
            return call()
    except StorageUnavailableError:
        if time.monotonic() - started > SOON:
            raise
    with _told_as_ours():
        return call()


@contextmanager
def _told_as_ours() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise FileNotFoundError(code) from error
        raise StorageUnavailableError(code) from error
    except (BotoCoreError, HTTPClientError) as error:
        raise StorageUnavailableError(type(error).__name__) from error
