"""The mails of submissions, and what a preview shows in them."""

from datetime import UTC, datetime
from hashlib import sha256

from competition_site.outbox.mails import describe

describe(
    "receipt",
    team_name="Tim Garuda",
    version={
        "number": 2,
        "title": "A lamp that runs on salt water",
        "stage_name": "Proposal",
        "code": "7KQ2-M9XD-4TRA",
        "submitted_at": datetime(2026, 3, 1, 16, 58, 12, tzinfo=UTC),
        "files": [
            {"name": name, "sha256": sha256(name.encode()).hexdigest()}
            for name in ("proposal.pdf", "drawings.zip")
        ],
    },
)

describe(
    "stage_closing",
    registration={
        "team_name": "Tim Garuda",
        "competition_title": "Capture the Flag 2026",
        "pk": "01890a5d-ac96-774b-bcce-b302099a8057",
    },
    stage={"name": "Proposal"},
    due_at=datetime(2026, 3, 8, 16, 59, tzinfo=UTC),
)

describe(
    "extension",
    extension={
        "team_name": "Tim Garuda",
        "stage_name": "Proposal",
        "until": datetime(2026, 3, 2, 16, 59, tzinfo=UTC),
        "reason": "The power was out on your campus.",
        "registration_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    },
)
