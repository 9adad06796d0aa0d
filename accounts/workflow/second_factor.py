"""The second factor of organisers: codes by time (RFC 6238), each good once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pyotp
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pyotp.exceptions import OTPVerificationError

from accounts.audit import record
from accounts.models import StaffTotp, User
from accounts.workflow.sessions import check_credentials
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation

WINDOW = 1
"""Steps of 30 seconds by which a telephone's clock may be wrong, either way."""
ISSUER = "Competition office"

_NOBODY = UUID(int=0)
_NO_SECRET = "A" * 32


def enrolled() -> RuleViolation:
    return RuleViolation("already_exists", _("This account has a second factor."))


@duplicates_refused({("user_id",): enrolled})
@retry_on_conflict
@transaction.atomic
def enrol_second_factor(user: User, *, by: User | None) -> str:
    """Give an organiser a second factor; returns its secret, which is shown once.

    Raises RuleViolation: not_eligible (only organisers log in to the admin),
    already_exists.
    """
    if not user.is_organiser:
        raise RuleViolation("not_eligible", _("Only organisers have a second factor."))
    if has_second_factor(user):
        raise enrolled()
    secret = pyotp.random_base32()
    StaffTotp.objects.create(user=user, secret=secret)
    record(by, "account.second_factor_enrolled", user)
    return secret


@retry_on_conflict
@transaction.atomic
def remove_second_factor(user: User, *, by: User | None) -> bool:
    """Take the second factor away; false where there was none."""
    removed, _rows = StaffTotp.objects.filter(user=user).delete()
    if removed:
        record(by, "account.second_factor_removed", user)
    return bool(removed)


def has_second_factor(user: User) -> bool:
    return StaffTotp.objects.filter(user=user).exists()


def enrolment_uri(user: User, secret: str) -> str:
    """The ``otpauth://`` address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def admit_organiser(email: str, password: str, code: str, *, at: datetime) -> User:
    """The organiser who enters the admin by these.

    One password is hashed, one second factor read and one code computed whichever of
    the three is wrong, so neither the answer nor its time tells which.

    Raises RuleViolation: invalid_credentials (anything wrong, or no organiser),
    permission_denied (the setting asks for a second factor and there is none).
    """
    user = _known(email, password)
    held = StaffTotp.objects.filter(user=user.pk if user else _NOBODY).first()
    step = _step_of(code, held.secret if held else _NO_SECRET, at)
    if user is None or not user.is_organiser:
        raise RuleViolation("invalid_credentials")
    if held is None:
        _require_none_is_needed()
    elif step is None or not _use(held, step, at):
        raise RuleViolation("invalid_credentials")
    return user


def _known(email: str, password: str) -> User | None:
    try:
        return check_credentials(email, password)
    except RuleViolation:
        return None


def _step_of(code: str, secret: str, at: datetime) -> int | None:
    """The time step that ``code`` belongs to, if it is one of now."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            "".join(code.split()), for_time=at, valid_window=WINDOW
        )
    except OTPVerificationError:
        return None


@retry_on_conflict
def _use(held: StaffTotp, step: int, at: datetime) -> bool:
    """Spend a code: no later one may be of its step, or of one before."""
    unused = StaffTotp.objects.filter(pk=held.pk, last_step__lt=step)
    return bool(unused.update(last_step=step, updated_at=at))


def _require_none_is_needed() -> None:
    if settings.REQUIRE_STAFF_TOTP:
        text = _(
            "Organisers need a second factor: ask whoever runs this site for "
            "“manage.py enroll_totp” with your address."
        )
        raise RuleViolation("permission_denied", text)
