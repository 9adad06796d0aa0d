"""The shapes of judging and results, from section 6 of the API contract."""

from __future__ import annotations

from tests.journey.kinds import (
    Maybe,
    anything,
    flag,
    moment,
    sha256,
    text,
    uuid7,
    whole,
)

CRITERION = {
    "id": uuid7,
    "name": text,
    "description": text,
    "max_score": whole,
    "weight": whole,
    "required": flag,
}
JUDGE = {"id": uuid7, "full_name": text, "appointed_at": moment}
REVIEW = {
    "scores": dict,
    "comment": text,
    "private_note": text,
    "final": flag,
    "saved_at": moment,
    "version": whole,
}
FILE = {
    "id": uuid7,
    "name": text,
    "size": whole,
    "sha256": sha256,
    "content_type": text,
}
ASSIGNMENT = {
    "id": uuid7,
    "stage": {"id": uuid7, "name": text},
    "submission": {
        "id": uuid7,
        "code_name": Maybe(text),
        "team_name": Maybe(text),
        "title": text,
        "files": [FILE],
    },
    "status": text,
    "review": Maybe(REVIEW),
}
CONFLICT = {
    "id": uuid7,
    "registration": Maybe(uuid7),
    "institution": Maybe(uuid7),
    "user": Maybe(uuid7),
    "reason": text,
    "created_at": moment,
}
PUBLIC_ROW = {
    "rank": whole,
    "team_name": text,
    "institution": Maybe(text),
    "score": float,
    "outcome": Maybe(text),
    "award": Maybe(text),
}
SNAPSHOT = {
    "id": uuid7,
    "stage": {"id": uuid7, "name": text},
    "number": whole,
    "status": text,
    "reason": Maybe(text),
    "computed_at": moment,
    "released_at": Maybe(moment),
    "blockers": [anything],
    "rows": [PUBLIC_ROW | {"raw_score": float, "decided_by": text}],
}
LEADERBOARD = {
    "stage": Maybe({"id": uuid7, "name": text}),
    "snapshot": Maybe(whole),
    "released_at": Maybe(moment),
    "rows": [PUBLIC_ROW],
}
