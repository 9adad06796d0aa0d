"""How the pages choose a stage: always named with its competition."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.admin import RelatedFieldListFilter
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from submissions.models import Stage


def full_name(stage: Stage) -> str:
    return f"{stage.competition}: {stage.name}"


class StageField(forms.ModelChoiceField):
    """A stage out of all; an event has a few dozen."""

    def __init__(self, **options: Any) -> None:
        stages = Stage.objects.order_by("-id").prefetch_related("competition")
        super().__init__(stages, label=capfirst(_("stage")), **options)

    def label_from_instance(self, stage: Stage) -> str:
        return full_name(stage)


class StageFilter(RelatedFieldListFilter):
    """A list's rows of one stage."""

    def field_choices(self, *_arguments: Any) -> list[tuple[UUID, str]]:
        stages = Stage.objects.order_by("-id").prefetch_related("competition")
        return [(stage.pk, full_name(stage)) for stage in stages]
