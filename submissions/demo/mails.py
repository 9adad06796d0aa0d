"""The demo's mails: read where a link is needed, and never sent."""

from __future__ import annotations

from django.db.models import QuerySet

from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage

Status = OutboxMessage.Status


def take_token(kind: str, recipient: str) -> str:
    """The token of the newest mail of this kind, which counts as read from now on.

    Call it in the transaction that wrote the mail: outside of it the outbox may have
    sent, and so emptied, the mail already.
    """
    mails = OutboxMessage.objects.filter(kind=kind, recipient=recipient)
    mail = mails.order_by("-id")[0]
    _settle(mails.filter(pk=mail.pk))
    return mail.body.partition("#token=")[2].split()[0]


def settle(domain: str) -> None:
    """Count the mails to the demo's people as sent, as their addresses are nobody's.

    Open invitations stay: their links are for whoever tries the demo.
    """
    mails = OutboxMessage.objects.filter(recipient__endswith=f"@{domain}")
    _settle(mails.exclude(kind="invitation"))


def _settle(mails: QuerySet[OutboxMessage]) -> None:
    mails.filter(status=Status.PENDING).update(
        status=Status.SENT, sent_at=now(), attempts=1, body=""
    )
