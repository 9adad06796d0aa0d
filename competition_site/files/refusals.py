"""How a file is refused: 400, naming the field ``file``."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from competition_site.rules import RuleViolation, Text

BROKEN = _("The file is damaged or incomplete; please export it again.")


def file_refused(text: Text) -> RuleViolation:
    """The refusal of a file for what it is."""
    return RuleViolation("validation_error", errors={"file": [text]})


def broken() -> RuleViolation:
    """The refusal of a file that is not whole, or not what it says."""
    return file_refused(BROKEN)
