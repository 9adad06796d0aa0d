"""Extensions: a later end of one stage for one team, by whom, why and until when."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.clock import iso, now
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation
from registrations.models import Registration
from submissions.models import Extension, Stage


@retry_on_conflict
@duplicates_refused({("stage_id", "registration_id"): Conflict})
@transaction.atomic
def extend(
    stage: Stage,
    registration: Registration,
    *,
    until: datetime,
    reason: str,
    by: User,
    if_version: int | None = None,
) -> tuple[Extension, bool]:
    """Let a team hand in on time until ``until``; whether the extension is new.

    One that is there is changed. It may be given after the stage has closed, and opens
    it again for that team. Raises RuleViolation: validation_error (``until``),
    not_competing (a draft, or a team that has left), stale_version (``if_version`` is
    another, or nothing is there).
    """
    _hold_team(registration)
    stage = _held(stage)
    if until <= stage.closes_at:
        text = _("This is before the stage closes.")
        raise RuleViolation("validation_error", errors={"until": [text]})
    held = Extension.objects.filter(stage=stage, registration=registration).first()
    given = {"until": until, "reason": reason, "granted_by": by}
    if held is None:
        if if_version is not None:
            raise RuleViolation("stale_version")
        extension = Extension.objects.create(
            stage=stage,
            registration=registration,
            team_name=registration.team_name,
            stage_name=stage.name,
            **given,
        )
        _note(extension, "extension.granted", iso(until))
    else:
        before = iso(held.until)
        extension = held.change(if_version=if_version, **given)
        _note(extension, "extension.changed", f"{before} → {iso(until)}")
    _tell_team(extension, registration)
    return extension, held is None


def _hold_team(registration: Registration) -> None:
    """Keep the team's row for this transaction: a draft may be deleted, and with its
    extension it could not; who has left needs no time.
    """
    entered = set(Registration.ACTIVE) - {Registration.Status.DRAFT}
    rows = Registration.objects.filter(pk=registration.pk, status__in=entered)
    if not rows.update(updated_at=now()):
        raise RuleViolation("not_competing")


def _held(stage: Stage) -> Stage:
    """The stage as it is now, its row kept for this transaction: whoever deletes it or
    releases its results comes before or after, never at once.
    """
    if not Stage.objects.filter(pk=stage.pk).update(updated_at=now()):
        raise RuleViolation("not_found")
    return Stage.objects.get(pk=stage.pk)


def _note(extension: Extension, action: str, until: str) -> None:
    record(
        extension.granted_by,
        action,
        extension,
        stage=extension.stage_id,
        registration=extension.registration_id,
        until=until,
        reason=extension.reason,
    )


def _tell_team(extension: Extension, registration: Registration) -> None:
    ids = [member["id"] for member in registration.roster]
    for member in User.objects.filter(pk__in=ids, is_active=True):
        enqueue(
            "extension", to=member.email, language=member.language, extension=extension
        )
