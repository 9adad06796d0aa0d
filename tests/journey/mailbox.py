"""The outgoing mail of a journey: sent by the real process into files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from competition_site.outbox.models import OutboxMessage
from tests.servers import running_command, wait_for

_SEPARATOR = b"-" * 79 + b"\n"


@dataclass
class Mailbox:
    """Every letter that left, by its Message-ID."""

    directory: Path
    letters: dict[str, EmailMessage] = field(default_factory=dict)

    @contextmanager
    def served(self) -> Iterator[Mailbox]:
        """Let the outbox send what is due, as the process beside the API does."""
        self.directory.mkdir()
        with running_command(
            "run_outbox", "--watch", "--interval=0.05", EMAIL_URL=self.url
        ):
            yield self

    @property
    def url(self) -> str:
        return f"filemail:///{self.directory}"

    def collect(self, expected: int) -> list[EmailMessage]:
        """Wait until all mail has left; returns the new letters, which are so many."""
        unsent = OutboxMessage.objects.exclude(status=OutboxMessage.Status.SENT)
        wait_for(lambda: not unsent.exists(), "all mail has left")
        found = {letter["Message-ID"]: letter for letter in self._read()}
        new = [letter for key, letter in found.items() if key not in self.letters]
        assert len(new) == expected, [letter["Subject"] for letter in new]
        self.letters = found
        return new

    def letter_to(self, address: str) -> EmailMessage:
        """Take the one new letter, which is for this address."""
        [letter] = self.collect(1)
        assert letter["To"] == address
        return letter

    def token_for(self, address: str) -> str:
        """Take the one new letter and read the token in its link."""
        return token_of(self.letter_to(address))

    def addressed(self) -> dict[str, int]:
        """How many letters each address has got."""
        addresses = [letter["To"] for letter in self.letters.values()]
        return {address: addresses.count(address) for address in addresses}

    def _read(self) -> list[EmailMessage]:
        texts = [path.read_bytes() for path in sorted(self.directory.glob("*.log"))]
        return [
            message_from_bytes(part, policy=policy.default)
            for text in texts
            for part in text.split(_SEPARATOR)
            if part.strip()
        ]


def text_of(letter: EmailMessage) -> str:
    """The letter's text part."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def token_of(letter: EmailMessage) -> str:
    """The token in the letter's link."""
    text = text_of(letter)
    _, found, rest = text.partition("#token=")
    assert found, text
    return rest.split()[0]
