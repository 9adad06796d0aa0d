"""The checked-in table: state, verb and role → what the API answers.

In ``STATES`` and ``PAYMENTS`` a cell is what the one who may ask gets: ``ok``, or ``-``
for 409 ``invalid_transition``. ``ROLES`` says who may ask: ``*`` gets that cell,
everybody else the status that stands there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

STATES = """
                 draft submitted changes_requested waitlisted offered approved rejected withdrawn expired disqualified
edit             ok    -         ok                -          -       -        -        -         -       -
delete           ok    -         -                 -          -       -        -        -         -       -
submit           ok    -         ok                -          -       -        -        -         -       -
withdraw         ok    ok        ok                ok         ok      ok       -        -         -       -
accept_offer     -     -         -                 -          ok      -        -        -         -       -
decline_offer    -     -         -                 -          ok      -        -        -         -       -
invite           ok    ok        ok                ok         ok      ok       -        -         -       -
remove_members   ok    ok        ok                ok         ok      ok       -        -         -       -
leave            ok    ok        ok                ok         ok      ok       -        -         -       -
transfer_leadership ok ok        ok                ok         ok      ok       ok       -         -       -
upload_document  ok    ok        ok                ok         ok      ok       -        -         -       -
pay              -     ok        ok                -          -       ok       -        -         -       -
approve          -     ok        -                 -          -       -        -        -         -       -
reject           -     ok        -                 -          -       -        -        -         -       -
request_changes  -     ok        -                 -          -       -        -        -         -       -
waitlist         -     ok        -                 -          -       -        -        -         -       -
reopen           -     -         -                 -          -       ok       ok       -         -       -
disqualify       ok    ok        ok                ok         ok      ok       -        -         -       -
verify_payment   -     -         -                 -          -       -        -        -         -       -
refuse_payment   -     -         -                 -          -       -        -        -         -       -
waive_payment    -     ok        ok                -          -       ok       ok       -         -       -
"""  # noqa: E501 - a table is as wide as it is
"""A team of a competition with a fee, which it has not paid yet."""

PAYMENTS = """
                 not_required awaiting proof_submitted verified waived expired
pay              -            ok       -               -        -      -
verify_payment   -            -        ok              -        -      -
refuse_payment   -            -        ok              -        -      -
waive_payment    -            ok       ok              -        -      -
"""
"""A submitted team, or one that has expired with its payment."""

ROLES = """
                 leader member other staff admin judge
edit             *      403    404   403   403   404
delete           *      403    404   403   403   404
submit           *      403    404   403   403   404
withdraw         *      403    404   403   403   404
accept_offer     *      403    404   403   403   404
decline_offer    *      403    404   403   403   404
invite           *      403    404   403   403   404
remove_members   *      403    404   403   403   404
leave            -      *      404   403   403   404
transfer_leadership *   403    404   403   403   404
upload_document  *      *      404   403   403   404
pay              *      *      404   403   403   404
approve          403    403    403   *     *     403
reject           403    403    403   *     *     403
request_changes  403    403    403   *     *     403
waitlist         403    403    403   *     *     403
reopen           403    403    403   *     *     403
disqualify       403    403    403   *     *     403
verify_payment   403    403    403   *     *     403
refuse_payment   403    403    403   *     *     403
waive_payment    403    403    403   *     *     403
"""

CODES = {"403": "permission_denied", "404": "not_found", "-": "invalid_transition"}


class Cell(NamedTuple):
    """One question: what does ``role`` get for ``verb``? None is a success."""

    verb: str
    role: str
    code: str | None


def columns(table: str) -> list[str]:
    return table.split("\n")[1].split()


def cells(table: str, state: str) -> Iterator[Cell]:
    """Every verb of a table, asked by every role in a state."""
    outcomes, who = _read(table), _read(ROLES)
    for verb, by_state in outcomes.items():
        for role, answer in who[verb].items():
            outcome = by_state[state] if answer == "*" else answer
            yield Cell(verb, role, None if outcome == "ok" else CODES[outcome])


def _read(table: str) -> dict[str, dict[str, str]]:
    _blank, head, *lines = table.rstrip().split("\n")
    rows = (line.split() for line in lines)
    return {verb: dict(zip(head.split(), given, strict=True)) for verb, *given in rows}
