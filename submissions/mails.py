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
