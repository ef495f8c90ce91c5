"""What stands on the lead's phone: what was written, what arrived, and how far it came. Pure."""

from dataclasses import dataclass
from datetime import datetime

from bot.conversation import Conversation, Draft, Said, Status, Waiting

# Statuses in which an answer is being carried right now.
_MOVING = frozenset({Status.QUEUED, Status.SENDING})


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble."""

    key: str
    who: str
    """`contact | bot | human | phone`"""
    text: str
    kind: str
    at: datetime
    status: str = ""
    """Draft status of what we wrote; `waiting | read` for what the lead wrote."""
    buttons: tuple[tuple[str, str], ...] = ()


def lines_of(conversation: Conversation) -> tuple[Line, ...]:
    """The latest bubbles, oldest first; what is not read yet stands at the end."""
    drafts = {draft.id: draft for draft in conversation.outbox}
    said = [_line(line, drafts.get(line.key)) for line in conversation.recent]
    known = {line.key for line in said}
    waiting = [_unread(w) for w in conversation.mailbox if w.what == "message" and w.key not in known]
    return (*said, *waiting)


def is_reading(conversation: Conversation) -> bool:
    """Whether Dealix has something of the lead's that it has not read yet."""
    return any(w.what == "message" for w in conversation.mailbox)


def is_writing(conversation: Conversation) -> bool:
    """Whether an answer is on its way to the phone."""
    return any(draft.status in _MOVING for draft in conversation.outbox)


def _line(said: Said, draft: Draft | None) -> Line:
    if said.who == "contact":
        return Line(said.key, said.who, said.text, said.kind, said.at, "read")
    status = draft.status.value if draft else ""
    return Line(said.key, said.who, said.text, said.kind, said.at, status, draft.buttons if draft else ())


def _unread(waiting: Waiting) -> Line:
    data = waiting.data
    return Line(
        waiting.key,
        "contact",
        data.get("text", ""),
        str(data.get("kind", "text")),
        waiting.received_at,
        "waiting",
    )
