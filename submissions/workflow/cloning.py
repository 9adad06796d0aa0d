"""Stages of a cloned competition: the same windows and rubric, on other days."""

from __future__ import annotations

from datetime import timedelta

from registrations.models import Competition
from registrations.workflow.competitions import written_columns
from submissions.models import Criterion, Stage
from submissions.workflow.stages import publish_rubric


def clone_stages(source: Competition, clone: Competition, shift: timedelta) -> None:
    """Give ``clone`` the stages of ``source`` with their criteria, all dates shifted.

    In the transaction that makes the clone; judging and results start empty.
    """
    stages = Stage.objects.filter(competition=source).order_by("order", "id")
    criteria = Criterion.objects.filter(stage__in=list(stages)).order_by("id")
    for stage in stages:
        columns = written_columns(stage, shift) | {"competition_id": clone.pk}
        copy = Stage.objects.create(**columns)
        for criterion in criteria:
            if criterion.stage_id == stage.pk:
                Criterion.objects.create(
                    stage=copy, **written_columns(criterion, shift)
                )
        publish_rubric(copy)
