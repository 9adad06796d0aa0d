"""One event from the first account to the last log-out, told over HTTP."""

import pytest

# The story's sections are no test modules, and yet they assert.
SECTIONS = (
    "accounts",
    "admin_site",
    "client",
    "kinds",
    "mailbox",
    "organisers",
    "teams",
    "work",
)
pytest.register_assert_rewrite(*(f"{__name__}.{section}" for section in SECTIONS))
