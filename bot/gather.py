"""
Everything a contact did since we last read, as one question for the rule book. Pure.

Rule 1: quick messages are read together, in the order in which they were sent.
Rule 2: the same message seen through two of the tenant's channels counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from bot.conversation import Conversation, Waiting
from bot.events import InboundMessage, Kind
from bot.tenant import Tenant
from rules.verdict import Question

_MESSAGE = TypeAdapter(InboundMessage)

# Two linked devices on one phone report one message within moments of each other; a person needs longer to
# write the same thing again on purpose.
SAME_WITHIN = timedelta(seconds=10)

# A burst is judged by the form that needs most care.
_CAREFUL_FIRST = (
    Kind.BUTTON,
    Kind.TEXT,
    Kind.EDIT,
    Kind.UNREADABLE,
    Kind.DOCUMENT,
    Kind.IMAGE,
    Kind.VIDEO,
    Kind.VOICE,
    Kind.AUDIO,
    Kind.CONTACT_CARD,
    Kind.LOCATION,
    Kind.ORDER,
    Kind.POLL,
    Kind.CALL,
    Kind.OTHER,
    Kind.STICKER,
    Kind.REACTION,
    Kind.DELETION,
)

# What does not say anything by itself even when it carries a letter or two.
WORDLESS = frozenset({Kind.REACTION, Kind.DELETION, Kind.STICKER})


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """One message of the burst."""

    key: str
    channel: str
    correlation_id: str
    received_at: datetime
    message: InboundMessage

    @property
    def said_at(self) -> datetime:
        """When the contact wrote it; the provider's clock, unless it runs ahead of ours."""
        sent = self.message.sent_at
        return min(sent, self.received_at) if sent else self.received_at


@dataclass(frozen=True, slots=True)
class Heard:
    """What one look at the mailbox found, without repetitions."""

    messages: tuple[HeardMessage, ...]
    repeated: tuple[HeardMessage, ...] = ()

    @property
    def text(self) -> str:
        """What was said in words, oldest first."""
        lines = (
            h.message.text for h in self.messages if h.message.kind not in WORDLESS or len(self.messages) == 1
        )
        return "\n".join(line for line in lines if line.strip())

    @property
    def kind(self) -> Kind:
        kinds = {h.message.kind for h in self.messages}
        return next(kind for kind in _CAREFUL_FIRST if kind in kinds)

    @property
    def button_id(self) -> str:
        pressed = [h.message.button_id for h in self.messages if h.message.button_id]
        return pressed[-1] if pressed else ""

    @property
    def last(self) -> HeardMessage:
        return self.messages[-1]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(h.key for h in self.messages)


def hear(conversation: Conversation, waiting: Sequence[Waiting]) -> Heard:
    """The messages among what waits, in order, each counted once."""
    messages: list[HeardMessage] = []
    repeated: list[HeardMessage] = []
    found = [_read(w) for w in waiting if w.what == "message"]
    for heard in sorted(found, key=lambda h: (h.said_at, h.received_at)):
        seen_here = any(_is_same(heard, other) for other in messages)
        (repeated if seen_here or _was_heard(conversation, heard) else messages).append(heard)
    return Heard(tuple(messages), tuple(repeated))


def question_of(conversation: Conversation, heard: Heard, tenant: Tenant, now: datetime) -> Question:
    """What the rule book is asked about this burst."""
    return Question(
        text=heard.text,
        stage=conversation.stage,
        expects=conversation.expects,
        kind=heard.kind.value,
        button_id=heard.button_id,
        is_first_reply_to_outbound=_answers_our_first_words(conversation),
        unclear_before=conversation.unclear_count,
        is_late=any(
            now - h.said_at > tenant.pace.late_after or _was_overtaken(conversation, h) for h in heard.messages
        ),
        slots=tuple(conversation.slots),
        language_before=conversation.language,
        has_public_price=tenant.has_public_price,
    )


def _read(waiting: Waiting) -> HeardMessage:
    message = _MESSAGE.validate_python(waiting.data)
    return HeardMessage(waiting.key, waiting.channel, waiting.correlation_id, waiting.received_at, message)


def _is_same(one: HeardMessage, other: HeardMessage) -> bool:
    if one.channel == other.channel:
        return False
    ids = (one.message.stanza_id, other.message.stanza_id)
    if all(ids) and ids[0] == ids[1]:
        return True
    is_close = abs(one.said_at - other.said_at) <= SAME_WITHIN
    return is_close and one.message.kind == other.message.kind and one.message.text == other.message.text != ""


def _was_heard(conversation: Conversation, heard: HeardMessage) -> bool:
    """Whether a channel other than this one brought the same words moments ago."""
    return any(
        line.who == "contact"
        and line.text == heard.message.text != ""
        and not line.key.startswith(f"{heard.channel}|")
        and abs(line.at - heard.said_at) <= SAME_WITHIN
        for line in conversation.recent
    )


def _was_overtaken(conversation: Conversation, heard: HeardMessage) -> bool:
    """Found in a provider's record after we answered what the contact wrote later: a human sees what fits now."""
    return bool(heard.message.came_by) and any(
        line.who == "contact" and line.at > heard.said_at for line in conversation.recent
    )


def _answers_our_first_words(conversation: Conversation) -> bool:
    """We wrote first, and the contact had never written before."""
    speakers = {line.who for line in conversation.recent}
    return bool(speakers) and "contact" not in speakers
