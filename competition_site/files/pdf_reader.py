"""A script that reads paths from stdin, and says of each PDF what is in it.

It stands alone: ``pdf.py`` starts it without this project's settings or secrets, and
it gives itself little memory. Its words are ``inert``, ``active``, ``files``,
``encrypted``, ``broken`` and ``complex``.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import settings as limits

MEMORY = 768 * 2**20
RECYCLED_AT = 128 * 2**20
UNPACKED = 64 * 2**20
MOST_NODES = 5_000_000

_HINTS = (
    *(b"/JS", b"/JavaScript", b"/Launch", b"/ImportData", b"/XFA", b"/RichMedia"),
    *(b"/EF", b"/EmbeddedFile", b"/FileAttachment"),
)
_UNREAD = ("decoding stream", "unfilterable", "object stream", "limit")
_ACTIVE_KEYS = frozenset(("/JS", "/JavaScript", "/XFA"))
_ACTIVE_ACTIONS = frozenset(("/JavaScript", "/Launch", "/ImportData"))
_FILE_KEYS = frozenset(("/EF", "/EmbeddedFiles"))
_ACTIVE_KINDS = frozenset(("/RichMedia",))
_FILE_KINDS = frozenset(("/FileAttachment", "/EmbeddedFile"))


class _Found(Exception):  # noqa: N818 - a verdict, no error
    """Raised with the verdict as soon as it is known."""


def judge(path: str) -> str:
    """The verdict on one file."""
    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            _look_through(pdf)
            _require_read(str(text).removeprefix(path) for text in pdf.get_warnings())
    except _Found as found:
        return str(found)
    except pikepdf.PasswordError:
        return "encrypted"
    except MemoryError:
        return "complex"
    except Exception:  # noqa: BLE001 - whatever a hostile file sets off
        return "broken"
    return "inert"


def _look_through(pdf: pikepdf.Pdf) -> None:
    if len(pdf.pages) == 0:
        raise _Found("broken")
    _walk(pdf.trailer)
    for row in pdf.objects:
        _look_at(row)


def _require_read(warnings: Iterable[str]) -> None:
    """Others might read, and run, what qpdf could not."""
    if any(sign in text for text in warnings for sign in _UNREAD):
        raise _Found("broken")


def _look_at(row: Any) -> None:
    """Walk through an object only if its text has one of the words in question."""
    if isinstance(row, pikepdf.Stream):
        row = row.stream_dict
    if not isinstance(row, pikepdf.Dictionary | pikepdf.Array):
        return
    text = row.unparse(resolved=True)
    if any(hint in text for hint in _HINTS):
        _walk(row)


def _walk(top: Any) -> None:
    """Look at each dictionary below ``top``; other objects have their own turn."""
    waiting, seen = [top], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > MOST_NODES:
            raise _Found("complex")
        if isinstance(node, pikepdf.Dictionary):
            _require_inert(node)
        waiting.extend(_below(node))


def _below(node: Any) -> Iterator[Any]:
    if isinstance(node, pikepdf.Dictionary):
        values: Any = (node.get(key) for key in node.keys())  # noqa: SIM118
    elif isinstance(node, pikepdf.Array):
        values = iter(node)
    else:
        return
    for value in values:
        nested = isinstance(value, pikepdf.Dictionary | pikepdf.Array)
        if nested and not value.is_indirect:
            yield value


def _require_inert(node: Any) -> None:
    keys = set(node.keys())
    if keys & _ACTIVE_KEYS:
        raise _Found("active")
    if keys & _FILE_KEYS:
        raise _Found("files")
    kinds = {_name(node, "/Type"), _name(node, "/Subtype")}
    action = None if "/StructElem" in kinds else _name(node, "/S")
    if action in _ACTIVE_ACTIONS or kinds & _ACTIVE_KINDS:
        raise _Found("active")
    if kinds & _FILE_KINDS:
        raise _Found("files")


def _name(node: Any, key: str) -> str | None:
    value = node.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else None


def _limit_itself() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(name, (0, 0))
    limits.set_qpdf_limits(
        flate_max_memory=UNPACKED,
        run_length_max_memory=UNPACKED,
        png_max_memory=UNPACKED,
        tiff_max_memory=UNPACKED,
        max_stream_filters=4,
        parser_max_container_size=1_000_000,
        doc_max_warnings=1000,
    )


def main() -> None:
    """Answer each line with one; after a file that took much memory, the last one."""
    _limit_itself()
    for line in sys.stdin:
        verdict = judge(line.rstrip("\n"))
        last = _memory() > RECYCLED_AT
        sys.stdout.write(f"{verdict} last\n" if last else f"{verdict}\n")
        sys.stdout.flush()
        if last:
            return


def _memory() -> int:
    """The bytes of memory in use; 0 where the system doesn't tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


if __name__ == "__main__":
    main()
