"""People: they register, and keep their own profile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Institution, User
from accounts.models.user import normalised_email
from accounts.workflow.followers import Event, tell
from accounts.workflow.mail_tokens import send_verification
from competition_site.clock import now
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.rules import RuleViolation


def register(*, email: str, password: str | None, at: datetime, **profile: Any) -> User:
    """Open an account and mail the link that proves its address.

    Without a password nobody can log in to it yet. Raises RuleViolation: email_taken.
    """
    user = _new_user(email, password, **_with_names(profile))
    _store_registered(user, at=at)
    return user


def create_account(
    *, email: str, password: str, full_name: str, role: str, by: User | None
) -> User:
    """Open an account for somebody else; no mail is sent.

    Raises RuleViolation: email_taken.
    """
    user = _new_user(email, password, full_name=full_name, role=role)
    _store_created(user, by=by)
    return user


def _new_user(email: str, password: str | None, **fields: Any) -> User:
    """The row to store. Its password is hashed outside of any transaction.

    A hash takes 20 ms, in which SQLite's one writer would hold up all others.
    """
    user = User(email=normalised_email(email), **fields)
    user.set_password(password)
    return user


@duplicates_refused({("email",): lambda: RuleViolation("email_taken")})
@retry_on_conflict
@transaction.atomic
def _store_registered(user: User, *, at: datetime) -> None:
    if user.institution is not None:
        _hold_institution(user.institution)
        user.institution_name = user.institution.name
    user.save(force_insert=True)
    record(user, "account.registered", user)
    send_verification(user, at=at)


@duplicates_refused({("email",): lambda: RuleViolation("email_taken")})
@retry_on_conflict
@transaction.atomic
def _store_created(user: User, *, by: User | None) -> None:
    user.save(force_insert=True)
    record(by, "account.created", user, role=user.role)


@retry_on_conflict
@transaction.atomic
def change_profile(
    user: User, *, by: User | None = None, if_version: int | None = None, **fields: Any
) -> User:
    """Change a profile: one's own, or ``by`` an admin.

    Raises RuleViolation: stale_version, not_found (the institution was merged).
    """
    if fields.get("institution") is not None:
        _hold_institution(fields["institution"])
    user.change(if_version=if_version, **_with_names(fields))
    if fields.keys() & {"full_name", "institution"}:
        tell(Event.RENAMED, [user], at=now())
    fields_changed = ", ".join(sorted(fields))
    record(by or user, "account.profile_changed", user, fields=fields_changed)
    return user


def _with_names(profile: dict[str, Any]) -> dict[str, Any]:
    """Copy the institution's name beside its key, so that reading needs no join."""
    if "institution" not in profile:
        return profile
    institution = profile["institution"]
    return {**profile, "institution_name": institution.name if institution else ""}


def _hold_institution(institution: Institution) -> None:
    """Keep an institution, under the name that it is known by, for this transaction.

    Who renames or merges it writes its row as well, and one of the two starts again.
    Raises RuleViolation: not_found.
    """
    rows = Institution.objects.filter(pk=institution.pk)
    if rows.filter(name=institution.name).update(updated_at=now()):
        return
    if not rows.exists():
        text = _("No record has this id.")
        raise RuleViolation("not_found", errors={"institution": [text]})
    institution.refresh_from_db()
    raise Conflict


def require_verified_email(user: User) -> None:
    """Raises RuleViolation("email_not_verified") where the setting asks for it."""
    if settings.REQUIRE_VERIFIED_EMAIL and not user.email_verified:
        raise RuleViolation("email_not_verified")


def hold_open_account(user: User) -> bool:
    """Write the person's row in a transaction that counts on who they are.

    Whoever closes the account or changes the profile meanwhile writes that row too, and
    one of the two starts again. The instance is read anew where it is not of today;
    false where the account is closed.
    """
    rows = User.objects.filter(pk=user.pk, is_active=True)
    if rows.filter(version=user.version).update(updated_at=now()):
        return True
    user.refresh_from_db()
    return bool(rows.update(updated_at=now()))


def require_complete_profile(user: User) -> None:
    """Raises RuleViolation("profile_incomplete"), naming the missing fields."""
    if user.missing_fields:
        raise RuleViolation("profile_incomplete", missing_fields=user.missing_fields)
