"""What an upload really is: judged by its bytes, never by its name or header."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

import filetype
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from competition_site.rules import RuleViolation

_HEAD_BYTES = 8192
_MAXIMUM_NAME = 150

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "application/zip": (".zip",),
}
"""The content types that can be recognised, and the extensions each may have."""


def require_content(
    upload: UploadedFile, *, allowed: Collection[str], maximum_bytes: int
) -> str:
    """The upload's content type.

    Raises RuleViolation: payload_too_large; validation_error (``file``) for an empty
    file, a type outside ``allowed``, or an extension that contradicts the content.
    """
    size = upload.size or 0
    if size > maximum_bytes:
        raise RuleViolation("payload_too_large")
    if size == 0:
        raise _refusal(_("The file is empty."))
    content_type = _recognise(upload)
    if content_type not in allowed:
        text = _("Accepted are: %(types)s.") % {"types": _shown(allowed)}
        raise _refusal(text)
    suffix = PurePosixPath(clean_name(upload.name)).suffix.lower()
    if suffix not in EXTENSIONS[content_type]:
        raise _refusal(_("The file's name and its content do not match."))
    return content_type


def clean_name(name: str | None) -> str:
    """A file name that is safe to show and to send in a header."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    normalised = unicodedata.normalize("NFC", last)
    visible = "".join(
        character
        for character in normalised
        if unicodedata.category(character)[0] != "C"
    ).strip(" .")
    path = PurePosixPath(visible or "file")
    return path.stem[: _MAXIMUM_NAME - len(path.suffix[:10])] + path.suffix[:10]


def _recognise(upload: UploadedFile) -> str | None:
    upload.seek(0)
    head = upload.read(_HEAD_BYTES)
    upload.seek(0)
    kind = filetype.guess(head)
    return None if kind is None or kind.mime not in EXTENSIONS else kind.mime


def _shown(allowed: Collection[str]) -> str:
    extensions = (
        EXTENSIONS[t][0].removeprefix(".").upper() for t in allowed if t in EXTENSIONS
    )
    return ", ".join(sorted(extensions))


def _refusal(text: object) -> RuleViolation:
    return RuleViolation("validation_error", errors={"file": [text]})  # type: ignore[list-item]
