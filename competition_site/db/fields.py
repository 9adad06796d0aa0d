"""Columns that behave alike on every database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from competition_site.clock import to_milliseconds


class MomentField(models.DateTimeField):  # type: ignore[type-arg]  # not at run time
    """A moment in whole milliseconds.

    MongoDB keeps milliseconds, SQLite microseconds; cutting before storing makes what
    was written equal to what is read, so that deadlines compare alike on both.
    """

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        return None if moment is None else to_milliseconds(moment)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, datetime):
            value = to_milliseconds(value)
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return to_milliseconds(value) if isinstance(value, datetime) else value
