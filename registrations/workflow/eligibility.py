"""Who may take part: an organiser's conditions, one function each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Institution, User
from competition_site.clock import now
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Registration
from registrations.models.competition import open_to_everybody

MOST_INSTITUTIONS = 500
MOST_DOMAINS = 100
FIRST_YEAR, LAST_YEAR = 1950, 2100
_HOST_NAME = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)

Eligibility = Mapping[str, Any]
Errors = Iterator[tuple[str, Text]]


# --- the conditions as they are written ----------------------------------------------
def completed(written: Eligibility) -> dict[str, Any]:
    """Conditions with every key of their shape; a key left out refuses nobody."""
    whole = open_to_everybody() | dict(written)
    return whole | {"institutions": [str(key) for key in whole["institutions"]]}


def shape_errors(written: Any) -> Errors:
    """What is wrong with conditions, each with its dotted field."""
    if not isinstance(written, Mapping) or not (
        written.keys() <= open_to_everybody().keys()
    ):
        yield "eligibility", _("These are not the conditions of a competition.")
        return
    whole = open_to_everybody() | dict(written)
    for field, rule in _RULES.items():
        if error := rule(whole):
            yield f"eligibility.{field}", error


def _institutions_error(written: Eligibility) -> Text | None:
    keys = written["institutions"]
    if not _is_list(keys, MOST_INSTITUTIONS) or not all(map(_is_key, keys)):
        return _("This is a list of at most 500 institutions, by their ids.")
    return None


def _domains_error(written: Eligibility) -> Text | None:
    domains = written["email_domains"]
    if not _is_list(domains, MOST_DOMAINS) or not all(map(_is_host_name, domains)):
        return _("This is a list of at most 100 host names such as mail.ugm.ac.id.")
    return None


def _first_year_error(written: Eligibility) -> Text | None:
    return _year_error(written["entry_year_min"])


def _last_year_error(written: Eligibility) -> Text | None:
    first, last = written["entry_year_min"], written["entry_year_max"]
    if error := _year_error(last):
        return error
    if None not in {first, last} and _year_error(first) is None and last < first:
        return _("This is before the first entry year.")
    return None


def _mixed_error(written: Eligibility) -> Text | None:
    if isinstance(written["mixed_institutions"], bool):
        return None
    return _("This is true or false.")


_RULES: dict[str, Callable[[Eligibility], Text | None]] = {
    "institutions": _institutions_error,
    "email_domains": _domains_error,
    "entry_year_min": _first_year_error,
    "entry_year_max": _last_year_error,
    "mixed_institutions": _mixed_error,
}


def _year_error(year: Any) -> Text | None:
    whole = isinstance(year, int) and not isinstance(year, bool)
    if year is None or (whole and FIRST_YEAR <= year <= LAST_YEAR):
        return None
    return _("This is a year from 1950 to 2100, or null.")


def _is_list(values: Any, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= most
        and len({str(value) for value in values}) == len(values)
    )


def _is_key(key: Any) -> bool:
    try:
        return isinstance(key, UUID) or str(UUID(key)) == key
    except (AttributeError, TypeError, ValueError):
        return False


def _is_host_name(domain: Any) -> bool:
    return isinstance(domain, str) and bool(_HOST_NAME.fullmatch(domain))


def hold_institutions(keys: Collection[str]) -> None:
    """Keep the institutions of a condition in being for the rest of the transaction.

    Merging deletes one, so that of the two that race one begins again. Raises
    RuleViolation: validation_error (one of them does not exist).
    """
    rows = Institution.objects.filter(pk__in=list(keys))
    if keys and rows.update(updated_at=now()) != len(keys):
        text = _("One of these institutions does not exist.")
        errors: dict[str, list[Text]] = {"eligibility.institutions": [text]}
        raise RuleViolation("validation_error", errors=errors)


# --- the conditions as they are applied ----------------------------------------------
@dataclass(frozen=True)
class Candidate:
    """A person who wants to take part, and the institution of their team's leader."""

    person: User
    team_institution: UUID | None


def _of_an_institution(who: Candidate, conditions: Eligibility) -> bool:
    allowed = conditions["institutions"]
    return not allowed or str(who.person.institution_id) in allowed


def _of_a_domain(who: Candidate, conditions: Eligibility) -> bool:
    """An address that nobody has verified proves nothing."""
    allowed = conditions["email_domains"]
    domain = who.person.email.rpartition("@")[2]
    return not allowed or (who.person.email_verified and domain in allowed)


def _entered_late_enough(who: Candidate, conditions: Eligibility) -> bool:
    first, year = conditions["entry_year_min"], who.person.entry_year
    return first is None or (year is not None and year >= first)


def _entered_early_enough(who: Candidate, conditions: Eligibility) -> bool:
    last, year = conditions["entry_year_max"], who.person.entry_year
    return last is None or (year is not None and year <= last)


def _of_the_leaders_institution(who: Candidate, conditions: Eligibility) -> bool:
    if conditions["mixed_institutions"]:
        return True
    own = who.person.institution_id
    return own is not None and own == who.team_institution


_CONDITIONS: dict[str, tuple[Callable[[Candidate, Eligibility], bool], Text]] = {
    "institutions": (
        _of_an_institution,
        _("%(name)s: the institution is not one of those invited."),
    ),
    "email_domains": (
        _of_a_domain,
        _("%(name)s: a verified e-mail address of one of these is needed: %(value)s."),
    ),
    "entry_year_min": (
        _entered_late_enough,
        _("%(name)s: the entry year must be %(value)s or later."),
    ),
    "entry_year_max": (
        _entered_early_enough,
        _("%(name)s: the entry year must be %(value)s or earlier."),
    ),
    "mixed_institutions": (
        _of_the_leaders_institution,
        _("%(name)s: all members must be of the leader's institution."),
    ),
}


def is_restricted(competition: Competition) -> bool:
    """Whether anybody at all may be refused."""
    return completed(competition.eligibility) != open_to_everybody()


def require(
    competition: Competition,
    people: Collection[User],
    *,
    team_institution: UUID | None,
) -> None:
    """Every one of these people meets the competition's conditions.

    ``team_institution`` is that of the team's leader. Raises
    RuleViolation("not_eligible"), naming each condition as ``eligibility.<key>`` with
    a sentence for each person who doesn't meet it.
    """
    conditions = completed(competition.eligibility)
    errors: dict[str, list[Text]] = {}
    for key, (holds, text) in _CONDITIONS.items():
        told = {"value": _told(conditions[key])}
        refused: list[Text] = [
            text % {"name": person.full_name, **told}
            for person in people
            if not holds(Candidate(person, team_institution), conditions)
        ]
        if refused:
            errors[f"eligibility.{key}"] = refused
    if errors:
        raise RuleViolation("not_eligible", errors=errors)


def require_team(competition: Competition, registration: Registration) -> None:
    """The same of a whole roster: one query, none where everybody may take part."""
    if not is_restricted(competition):
        return
    people = list(User.objects.filter(pk__in=registration.member_ids).order_by("id"))
    institutions = {p.pk: p.institution_id for p in people}
    leaders = institutions.get(registration.leader_id)
    require(competition, people, team_institution=leaders)


def _told(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
