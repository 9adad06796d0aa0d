"""Days counted from the day of loading, so that the demo never grows old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone


@dataclass(frozen=True)
class Calendar:
    """Midnight of the day of loading, in the time zone of the event."""

    today: datetime

    @classmethod
    def at(cls, moment: datetime) -> Calendar:
        midnight = timezone.localtime(moment).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return cls(midnight)

    def day(self, days: int, hour: int = 9) -> datetime:
        return self.today + timedelta(days=days, hours=hour)

    def windows(self, *days: int) -> dict[str, datetime]:
        """When registration opens and closes, and the competition starts and ends."""
        names = ("registration_opens_at", "registration_closes_at")
        names += ("starts_at", "ends_at")
        return {n: self.day(d) for n, d in zip(names, days, strict=True)}
