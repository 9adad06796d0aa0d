"""Outgoing mail: enqueued with the change, sent by a process of its own."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string

from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""How long a sender may take before another one tries the same message."""
MAXIMUM_ATTEMPTS = 8
_BATCH = 50


def enqueue(kind: str, *, to: str, **context: Any) -> OutboxMessage:
    """Write a mail into the current transaction, in the active language.

    The template ``mail/<kind>.txt`` has the subject in its first line.
    """
    text = render_to_string(
        f"mail/{kind}.txt", {"frontend_url": settings.FRONTEND_URL, **context}
    )
    subject, _, body = text.strip().partition("\n")
    return OutboxMessage.objects.create(
        kind=kind, recipient=to, subject=subject.strip()[:200], body=body.strip() + "\n"
    )


def send_due() -> int:
    """Send what is due; returns how many messages were sent.

    A message is claimed by one conditional update that moves its due time past the
    lease, so two senders never hold the same one. A sender that dies between sending
    and saying so makes one message leave twice, with the same Message-ID.
    """
    due = OutboxMessage.objects.filter(
        status=OutboxMessage.Status.PENDING, due_at__lte=now()
    ).order_by("due_at", "id")[:_BATCH]
    return sum(_send(message) for message in due)


def _send(message: OutboxMessage) -> bool:
    moment = now()
    claimed = OutboxMessage.objects.filter(
        pk=message.pk, status=OutboxMessage.Status.PENDING, due_at=message.due_at
    ).update(due_at=moment + LEASE, attempts=F("attempts") + 1, updated_at=moment)
    if not claimed:
        return False
    try:
        _mail(message).send()
    except Exception as error:  # noqa: BLE001 - a mail server may fail in any way
        _postpone(message, error)
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(
        status=OutboxMessage.Status.SENT, sent_at=now(), body="", error=""
    )
    return True


def _mail(message: OutboxMessage) -> EmailMessage:
    return EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.recipient],
        headers={"Message-ID": f"<{message.pk}@competition-site>"},
    )


def _postpone(message: OutboxMessage, error: Exception) -> None:
    """Try again after 1, 2, 4, … minutes; give up after the last attempt."""
    attempts = message.attempts + 1
    last = attempts >= MAXIMUM_ATTEMPTS
    fields = {"mail": str(message.pk), "attempts": attempts, "given_up": last}
    logger.warning("mail not sent", extra={"fields": fields}, exc_info=error)
    OutboxMessage.objects.filter(pk=message.pk).update(
        status=OutboxMessage.Status.FAILED if last else OutboxMessage.Status.PENDING,
        due_at=now() + timedelta(minutes=2 ** (attempts - 1)),
        error=f"{type(error).__name__}: {error}"[:200],
    )
