"""The outbox: a mail leaves once, after its change, and never holds a token at rest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction

from competition_site.clock import now
from competition_site.outbox import workflow
from competition_site.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db


def enqueue(**changes: object) -> OutboxMessage:
    message = workflow.enqueue(
        "verify_email", to="sari@mail.example", name="Sari", token="t0k3n"
    )
    OutboxMessage.objects.filter(pk=message.pk).update(**changes)
    return message


def test_a_mail_is_sent_once_and_its_body_emptied():
    message = enqueue()
    assert workflow.send_due() == 1
    assert workflow.send_due() == 0
    message.refresh_from_db()
    assert message.status == OutboxMessage.Status.SENT
    assert message.body == ""
    assert "t0k3n" in mail.outbox[0].body
    assert mail.outbox[0].to == ["sari@mail.example"]


def test_a_change_that_is_rolled_back_sends_nothing():
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)
    assert workflow.send_due() == 0


def test_a_mail_that_is_not_due_waits():
    enqueue(due_at=now() + timedelta(minutes=1))
    assert workflow.send_due() == 0


def test_a_mail_that_somebody_else_claimed_is_left_alone():
    message = enqueue()
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=now() + workflow.LEASE)
    assert workflow._send(message) is False
    assert mail.outbox == []


def test_a_failing_server_postpones_and_at_last_gives_up(settings):
    settings.EMAIL_BACKEND = "tests.competition_site.test_outbox.NoServer"
    message = enqueue()
    assert workflow.send_due() == 0
    message.refresh_from_db()
    assert message.status == OutboxMessage.Status.PENDING
    assert message.due_at > now()
    assert message.error.startswith("ConnectionRefusedError")
    enqueue_again = OutboxMessage.objects.filter(pk=message.pk)
    enqueue_again.update(attempts=workflow.MAXIMUM_ATTEMPTS - 1, due_at=now())
    workflow.send_due()
    message.refresh_from_db()
    assert message.status == OutboxMessage.Status.FAILED


def test_the_command_sends_what_is_due(capsys):
    enqueue()
    call_command("run_outbox")
    assert capsys.readouterr().out == "1 sent\n"


class NoServer:
    """A mail backend whose server is away."""

    def __init__(self, **kwargs: object) -> None:
        pass

    def send_messages(self, messages: object) -> int:
        raise ConnectionRefusedError
