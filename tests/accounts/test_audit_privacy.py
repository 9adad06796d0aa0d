"""No secret ever reaches the audit trail, whatever verb of accounts is called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail

from accounts import tokens, workflow
from accounts.audit import record
from accounts.models import AuditEvent, MailToken, Session, StaffTotp, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.outbox.workflow import send_due
from competition_site.rules import RuleViolation
from tests.factories import (
    PASSWORD,
    make_admin,
    make_institution,
    make_staff,
    make_user,
)

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD, WRONG = (f"canary-password-{n}" for n in range(4))
PRIVATE = {
    "phone": "+62 899 7777 001",
    "student_number": "canary-number-1",
    "study_program": "canary-programme",
}
READS = {
    "check_credentials",
    "closed_address",
    "enrolment_uri",
    "has_second_factor",
    "hold_open_account",
    "prunable",
    "require_complete_profile",
    "require_verified_email",
    "token_digest",
    "who_may_be_logged_in",
}
"""What writes nothing, and so needs no canary."""


class Called:
    """The workflow, noting which of its verbs were called."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(workflow, name)


@pytest.fixture
def verbs() -> Called:
    return Called()


def mailed(kind: str) -> str:
    """The token of the newest mail of a kind, written or sent."""
    texts = [m.body for m in OutboxMessage.objects.filter(kind=kind).order_by("id")]
    texts += [m.body for m in mail.outbox]
    tokens_seen = [
        t.partition("#token=")[2].split()[0] for t in texts if "#token=" in t
    ]
    return tokens_seen[-1]


def live_through_everything(verbs: Called) -> set[str]:
    """Call every verb once and more; returns all secrets that came up."""
    secrets = {FIRST, SECOND, THIRD, WRONG, *PRIVATE.values()}
    admin, at = make_admin(), now()
    institution, duplicate = make_institution(), make_institution()
    user = verbs.register(
        email="canary@mail.example",
        password=FIRST,
        at=at,
        full_name="Sari",
        institution=duplicate,
        **PRIVATE,
    )
    verbs.send_verification(user, at=at)
    secrets.add(verify := mailed("verify_email"))
    verbs.verify_email(verify, at=at)
    verbs.change_profile(user, phone="+62 899 7777 002", full_name="Sari D")
    secrets.add("+62 899 7777 002")
    session = verbs.open_session(user, at=at, device="d", address="203.0.113.77")
    secrets |= {str(t) for t in tokens.pair(session, at=at).values()} - {"86400"}
    rotated = verbs.rotate(session.pk, jti=session.refresh_jti, ver=1, at=at)
    Session.objects.filter(pk=session.pk).update(previous_jti="other")
    with pytest.raises(RuleViolation):  # a stolen token: ends the session
        verbs.rotate(session.pk, jti=session.refresh_jti, ver=1, at=at)
    secrets |= {session.refresh_jti, rotated.refresh_jti}
    for end in ("log_out", "end_session"):
        other = verbs.open_session(user, at=at, device="d", address="203.0.113.77")
        secrets.add(other.refresh_jti)
        given = {"log_out": (other.pk,), "end_session": (other,)}[end]
        by = {"log_out": {}, "end_session": {"by": user}}[end]
        getattr(verbs, end)(*given, **by, at=at)
    verbs.change_password(user, current_password=FIRST, new_password=SECOND, at=at)
    with pytest.raises(RuleViolation):
        verbs.change_password(user, current_password=WRONG, new_password=FIRST, at=at)
    verbs.forget_password(user.email)
    verbs.write_reset_mail(OutboxMessage.objects.get(kind="reset_password"))
    send_due()
    secrets.add(token := mailed("reset_password"))
    verbs.reset_password(token, THIRD, at=at)
    user.refresh_from_db()
    verbs.set_role(user, "staff", by=admin)
    totp = verbs.enrol_second_factor(user, by=admin)
    secrets.add(totp)
    with pytest.raises(RuleViolation):
        verbs.admit_organiser(user.email, WRONG, "123456", at=at)
    verbs.remove_second_factor(user, by=admin)
    verbs.set_active(user, False, by=admin, at=at)
    verbs.set_active(user, True, by=admin, at=at)
    verbs.create_account(
        email="made@mail.example", password=SECOND, full_name="M", role="judge", by=None
    )
    verbs.confirm_institution(verbs.propose_institution("Baru", by=user), by=admin)
    verbs.merge_institutions(duplicate, institution, by=admin)
    verbs.change_institution(institution, by=admin, name="Another Name")
    verbs.end_all_sessions(user, by=admin, at=at)
    verbs.end_everybodys_sessions(by=None, at=at)
    stored = User.objects.values_list("password", flat=True)
    digests = MailToken.objects.values_list("digest", flat=True)
    secrets |= close(verbs)
    verbs.prune(at)
    return secrets | set(stored) | set(digests) | {"203.0.113.77"}


def close(verbs: Called) -> set[str]:
    leaver = make_user(phone="+62 811 4242 003")
    known = {leaver.email, leaver.phone}
    verbs.close_account(leaver, password=PASSWORD, at=now())
    return known


def trail_text() -> str:
    rows = AuditEvent.objects.values(
        "actor_name", "action", "object_type", "changes", "request_id"
    )
    return json.dumps(list(rows))


def test_no_verb_leaves_a_secret_in_the_trail(verbs: Called) -> None:
    secrets = live_through_everything(verbs)
    assert len(secrets) > 20
    text = trail_text()
    assert [s for s in secrets if s in text] == []
    assert verbs.names == set(workflow.__all__) - READS


def test_every_act_is_in_the_trail(verbs: Called) -> None:
    live_through_everything(verbs)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert actions == {
        "account.closed",
        "account.created",
        "account.deactivated",
        "account.email_verified",
        "account.password_changed",
        "account.profile_changed",
        "account.registered",
        "account.reopened",
        "account.role_changed",
        "account.second_factor_enrolled",
        "account.second_factor_removed",
        "institution.changed",
        "institution.confirmed",
        "institution.merged",
        "institution.proposed",
        "session.all_ended",
        "session.ended",
        "session.refresh_token_reused",
    }


def test_the_canaries_would_be_seen(staff: User) -> None:
    """The control: a verb that wrote a secret would fail the first test."""
    record(staff, "account.careless", staff, password=FIRST)
    assert FIRST in trail_text()


def test_a_second_factor_is_stored_nowhere_else() -> None:
    staff = make_staff()
    secret = workflow.enrol_second_factor(staff, by=None)
    assert StaffTotp.objects.get(user=staff).secret == secret
    for message in OutboxMessage.objects.all():
        assert secret not in message.body
