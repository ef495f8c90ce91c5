"""The plugs of the house: what the heart asks of a WhatsApp provider, and what it hands over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.events import ChannelState, InboundMessage, Outcome, OutgoingEcho, ProviderEvent, SendClass


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a message goes: the same names as in `bot.events`, plus the phone when it is known."""

    contact_keys: tuple[str, ...]
    phone: str = ""
    """E.164 digits without `+`."""


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """Words that the provider knows by name, with what fills their numbers."""

    name: str
    code: str
    """The provider's code of the language, such as `ar` or `en_US`."""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One text to one contact, as a provider is asked to carry it."""

    reference: str
    """The draft id: given to providers that keep a reference of ours, at most 26 characters."""
    recipient: Recipient
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    """(id, title) pairs, at most 3. The text already says how to answer without them."""
    reply_to: str = ""
    """The provider's id of the message to quote, empty for none."""
    template: TemplateMessage | None = None
    """What is sent instead of free text; `text` then says what the contact will read."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """What one call to one provider came to."""

    send_class: SendClass
    provider_message_ids: tuple[str, ...] = ()
    http_status: int | None = None
    provider_code: str = ""
    detail: str = ""
    """One sentence for staff, without secrets and without the message."""
    latency_ms: float = 0.0
    retry_after_seconds: float | None = None
    needs_alert: bool = False
    """True when an operator must act: bad credentials, unpaid account, unlinked phone."""
    pause_seconds: float = 0.0
    """How long the provider wants the whole number to be left alone; 0 when it asked for nothing."""

    @property
    def outcome(self) -> Outcome:
        return self.send_class.outcome


@dataclass(frozen=True, slots=True)
class Health:
    """What a probe that sends nothing found out."""

    state: str
    """`not_configured | ok | degraded | down | auth_failed`"""
    detail: str
    checked_at: datetime

    @property
    def can_send(self) -> bool:
        return self.state in ("ok", "degraded")


@dataclass(frozen=True, slots=True)
class FoundSend:
    """A provider's own record shows our message."""

    provider_message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoTrace:
    """The provider's record was read and our message is not in it: weak evidence, a human decides."""

    detail: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """This provider keeps no record that we could read."""

    detail: str


@dataclass(frozen=True, slots=True)
class NoHistory:
    """This provider keeps no record of what was said that could be read; said in words, never pretended."""

    reason_en: str
    reason_ar: str


@dataclass(frozen=True, slots=True)
class HistoryAway:
    """The provider's record could not be read now; ask again later."""

    detail: str
    """Two lines for staff, English and Arabic, without secrets."""
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a provider's own record shows of a span of time."""

    events: tuple[InboundMessage | OutgoingEcho, ...]
    """What contacts wrote, and what a human typed on the phone; under the keys that webhooks would have had."""
    unreadable: int = 0
    """Rows that are not what the provider documents."""
    not_asked: int = 0
    """Chats that were left out because there were too many for one look."""
    broken: HistoryAway | None = None
    """Why the rest could not be read; what was read before counts all the same."""


@dataclass(frozen=True, slots=True)
class TemplateAtProvider:
    """One approved wording as the provider's own list shows it."""

    name: str
    code: str
    status: str
    """As in `bot.events.TemplateNews`."""
    category: str = ""
    quality: str = ""
    reason: str = ""
    words: str = ""
    """With the numbers of its blanks."""
    besides: tuple[str, ...] = ()
    """What else it holds: `header`, `buttons`."""


@runtime_checkable
class CarriesTemplates(Protocol):
    """A provider that knows approved wordings; whoever lacks these verbs has none, and is never asked to."""

    account: str
    """Whose list it is; empty when the list cannot be asked for."""

    async def templates(self) -> "Sequence[TemplateAtProvider] | HistoryAway":
        """The whole list. Never raises for what the provider answers."""

    def template_status(self, result: SendResult) -> str:
        """What the answer to a send says of the template itself; empty when nothing."""


class Provider(Protocol):
    """One channel of one provider: three verbs, and three questions that send nothing."""

    name: str
    """`green_api | ultramsg | fonnte | meta_cloud | simulated`"""
    channel: str
    """The id of the channel, as in `/webhooks/{channel}`."""
    text_limit: int
    """Characters of text that one message may have."""
    needs_window: bool
    """True when free text is allowed only inside the service window (Meta)."""
    sender_identity: str
    """The number or account the contact sees; two channels with the same one look alike to the contact."""

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        """Prove that a webhook is the provider's. Header names come in lower case. Raises BadSignature."""

    def parse(self, body: bytes) -> list[ProviderEvent]:
        """Read an authentic body. Raises UnreadableBody when it is not what the provider documents."""

    async def send(self, message: OutboundMessage) -> SendResult:
        """Call the provider once. Never raises for what the network or the provider does."""

    async def probe(self) -> Health:
        """Ask whether the channel could send now, without sending."""

    async def find_sent(self, message: OutboundMessage, started_at: datetime) -> FoundSend | NoTrace | CannotTell:
        """Look for a message whose fate is in doubt in the provider's own records."""

    async def history(self, since: datetime, until: datetime) -> Remembered | HistoryAway | NoHistory:
        """What the provider's own record shows of this span. Never raises for what the provider answers."""

    async def close(self) -> None:
        """Give back connections."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """A channel that takes messages and reports nothing of them any more."""

    since: datetime
    """When the first message was taken of which nothing was heard."""
    detail: str
    """Two lines for staff, English and Arabic."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One channel that could carry a message, or why it is not asked."""

    provider: Provider
    skip_code: str = ""
    skip_reason: str = ""
    until: datetime | None = None
    """When the reason ends by itself, where that is known: a pause that the provider asked for."""


class ProviderReport(Protocol):
    """What is known of one provider."""

    name: str
    channel: str
    state: str
    breaker: str
    detail_en: str
    detail_ar: str
    is_authenticated: bool
    paused_until: datetime | None


class Chain(Protocol):
    """The channels of one tenant in their order, with what is known of their health."""

    def candidates(
        self, sticky_channel: str, allow_other_number: bool, began_at: datetime | None = None
    ) -> list[Candidate]:
        """
        The channel of the conversation first, then the others that may stand in for it.

        Args:
            began_at: when the conversation began; one that began while its channel was silent tries others first.
        """

    def unheard(self, silent: Mapping[str, Unheard]) -> None:
        """Learn which channels are silent at this moment; all others are not."""

    def note(self, channel: str, result: SendResult) -> None:
        """Learn from an answer: breakers open and close on this."""

    def switch_off(self, channels: Iterable[str]) -> None:
        """Learn which channels people have switched off at this moment; all others are on."""

    def health(self, channel: str) -> Health | None:
        """What the provider said last of this channel, None before it said anything."""

    def note_health(self, channel: str, health: Health) -> None:
        """Learn what somebody else asked the provider just now."""

    def pause(self, channel: str, until: datetime, said_at: datetime, reason: str) -> None:
        """Leave a number alone until a time, because its provider asked for that at another."""

    def note_state(self, channel: str, state: ChannelState) -> None:
        """Learn from what a provider says of itself."""

    def may_fall_back(self, result: SendResult) -> bool:
        """Whether another channel may carry the message: only after a certain refusal."""

    async def refresh_health(self) -> None:
        """Ask every provider whose state is not known freshly, without sending anything."""

    def report(self) -> Sequence[ProviderReport]:
        """One line per provider, configured or not."""
