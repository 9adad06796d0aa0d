"""The mails of accounts, and what a preview shows in them."""

from competition_site.outbox.mails import describe

_TOKEN = "Qm9yb2J1ZHVyIGRhbiBQcmFtYmFuYW4"  # noqa: S105 - opens nothing

describe("verify_email", name="Sari Dewi", token=_TOKEN)
describe("reset_password", name="Sari Dewi", token=_TOKEN)
describe("password_changed", name="Sari Dewi")
describe(
    "token_reused", session={"device": "Firefox on Android", "address": "192.0.2.7"}
)
