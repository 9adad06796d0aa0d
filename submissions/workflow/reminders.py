"""Leaders are reminded of a stage that closes soon, as long as nothing is handed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from competition_site.db.batches import in_batches
from competition_site.upkeep.reminders import Deadline, tell_once, untold
from registrations.models import Registration
from registrations.workflow.notices import tell_leader
from submissions.models import Extension, Stage, Submission
from submissions.workflow.deadlines import window_of

KIND = "stage_closing"

Meant = tuple[Registration, Stage, Deadline]


def due_reminders(at: datetime) -> Iterator[Meant]:
    """Competing teams without a version for a stage that closes soon.

    A team's extension is its own end of the stage.
    """
    soon = (at, at + settings.REMIND_BEFORE)
    open_stages = Stage.objects.filter(paused=False, opens_at__lte=at)
    for stage in open_stages.filter(closes_at__gt=soon[0], closes_at__lte=soon[1]):
        teams = Registration.objects.competing().filter(
            competition=stage.competition_id
        )
        for batch in in_batches(teams):
            yield from _near(batch, stage, at)
    extended = Extension.objects.filter(until__gt=soon[0], until__lte=soon[1])
    for stage in open_stages.filter(pk__in={e.stage_id for e in extended}):
        keys = {e.registration_id for e in extended if e.stage_id == stage.pk}
        teams = Registration.objects.competing().filter(pk__in=keys)
        yield from _near(list(teams), stage, at)


def _near(teams: Sequence[Registration], stage: Stage, at: datetime) -> Iterator[Meant]:
    keys = [team.pk for team in teams]
    done = _handed_in(stage, keys)
    own_ends = dict(
        Extension.objects.filter(stage=stage, registration__in=keys).values_list(
            "registration_id", "until"
        )
    )
    by_key = {team.pk: team for team in teams if team.pk not in done}
    deadlines = [_deadline(stage, key, own_ends.get(key)) for key in by_key]
    for deadline in untold(d for d in deadlines if d.is_near(at)):
        yield by_key[deadline.object_id], stage, deadline


def _deadline(stage: Stage, team: UUID, until: datetime | None) -> Deadline:
    window = window_of(stage, until)
    return Deadline(KIND, team, stage.pk, window.opens_at, window.closes_at)


def _handed_in(stage: Stage, teams: Sequence[UUID]) -> set[UUID]:
    """Of these teams those that have handed in, or have ended their entry."""
    rows = Submission.objects.filter(stage=stage, registration__in=teams)
    over = rows.exclude(version_number=0, status=Submission.Status.DRAFT)
    return set(over.values_list("registration_id", flat=True))


def remind(registration: Registration, stage: Stage, deadline: Deadline) -> bool:
    """Mail the leader, once; false where the team has handed in in the meantime.

    Raises RuleViolation: invalid_transition (told already).
    """

    def write() -> bool:
        competing = Registration.objects.competing().filter(pk=registration.pk)
        team = competing.first()
        if team is None or _handed_in(stage, [team.pk]):
            return False
        tell_leader(team, KIND, stage=stage, due_at=deadline.due_at)
        return True

    return tell_once(deadline, write)
