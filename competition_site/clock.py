"""The server's clock: UTC, cut to the milliseconds that every database keeps."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone


def now() -> datetime:
    """The current moment in UTC, whole milliseconds."""
    return to_milliseconds(datetime.now(UTC))


def to_milliseconds(moment: datetime) -> datetime:
    """Drop what MongoDB would drop, so that written and read moments are equal."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.mmmZ``, the one form of a moment in this API."""
    return (
        moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def told(moment: datetime) -> str:
    """``2026-11-20 16:59:00 UTC (2026-11-20 23:59:00 WIB)``: for people.

    UTC first, then the site's zone; milliseconds only where there are some.
    """
    local = moment.astimezone(timezone.get_default_timezone())
    universal = _words(moment.astimezone(UTC))
    return universal if local.tzname() == "UTC" else f"{universal} ({_words(local)})"


def _words(moment: datetime) -> str:
    precision = "milliseconds" if moment.microsecond else "seconds"
    written = moment.replace(tzinfo=None).isoformat(" ", precision)
    return f"{written} {moment:%Z}"
