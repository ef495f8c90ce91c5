"""The mail server, as the heart sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.mail.letter import Letter

MailOutcome = Literal["accepted", "refused", "later", "auth_failed", "unknown"]
"""`later`: surely not taken, may be tried again; `unknown`: the letter was handed over, and no answer came."""


@dataclass(frozen=True, slots=True)
class MailResult:
    """What one try came to."""

    outcome: MailOutcome
    detail: str
    """A code or a class of error, never an address or a word of the letter."""
    latency_ms: float = 0.0


class Mail(Protocol):
    """One mail server."""

    async def send(self, letter: Letter) -> MailResult:
        """One try. Never raises for what the server does."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whose mail it is, and from which address."""

    tenant_id: str
    mail: Mail
    sender: str

    def of(self, tenant_id: str) -> Mail | None:
        return self.mail if tenant_id == self.tenant_id else None


MessageId = Callable[[str], str]


def message_id_of(letter_id: str, sender: str) -> str:
    """The Message-ID of a letter: the same on every try, so that a mail server can tell a repetition."""
    safe = "".join(sign if sign.isalnum() or sign in ".-" else "-" for sign in letter_id)
    return f"<{safe}@{sender.rpartition('@')[2].rstrip('>') or 'dealix.invalid'}>"
