"""The mails of registrations, and what a preview shows in them."""

from datetime import UTC, datetime

from competition_site.outbox.mails import describe

_TEAM = {"team_name": "Tim Garuda", "competition_title": "Capture the Flag 2026"}
_PK = "01890a5d-ac96-774b-bcce-b302099a8057"
_ENTRY = {
    **_TEAM,
    "competition_slug": "ctf-2026",
    "pk": _PK,
    "note": "The list of members is not complete.\nPlease write to us.",
    "payment_status": "awaiting",
    "amount_due": 150_731,
    "payment_reference": "K7M2-QX4T",
    "payment_due_at": datetime(2026, 3, 3, 9, 30, tzinfo=UTC),
    "payment_reason": "The amount cannot be read.",
    "offer_expires_at": datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
}
_INVITATION = {
    **_TEAM,
    "email": "budi@kampus.example",
    "registration_id": _PK,
    "expires_at": datetime(2026, 3, 8, 16, 59, tzinfo=UTC),
}

describe("registration_submitted", registration=_ENTRY)
describe("registration_approved", registration=_ENTRY)
describe("registration_rejected", registration=_ENTRY)
describe("registration_reopened", registration=_ENTRY)
describe("registration_withdrawn", registration=_ENTRY)
describe("registration_disqualified", registration=_ENTRY)
describe("draft_expired", registration=_ENTRY)
describe("registration_waitlisted", registration=_ENTRY, position=7)
describe("place_offered", registration=_ENTRY)
describe("offer_accepted", registration=_ENTRY)
describe("offer_declined", registration=_ENTRY, position=1)
describe("offer_expired", registration=_ENTRY)
describe("payment_proof_received", registration=_ENTRY)
describe("payment_verified", registration=_ENTRY)
describe("payment_refused", registration=_ENTRY)
describe("payment_waived", registration=_ENTRY)
describe("payment_expired", registration=_ENTRY)
describe(
    "changes_requested",
    registration=_ENTRY,
    team_name_note="Please leave out the brand.",
    answers=[({"en": "Shirt size", "id": "Ukuran kaus"}, "We have no such size.")],
    documents=[("student card", "Budi Santoso", "It has expired.")],
)
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
        "registration_id": _PK,
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
