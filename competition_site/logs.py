"""Log lines as JSON: one line an event, whatever the text holds."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from competition_site.clock import iso
from competition_site.context import request_id


class JsonFormatter(logging.Formatter):
    """Render a record and its ``extra={"fields": {…}}`` as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)
