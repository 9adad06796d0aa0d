"""Outgoing mail: enqueued with the change, sent by a process of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F, QuerySet
from django.utils import translation

from competition_site.clock import now
from competition_site.db.batches import delete_in_batches
from competition_site.outbox import mails
from competition_site.outbox.models import OutboxMessage

logger = logging.getLogger(__name__)

Writer = Callable[[OutboxMessage], OutboxMessage | None]
_writers: dict[str, Writer] = {}

LEASE = timedelta(minutes=2)
"""How long a sender may take before another one tries the same message."""
MAXIMUM_ATTEMPTS = 8
KEPT = timedelta(days=30)
"""How long a message stays after its end: who got what, for questions that come."""
_BATCH = 50


def enqueue(
    kind: str, *, to: str, language: str | None = None, **context: Any
) -> OutboxMessage:
    """Write a mail into the current transaction.

    ``language`` is the recipient's; where nobody knows it, it is the active one.
    """
    message = OutboxMessage(kind=kind, recipient=to, language=language or _language())
    written(message, **context).save(force_insert=True)
    return message


def defer(kind: str, *, to: str) -> OutboxMessage:
    """Ask for a mail that its writer writes when it is sent, or leaves unwritten.

    For mails whose being sent must not be told by the answer or its time.
    """
    return OutboxMessage.objects.create(
        kind=kind, recipient=to, language=_language(), deferred=True
    )


def written(
    message: OutboxMessage, *, language: str | None = None, **context: Any
) -> OutboxMessage:
    """The message with its text, which is not stored: for a writer to return."""
    message.language = language or message.language
    mail = mails.render(message.kind, context, language=message.language)
    message.subject, message.body, message.html = mail
    return message


def write_with(kind: str, writer: Writer) -> None:
    """Name the writer of a deferred kind; it returns None where no mail is due."""
    _writers[kind] = writer


def forget_recipient(address: str, *, instead: str) -> None:
    """Drop what waits for an address, and name another one on what went there."""
    of_address = OutboxMessage.objects.filter(recipient=address)
    waiting = of_address.filter(status=OutboxMessage.Status.PENDING)
    waiting.update(status=OutboxMessage.Status.DROPPED, updated_at=now())
    of_address.update(recipient=instead, subject="", body="", html="")


def _language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def send_due() -> int:
    """Send what is due; returns how many messages were sent.

    A message is claimed by one conditional update that moves its due time past the
    lease, so two senders never hold the same one. A sender that dies between sending
    and saying so makes one message leave twice, with the same Message-ID.
    """
    return sum(
        _send(message) for message in due(now()).order_by("due_at", "id")[:_BATCH]
    )


def due(at: datetime) -> QuerySet[OutboxMessage]:
    """Messages that are due at a moment."""
    return OutboxMessage.objects.filter(
        status=OutboxMessage.Status.PENDING, due_at__lte=at
    )


def send_all_due() -> int:
    """Send batch by batch until nothing more leaves; returns how many were sent."""
    sent = 0
    while batch := send_due():
        sent += batch
    return sent


def prunable(at: datetime) -> QuerySet[OutboxMessage]:
    """Messages that were sent, dropped or given up longer than ``KEPT`` ago."""
    pending = OutboxMessage.Status.PENDING
    ended = [s for s in OutboxMessage.Status.values if s != pending]
    return OutboxMessage.objects.filter(status__in=ended, due_at__lt=at - KEPT)


def prune(at: datetime) -> int:
    """Delete what is :func:`prunable`; returns how many."""
    return delete_in_batches(prunable(at))


def _send(message: OutboxMessage) -> bool:
    moment = now()
    claimed = OutboxMessage.objects.filter(
        pk=message.pk, status=OutboxMessage.Status.PENDING, due_at=message.due_at
    ).update(due_at=moment + LEASE, attempts=F("attempts") + 1, updated_at=moment)
    if not claimed:
        return False
    try:
        text = _writers[message.kind](message) if message.deferred else message
        if text is None:
            return _finish(message, OutboxMessage.Status.DROPPED)
        _mail(text).send()
    except Exception as error:  # noqa: BLE001 - a mail server may fail in any way
        _postpone(message, error)
        return False
    return _finish(message, OutboxMessage.Status.SENT)


def _finish(message: OutboxMessage, status: OutboxMessage.Status) -> bool:
    OutboxMessage.objects.filter(pk=message.pk).update(
        status=status, sent_at=now(), body="", html="", error=""
    )
    return status == OutboxMessage.Status.SENT


def _mail(message: OutboxMessage) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.body,
        to=[message.recipient],
        headers={
            "Message-ID": f"<{message.pk}@competition-site>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: let no robot answer it
            "Content-Language": message.language,
        },
    )
    if message.html:  # a mail of before there were two parts has none
        mail.attach_alternative(message.html, "text/html")
    return mail


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
