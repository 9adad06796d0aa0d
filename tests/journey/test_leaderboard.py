"""From sign-up to the leaderboard: two teams, two judges, one public result.

The marks are those of docs/results.md, worked by hand there.
"""

from __future__ import annotations

from tests.factories import make_institution
from tests.journey import judging, organisers
from tests.journey.accounts import PROFILE, joins
from tests.journey.client import Person
from tests.journey.judging import Judge
from tests.journey.mailbox import Mailbox
from tests.servers import Server

PLACES = [
    {"rank": 1, "team_name": "Garuda", "score": 81.25, "decided_by": "score"},
    {"rank": 2, "team_name": "Elang", "score": 80.1667, "decided_by": "score"},
]


def test_from_sign_up_to_the_leaderboard(server: Server, mailbox: Mailbox) -> None:
    url = server.url
    gadjah_mada, bandung, airlangga = (
        str(make_institution(name).pk)
        for name in ("Gadjah Mada", "Bandung", "Airlangga")
    )
    admin = organisers.appears(url)
    staff = judging.becomes_staff(url, mailbox, airlangga)
    dewi, eko = (
        joins(url, mailbox, f"{name}@kampus.example", name, institution=institution)
        for name, institution in (("dewi", gadjah_mada), ("eko", bandung))
    )
    ayu, bima, citra = (
        _signs_up(url, mailbox, name, institution)
        for name, institution in (
            ("Ayu", airlangga),
            ("Bima", airlangga),
            ("Citra", gadjah_mada),
        )
    )

    # Two teams hand in their work.
    path = judging.makes_a_stage(staff)
    elang = judging.hands_in(eko, staff, path, "Elang")
    garuda = judging.hands_in(dewi, staff, path, "Garuda")

    # The rubric, the judges, and who may not judge whom.
    stage = judging.write_the_rubric(staff, dewi, path)
    for judge in (ayu, bima, citra):
        judging.is_appointed(staff, judge)
    judging.takes_part_and_judges_not(staff, garuda)
    judging.is_refused_for_a_conflict(staff, stage, garuda, citra)
    judging.is_assigned(staff, stage, elang, citra)
    judging.gives_back(citra, elang)
    for entry in (garuda, elang):
        for judge in (ayu, bima):
            judging.is_assigned(staff, stage, entry, judge)
            judging.reads_without_names(judge, entry)

    # Marks; nothing is computed before the last of them.
    judging.begins_and_finishes(
        ayu,
        garuda,
        stage.marks(Idea=1),
        stage.marks(Idea=8, Prototype=40, Pitch=15),
    )
    ayu.reviews(elang, stage.marks(Idea=10, Prototype=35), final=False)
    judging.is_refused(
        staff,
        stage,
        ("review_missing", elang),
        ("review_open", elang),
        ("review_open", garuda),
    )
    ayu.reviews(elang, stage.marks(Idea=10, Prototype=35))
    bima.reviews(garuda, stage.marks(Idea=9, Prototype=45, Pitch=10))
    bima.reviews(elang, stage.marks(Idea=7, Prototype=40, Pitch=18))

    # Computed, and nothing public until an admin releases it after the end.
    judging.nothing_is_public(url)
    empty = Person(url).get(judging.BOARD).headers["ETag"]
    judging.is_computed(staff, stage, PLACES)
    judging.stays_closed(stage, garuda, ayu)
    judging.nothing_is_public(url)
    judging.is_too_early(admin, stage)
    judging.ends(staff, stage, garuda)
    judging.is_released(admin, staff, stage, 1)
    rows = [
        {
            "rank": place["rank"],
            "team_name": place["team_name"],
            "institution": entry.institution,
            "score": place["score"],
            "outcome": None,
            "award": None,
        }
        for place, entry in zip(PLACES, (garuda, elang), strict=True)
    ]
    first = judging.everybody_sees(url, 1, rows, known=empty)

    # A correction, and an end.
    judging.is_corrected(admin, staff, stage, PLACES)
    judging.everybody_sees(url, 2, rows, known=first)
    judging.is_withdrawn(admin, staff, stage, 2)
    judging.nothing_is_public(url)


def _signs_up(url: str, mailbox: Mailbox, name: str, institution: str) -> Judge:
    judge = Judge(url, f"{name.lower()}@kampus.example", name)
    judge.registers(**PROFILE, institution=institution)
    judge.verifies(mailbox)
    return judge
