"""Criteria of a stage: changed until the first marks are given under them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation
from submissions.models import Criterion, Review, Stage
from submissions.workflow.stages import publish_rubric


@retry_on_conflict
@transaction.atomic
def add_criterion(stage: Stage, *, by: User, **fields: Any) -> Criterion:
    """Add a line to the rubric. Raises RuleViolation: in_use."""
    _require_unmarked(stage)
    criterion = Criterion.objects.create(stage=stage, **fields)
    publish_rubric(stage)
    record(by, "criterion.created", criterion, stage=stage.pk)
    return criterion


@retry_on_conflict
@transaction.atomic
def change_criterion(
    criterion: Criterion, *, by: User, if_version: int | None = None, **fields: Any
) -> Criterion:
    """Change a line of the rubric. Raises RuleViolation: in_use, stale_version."""
    _require_unmarked(criterion.stage)
    criterion.change(if_version=if_version, **fields)
    publish_rubric(criterion.stage)
    record(by, "criterion.changed", criterion, fields=", ".join(sorted(fields)))
    return criterion


@retry_on_conflict
@transaction.atomic
def remove_criterion(criterion: Criterion, *, by: User) -> None:
    """Take a line off the rubric. Raises RuleViolation: in_use."""
    _require_unmarked(criterion.stage)
    record(by, "criterion.removed", criterion, stage=criterion.stage_id)
    stage = criterion.stage
    criterion.delete()
    publish_rubric(stage)


def _require_unmarked(stage: Stage) -> None:
    """Marks given under one rubric mean nothing under another.

    The rubric's change and the first review both write the stage's row, so on either
    database the second of two that race is made to look again.
    """
    if Review.objects.filter(stage=stage).exists():
        raise RuleViolation("in_use", _("Marks are given under this rubric already."))
