"""The work of a stage as one ZIP: a folder for each team, and a manifest of hashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from accounts.audit import record
from accounts.models import User
from competition_site.clock import iso, now
from competition_site.db.batches import in_batches
from competition_site.files.zips import ZipStream
from submissions import receipts
from submissions.exports.manifest import Entry, Manifest
from submissions.exports.names import Names
from submissions.models import Stage, Submission, SubmissionFile, SubmissionVersion
from submissions.shapes.work import code_name, judged_files

_BATCH = 50
_CHUNK = 64 * 1024


@dataclass
class Export:
    """An archive of what was handed in for a stage, made while it is sent.

    Each file is hashed on its way and compared with the version that its receipt
    signed; ``bad`` counts what is missing or damaged, and receipts that don't hold. The
    manifests, which come last, name them. Of files one chunk is in memory at a time.
    """

    stage: Stage
    all_versions: bool = False
    blind: bool = False
    at: datetime = field(default_factory=now)
    teams: int = 0
    files: int = 0
    bytes: int = 0
    bad: int = 0

    def __post_init__(self) -> None:
        self._folders = Names()
        self._zip = ZipStream()

    @classmethod
    def begun(cls, stage: Stage, *, by: User | None, **scope: Any) -> Export:
        """An archive that is to be sent; who asked for it is recorded now."""
        export = cls(stage, **scope)
        count = export.submissions.count()
        record(by, "stage.exported", stage, submissions=count, **export._scope())
        return export

    @property
    def file_name(self) -> str:
        """Such as ``ctf-2026-stage-2.zip``."""
        mark = "-blind" if self.blind else ""
        return f"{self.stage.competition.slug}-stage-{self.stage.order}{mark}.zip"

    @property
    def submissions(self) -> QuerySet[Submission]:
        """What counts: handed in, and neither withdrawn nor void."""
        status = Submission.Status.SUBMITTED
        return Submission.objects.filter(stage=self.stage, status=status)

    def __iter__(self) -> Iterator[bytes]:
        """The archive's bytes."""
        with Manifest() as manifest:
            for entry in self._entries():
                yield from self._sent(entry)
                manifest.add(entry)
            table, document = manifest.table(), manifest.document(self._head())
            yield from self._zip.add("manifest.csv", table, at=self.at)
            yield from self._zip.add("manifest.json", document, at=self.at)
        yield from self._zip.finish()

    def _scope(self) -> dict[str, Any]:
        versions = "all" if self.all_versions else "last"
        return {"versions": versions, "blind": self.blind}

    def _head(self) -> dict[str, Any]:
        return {
            "stage": {"id": str(self.stage.pk), "name": self.stage.name},
            "competition": self.stage.competition.slug,
            "exported_at": iso(self.at),
            **self._scope(),
            "teams": self.teams,
            "files": self.files,
            "bytes": self.bytes,
            "bad": self.bad,
        }

    def _entries(self) -> Iterator[Entry]:
        for batch in in_batches(self.submissions, size=_BATCH):
            versions: dict[UUID, list[SubmissionVersion]] = {s.pk: [] for s in batch}
            rows = SubmissionVersion.objects.filter(submission__in=list(versions))
            for version in rows.order_by("submission", "number"):
                versions[version.submission_id].append(version)
            for submission in batch:
                self.teams += 1
                folder = self._folders.give(self._team(submission))
                there = versions[submission.pk]
                for version in there if self.all_versions else there[-1:]:
                    yield self._entry(submission, version, folder)

    def _team(self, submission: Submission) -> str:
        return code_name(submission) if self.blind else submission.team_name

    def _entry(
        self, submission: Submission, version: SubmissionVersion, folder: str
    ) -> Entry:
        valid = receipts.is_valid(version)
        self.bad += not valid
        if self.all_versions:
            folder = f"{folder}/v{version.number}"
        names = Names()
        return {
            "folder": folder,
            "team_name": self._team(submission),
            "submission": str(submission.pk),
            "version": version.number,
            "submitted_at": iso(version.submitted_at),
            "late": version.late,
            "receipt": version.code,
            "receipt_valid": valid,
            "title": version.title,
            "summary": version.summary,
            "link_url": version.link_url,
            "files": [
                {
                    "id": file["id"],
                    "path": f"{folder}/{names.give(file['name'])}",
                    "size": file["size"],
                    "sha256": file["sha256"],
                }
                for file in judged_files(version.files, blind=self.blind)
            ],
        }

    def _sent(self, entry: Entry) -> Iterator[bytes]:
        rows = SubmissionFile.objects.in_bulk([UUID(f["id"]) for f in entry["files"]])
        at = datetime.fromisoformat(entry["submitted_at"])
        for file in entry["files"]:
            yield from self._sent_file(file, rows.get(UUID(file["id"])), at)
            self.files += 1
            self.bad += file["status"] != "ok"

    def _sent_file(
        self, file: dict[str, Any], row: SubmissionFile | None, at: datetime
    ) -> Iterator[bytes]:
        source = _opened(row)
        if source is None:
            file["status"] = "missing"
            return
        with source:
            chunks = _Hashed(source)
            yield from self._zip.add(file["path"], chunks, at=at)
        self.bytes += chunks.size
        file["status"] = "ok" if chunks.are(file["size"], file["sha256"]) else "damaged"


def _opened(row: SubmissionFile | None) -> Any:
    try:
        return None if row is None else default_storage.open(row.storage_key)
    except OSError:
        return None


class _Hashed:
    """A file's chunks, hashed as they pass; a disk that fails ends them early."""

    def __init__(self, source: Any) -> None:
        self._source, self._digest = source, sha256()
        self.size, self._broke_off = 0, False

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._read():
            self.size += len(chunk)
            self._digest.update(chunk)
            yield chunk

    def _read(self) -> bytes:
        try:
            return bytes(self._source.read(_CHUNK))
        except OSError:
            self._broke_off = True
            return b""

    def are(self, size: int, digest: str) -> bool:
        """Whether all of them came, and are what was handed in."""
        whole = self.size == size and not self._broke_off
        return whole and self._digest.hexdigest() == digest
