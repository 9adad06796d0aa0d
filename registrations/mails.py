"""The mails of registrations, and what a preview shows in them."""

from datetime import UTC, datetime

from competition_site.outbox.mails import describe

_TEAM = {"team_name": "Tim Garuda", "competition_title": "Capture the Flag 2026"}
_ENTRY = {
    **_TEAM,
    "competition_slug": "ctf-2026",
    "pk": "01890a5d-ac96-774b-bcce-b302099a8057",
}
_INVITATION = {
    **_TEAM,
    "email": "budi@kampus.example",
    "registration_id": _ENTRY["pk"],
    "expires_at": datetime(2026, 3, 8, 16, 59, tzinfo=UTC),
}

describe("registration_submitted", registration=_ENTRY)
describe("registration_approved", registration=_ENTRY)
describe("member_joined", registration=_ENTRY, member="Budi Santoso")
describe("member_left", registration=_ENTRY, member="Budi Santoso")
describe("member_removed", registration=_ENTRY)
describe("leadership_passed", registration=_ENTRY)
describe("invitation_declined", invitation=_INVITATION)
describe(
    "invitation",
    invitation=_INVITATION,
    invited_by="Sari Dewi",
    token="Qm9yb2J1ZHVyIGRhbiBQcmFtYmFuYW4",  # noqa: S106 - opens nothing
)
describe(
    "document_refused",
    document={
        "team_name": "Tim Garuda",
        "file_name": "ktm.jpg",
        "reason": "The name can't be read.\nPlease take the picture by daylight.",
        "registration_id": _ENTRY["pk"],
    },
)

_DUE = datetime(2026, 3, 8, 16, 59, tzinfo=UTC)
_REMINDED = {
    **_ENTRY,
    "amount_due": 150_731,
    "payment_reference": "K7M2-QX4T",
    "members_count": 1,
}
describe("registration_closing", registration=_REMINDED, due_at=_DUE)
describe("payment_due", registration=_REMINDED, due_at=_DUE)
describe("offer_expiring", registration=_REMINDED, due_at=_DUE)
describe("roster_unfit", registration=_REMINDED, due_at=_DUE)
