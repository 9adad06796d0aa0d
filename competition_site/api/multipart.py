"""Strict multipart/form-data: one file, which goes to the disk as it comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from multipart import (
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)
from rest_framework.parsers import BaseParser, DataAndFiles

from competition_site.api.idempotency import HEADER
from competition_site.files.names import clean_name
from competition_site.files.uploads import PartFile, Upload, require_room
from competition_site.rules import RuleViolation

FILE_FIELD = "file"
MOST_FIELDS = 16
LARGEST_FIELD = 64 * 1024
LARGE = 256 * 1024
"""From so many bytes on a body isn't read to be refused by a rule afterwards."""

_CHUNK = 64 * 1024
_LAST_CHUNK = 256  # longer than the last boundary, which is never torn apart
_LONGEST_BOUNDARY = 70  # RFC 2046
_AROUND_THE_FILE = 64 * 1024
_PLAIN_ENCODINGS = frozenset({"7bit", "8bit", "binary"})


@dataclass(frozen=True)
class UploadTerms:
    """What a view says of an upload before its body is read.

    ``require`` raises what the rules would refuse the finished upload for.
    """

    maximum_bytes: int
    require: Callable[[], object]


class UploadParser(BaseParser):
    """Reads the form of a view that has ``upload_terms(row)``.

    Raises RuleViolation: payload_too_large as soon as that is certain, what the terms
    raise where the body is large, validation_error for a form that is cut off or
    encoded, and for all but one file in the field ``file`` beside a few short texts.
    """

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> DataAndFiles[Any, Any]:
        context = parser_context or {}
        length = int(context["request"].META.get("CONTENT_LENGTH") or 0)
        terms: UploadTerms = context["view"].upload_terms()
        if length > terms.maximum_bytes + _AROUND_THE_FILE:
            raise RuleViolation("payload_too_large")
        # A keyed request may be a repetition, to be answered as the first one was.
        if length > LARGE and HEADER not in context["request"].headers:
            terms.require()
        require_room(length)
        return _read(stream, _boundary(media_type), length, terms.maximum_bytes)


def _boundary(media_type: str | None) -> str:
    _, options = parse_options_header(media_type or "")
    boundary = str(options.get("boundary", ""))
    if not 1 <= len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise _malformed()
    return boundary


def _read(
    stream: IO[bytes], boundary: str, length: int, maximum_bytes: int
) -> DataAndFiles[Any, Any]:
    form = _Form(maximum_bytes)
    try:
        with PushMultipartParser(
            boundary,
            content_length=length,
            max_segment_count=MOST_FIELDS + 1,
            header_charset="latin-1",  # names may hold any byte
            strict=True,
        ) as parser:
            for chunk in _chunks(stream, length):
                for event in parser.parse(chunk):
                    form.take(event)
    except MultipartError:
        form.discard()
        raise _malformed() from None
    except BaseException:
        form.discard()
        raise
    files = {FILE_FIELD: [form.upload]} if form.upload else {}
    return DataAndFiles(form.texts, MultiValueDict(files))


def _chunks(stream: IO[bytes], left: int) -> Iterator[bytes]:
    """The body, as long as it says it is; refused where the connection ended early."""
    while left:
        size = left if left <= _CHUNK + _LAST_CHUNK else _CHUNK
        chunk = stream.read(size)
        if len(chunk) < size:
            raise _malformed()
        left -= size
        yield chunk


class _Form:
    """What was read so far: texts, and the file."""

    def __init__(self, maximum_bytes: int) -> None:
        self.texts = QueryDict(mutable=True)
        self.upload: Upload | None = None
        self._maximum_bytes = maximum_bytes
        self._name, self._file_name = "", ""
        self._part: PartFile | None = None
        self._text = b""

    def take(self, event: MultipartSegment | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        else:
            self._add(bytes(event))

    def discard(self) -> None:
        """Delete the temporary file, finished or not."""
        if self._part is not None:
            self._part.discard()
        if (upload := self.upload) is not None:
            upload.close()

    def _begin(self, segment: MultipartSegment) -> None:
        _require_plain(segment)
        name = _name(segment)
        if name in self.texts or (name == FILE_FIELD and self.upload):
            raise _refused(name, _("Give this field once."))
        self._name, self._file_name, self._text = name, _file_name(segment), b""
        if segment.filename is not None:
            if name != FILE_FIELD:
                raise _refused(name, _("This field takes no file."))
            self._part = PartFile()

    def _add(self, chunk: bytes) -> None:
        if self._part is None:
            self._text += chunk
            if len(self._text) > LARGEST_FIELD:
                raise RuleViolation("payload_too_large")
        elif self._part.size + len(chunk) > self._maximum_bytes:
            raise RuleViolation("payload_too_large")
        else:
            self._part.write(chunk)

    def _end(self) -> None:
        if self._part is None:
            self.texts[self._name] = _decoded(self._text, self._name)
            return
        self._part.finish()
        self.upload = Upload(self._part, self._file_name)
        self._part = None


def _require_plain(segment: MultipartSegment) -> None:
    """Refuse a part that would have to be decoded, or holds parts itself."""
    headers = dict(segment.headerlist)
    encoding = headers.get("Content-Transfer-Encoding", "binary").strip().lower()
    nested = (segment.content_type or "").startswith(("multipart/", "message/"))
    if encoding not in _PLAIN_ENCODINGS or nested:
        raise _malformed()


def _name(segment: MultipartSegment) -> str:
    return _decoded((segment.name or "").encode("latin-1"), "non_field_errors")


def _file_name(segment: MultipartSegment) -> str:
    """The name as UTF-8; what isn't, vanishes."""
    name = (segment.filename or "").encode("latin-1").decode("utf-8", "replace")
    return clean_name(name)


def _decoded(text: bytes, name: str) -> str:
    with suppress(UnicodeDecodeError):
        decoded = text.decode("utf-8")
        if "\0" not in decoded:
            return decoded
    raise _refused(name, _("Send text as UTF-8."))


def _refused(name: str, text: Any) -> RuleViolation:
    return RuleViolation("validation_error", errors={name[:100]: [text]})


def _malformed() -> RuleViolation:
    text = _("The body is not valid multipart/form-data.")
    return RuleViolation("validation_error", text)
