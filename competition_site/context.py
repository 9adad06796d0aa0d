"""What one request carries through every layer: its id, for logs and audit events."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
