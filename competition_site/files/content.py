"""What an upload really is: judged by its bytes, never by its name or header."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import IO

from django.utils.translation import gettext_lazy as _

from competition_site.files import archives, jpeg, pdf, png, video
from competition_site.files.names import extension
from competition_site.files.refusals import file_refused
from competition_site.files.uploads import PartFile, Upload
from competition_site.rules import RuleViolation

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
ZIP = "application/zip"
MP4 = "video/mp4"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EXTENSIONS: dict[str, tuple[str, ...]] = {
    PDF: (".pdf",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    ZIP: (".zip",),
    MP4: (".mp4", ".m4v"),
    DOCX: (".docx",),
    PPTX: (".pptx",),
    XLSX: (".xlsx",),
}
"""The content types that can be recognised, and the extensions each may have."""

_OFFICE = {"word": DOCX, "ppt": PPTX, "xl": XLSX}
_CLEANERS: dict[str, Callable[[IO[bytes], PartFile], None]] = {
    PNG: png.clean,
    JPEG: jpeg.clean,
}


def require_content(
    upload: Upload, *, allowed: Collection[str], maximum_bytes: int
) -> str:
    """The upload's content type; a picture then is without its metadata.

    Raises RuleViolation: payload_too_large; validation_error (``file``) for an empty
    file, a type outside ``allowed``, an extension that contradicts the content, and
    what is damaged or holds what no reader should run or unpack.
    """
    if upload.content_type is not None:
        return upload.content_type  # judged before, by an attempt that lost its race
    size = upload.size or 0
    if size > maximum_bytes:
        raise RuleViolation("payload_too_large")
    if size == 0:
        raise file_refused(_("The file is empty."))
    candidates = _recognise(upload)
    if not candidates & set(allowed):
        text = _("Accepted are: %(types)s.") % {"types": _shown(allowed)}
        raise file_refused(text)
    content_type = _named(upload.name, candidates & set(allowed))
    _judge(upload, content_type)
    upload.content_type = content_type
    return content_type


def _recognise(upload: Upload) -> set[str]:
    """What the content can be: two types only where one is built of the other."""
    upload.seek(0)
    head = upload.read(16)
    if head.startswith(b"%PDF-"):
        return {PDF}
    if head.startswith(png.SIGNATURE):
        return {PNG}
    if head.startswith(jpeg.SIGNATURE):
        return {JPEG}
    if head.startswith(b"PK\x03\x04"):
        kind = archives.office_kind(upload.file)
        return {ZIP, _OFFICE[kind]} if kind else {ZIP}
    return {MP4} if head[4:8] == b"ftyp" else set()


def _named(name: str | None, candidates: set[str]) -> str:
    """The one whose extension the name has."""
    suffix = extension(name)
    for content_type in candidates:
        if suffix in EXTENSIONS[content_type]:
            return content_type
    raise file_refused(_("The file's name and its content do not match."))


def _judge(upload: Upload, content_type: str) -> None:
    upload.seek(0)
    if cleaner := _CLEANERS.get(content_type):
        with PartFile() as part:
            cleaner(upload.file, part)
            part.finish()
        upload.replace_with(part)
    elif content_type == PDF:
        pdf.require_inert(upload.temporary_file_path())
    elif content_type == MP4:
        video.require_whole(upload.file, size=upload.size or 0)
    else:
        archives.require_harmless(
            upload.file, size=upload.size or 0, office=content_type != ZIP
        )
    upload.seek(0)


def _shown(allowed: Collection[str]) -> str:
    extensions = (
        EXTENSIONS[t][0].removeprefix(".").upper() for t in allowed if t in EXTENSIONS
    )
    return ", ".join(sorted(extensions))
