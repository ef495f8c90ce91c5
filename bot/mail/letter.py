"""
One e-mail on its way.

Rule: a letter goes forward only: `prepared -> sending -> accepted | refused | unknown`; refused for a while it is
prepared again. Whoever finds one `sending` that he did not begin knows that nobody can say whether it left.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

LetterStatus = Literal["prepared", "sending", "accepted", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a letter."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one person."""

    id: str
    """Of the work that sends it: the same when that is done again."""
    tenant_id: str
    conversation_id: str
    to: str
    subject: str
    text: str
    created_at: datetime
    status: LetterStatus = "prepared"
    message_id: str = ""
    calendar: bytes = b""
    """An invitation, as iCalendar; empty when it carries none."""
    method: str = ""
    """`REQUEST` or `CANCEL`, of the invitation."""
    attachments: tuple[Attachment, ...] = ()
    """Written anew by whoever sends; not kept."""
    detail: str = ""
    """What the server said, as a code."""
    sent_at: datetime | None = None
    v: int = 1


class LetterRows(Protocol):
    """Where letters are kept."""

    async def add(self, letter: Letter) -> bool:
        """False when there is one of this id."""

    async def read(self, tenant_id: str, letter_id: str) -> Letter | None: ...

    async def write(self, letter: Letter) -> bool:
        """Write it if it still is at `letter.v`."""
