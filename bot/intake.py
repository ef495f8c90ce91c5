"""
Take in what a provider tells us: verify, parse, record; answer when it is durable and not before.

Rule 1: 200 means that everything in the body is stored. What cannot be understood or placed is stored raw.
Rule 2: one durable write per event both dedupes and appends; a repeated delivery changes nothing.
Rule 3: nothing here decides anything about a contact.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog
from pydantic import TypeAdapter

from bot import receipts
from bot.conversation import Conversation, Waiting
from bot.errors import BodyTooLarge, MailboxFull, UnknownChannel, UnreadableBody
from bot.events import (
    ChannelState,
    DeliveryReceipt,
    Ignored,
    InboundMessage,
    OptOutSignal,
    OutgoingEcho,
    ProviderEvent,
    TemplateNews,
)
from bot.notebook import Log, Notebook
from bot.ports import Chain, Provider
from bot.storable import raw_text, storable, well_formed
from bot.store import Arrival, Raw, Recorded
from bot.telemetry import measures, spans
from bot.telemetry.steps import recording

logger = structlog.get_logger()

# Meta, the largest of the four, sends at most 3 MB.
BODY_LIMIT_BYTES = 3 * 1024 * 1024

# WhatsApp shows 25 characters of a name; a longer one is somebody playing.
NAME_LIMIT = 100

HANDLING_FAILED = "handling failed again and again"
"""Why the worker puts a whole event aside: it was recorded, and is not read from a body of a provider."""

_MESSAGE = TypeAdapter(InboundMessage)
_ECHO = TypeAdapter(OutgoingEcho)
_SIGNAL = TypeAdapter(OptOutSignal)


@dataclass(frozen=True, slots=True)
class Channel:
    """One number of one tenant on one provider."""

    tenant_id: str
    provider: Provider


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one body."""

    events: int
    new: int
    quarantined: bool = False


HearOfTemplate = Callable[[str, str, TemplateNews], Awaitable[None]]
"""(tenant, channel, news)"""


class Intake:
    """The first three steps of the line."""

    def __init__(
        self,
        notebook: Notebook,
        channels: Mapping[str, Channel],
        chains: Mapping[str, Chain],
        new_id: Callable[[], str],
        hear_of_template: HearOfTemplate | None = None,
    ) -> None:
        """`hear_of_template`: takes what a provider says of an approved wording."""
        self._hear_of_template = hear_of_template
        self._notebook = notebook
        self._channels = channels
        self._chains = chains
        self._new_id = new_id

    def channel(self, channel_id: str) -> Channel:
        """Raises UnknownChannel."""
        channel = self._channels.get(channel_id)
        if channel is None:
            raise UnknownChannel(f"no channel {channel_id!r} is configured here", "لا توجد قناة مهيأة بهذا الاسم")
        return channel

    async def take(
        self, channel_id: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes
    ) -> Taken:
        """Take in one webhook. Raises InboundRefused when it is not the provider's."""
        channel = self.channel(channel_id)
        if len(body) > BODY_LIMIT_BYTES:
            raise BodyTooLarge(f"the body has {len(body)} bytes, at most {BODY_LIMIT_BYTES} are taken")
        channel.provider.verify(headers, query, body)
        try:
            events = channel.provider.parse(body)
        except UnreadableBody as unreadable:
            await self._quarantine(channel, body, str(unreadable))
            return Taken(0, 0, quarantined=True)
        new = 0
        for event in events:
            new += await self._record(channel, event, body)
        return Taken(len(events), new)

    async def take_found(self, channel_id: str, event: InboundMessage | OutgoingEcho) -> Recorded | None:
        """
        Take in what the provider's own record shows, by the same write and under the same key as its webhook.

        None when it could not be placed and was kept raw. Raises UnknownChannel.
        """
        return await self._into_mailbox(self.channel(channel_id), event, raw_text(event.raw).encode())

    async def take_again(self, raw: Raw) -> int:
        """
        Take in once more what was kept raw; what was recorded meanwhile counts once. Answers how much was new.

        Raises UnknownChannel, UnreadableBody when it still cannot be understood or placed.
        """
        channel = self.channel(raw.channel)
        if channel.tenant_id != raw.tenant_id:
            raise UnknownChannel(f"no channel {raw.channel!r} is there", "لا توجد قناة مهيأة بهذا الاسم")
        if raw.reason == HANDLING_FAILED:
            return await self._into_mailbox_again(channel, raw)
        new = 0
        for event in channel.provider.parse(raw.body):
            if isinstance(event, InboundMessage | OutgoingEcho | OptOutSignal):
                recorded = await self._into_mailbox(channel, event, raw.body)
                if recorded is None:
                    raise UnreadableBody("it names no contact, or the contact's mailbox is full")
                new += recorded.is_new
            else:
                await self._record(channel, event, raw.body)
        return new

    async def _into_mailbox_again(self, channel: Channel, raw: Raw) -> int:
        """An event that was parked whole; under a key of its own, because its first one was seen."""
        parked, now = orjson.loads(raw.body), self._notebook.now()
        data, is_message = parked["data"], parked["what"] == "message"
        keys = tuple(data.get("contact_keys", ()))
        if not keys:
            raise UnreadableBody("it names no contact")
        arrival = Arrival(
            tenant_id=raw.tenant_id,
            waiting=Waiting(
                f"{raw.id}#again", parked["what"], raw.channel, now, self._new_id(), data, hold=parked["hold"]
            ),
            keys=keys,
            phone=data.get("phone", ""),
            name=data.get("profile_name", "")[:NAME_LIMIT],
            opens_window=is_message,
            said_at=min(raw.received_at, now) if is_message else None,
            wake_at=now,
        )
        try:
            recorded = await self._notebook.store.conversations.record(arrival, now, self._new_id())
        except MailboxFull as full:
            raise UnreadableBody(str(full)) from full
        self._notebook.bell.ring(channel.tenant_id, recorded.conversation_id, now)
        return int(recorded.is_new)

    async def _record(self, channel: Channel, event: ProviderEvent, body: bytes) -> bool:
        match event:
            case InboundMessage() | OutgoingEcho() | OptOutSignal():
                recorded = await self._into_mailbox(channel, event, body)
                return recorded is not None and recorded.is_new
            case DeliveryReceipt():
                measures.inbound(channel.provider.name, "receipt")
                await self._receipt(channel, event)
            case ChannelState():
                provider = channel.provider
                measures.inbound(provider.name, "state")
                self._chains[channel.tenant_id].note_state(provider.channel, event)
                logger.info(
                    "channel_state", channel=provider.channel, healthy=event.is_healthy, detail=event.detail
                )
            case TemplateNews():
                measures.inbound(channel.provider.name, "state")
                if self._hear_of_template is not None:
                    await self._hear_of_template(channel.tenant_id, channel.provider.channel, event)
            case Ignored():
                measures.inbound(channel.provider.name, "ignored")
                await self._set_aside(channel, event)
        return False

    async def _into_mailbox(
        self, channel: Channel, event: InboundMessage | OutgoingEcho | OptOutSignal, body: bytes
    ) -> Recorded | None:
        """Where it was put; None when it was kept raw instead."""
        if not event.contact_keys:
            await self._quarantine(channel, body, "the event names no contact")
            return None
        now = self._notebook.now()
        pace = self._notebook.tenants[channel.tenant_id].pace
        is_message = isinstance(event, InboundMessage)
        arrival = Arrival(
            tenant_id=channel.tenant_id,
            waiting=_waiting(channel, event, now, self._new_id()),
            keys=tuple(well_formed(key) for key in event.contact_keys),
            phone=event.phone if is_message else "",
            name=well_formed(event.profile_name)[:NAME_LIMIT] if is_message else "",
            opens_window=is_message,
            said_at=min(event.sent_at, now) if is_message and event.sent_at else None,
            wake_at=now + pace.burst_quiet if is_message else now,
        )
        try:
            with recording(arrival, channel.provider.name) as (arrival, watched):
                recorded = await self._notebook.store.conversations.record(arrival, now, self._new_id())
                watched.tag(new=recorded.is_new, conversation=recorded.conversation_id)
        except MailboxFull as full:
            await self._quarantine(channel, body, str(full))
            return None
        measures.inbound(channel.provider.name, "new" if recorded.is_new else "repeated")
        if recorded.is_new:
            self._notebook.bell.ring(channel.tenant_id, recorded.conversation_id, arrival.wake_at)
            self._notebook.bell.changed(channel.tenant_id, recorded.conversation_id)
        return recorded

    async def _receipt(self, channel: Channel, receipt: DeliveryReceipt) -> None:
        if not await self.apply_receipt(channel.tenant_id, receipt):
            await self._notebook.store.waiting_receipts.keep(
                channel.tenant_id, channel.provider.channel, receipt, self._notebook.now()
            )

    async def apply_receipt(self, tenant_id: str, receipt: DeliveryReceipt) -> bool:
        """Let a receipt count; answers whether its message is known."""
        found = await self._message_of(tenant_id, receipt)
        if found is None:
            return False

        def edit(conversation: Conversation, log: Log) -> None:
            draft = receipts.find(conversation, receipt)
            if draft is not None:
                receipts.apply(conversation, draft, receipt, log)

        await self._notebook.change(tenant_id, found.id, edit)
        return True

    async def _message_of(self, tenant_id: str, receipt: DeliveryReceipt) -> Conversation | None:
        conversations = self._notebook.store.conversations
        found = await conversations.by_provider_message(tenant_id, receipt.provider_message_ids)
        if found is None and receipt.our_reference:
            found = await conversations.by_draft(tenant_id, receipt.our_reference)
        return found

    async def _set_aside(self, channel: Channel, event: Ignored) -> None:
        """Keep what is on purpose without effect, so that a mistake of ours about it can be mended."""
        raw = Raw(
            id=well_formed(f"{channel.provider.channel}:{event.key}"),
            tenant_id=channel.tenant_id,
            channel=channel.provider.channel,
            reason=event.reason,
            body=raw_text(event.raw).encode(),
            received_at=self._notebook.now(),
            correlation_id=self._new_id(),
            is_noise=True,
        )
        spans.about(raw.correlation_id)
        await self._notebook.store.quarantine.keep(raw)
        logger.info("event_ignored", channel=channel.provider.channel, reason=event.reason)

    async def _quarantine(self, channel: Channel, body: bytes, reason: str) -> None:
        """Keep a body as it came; the same body twice is kept once."""
        measures.inbound(channel.provider.name, "quarantined")
        digest = hashlib.sha256(body).hexdigest()
        raw = Raw(
            id=f"{channel.provider.channel}:{digest}",
            tenant_id=channel.tenant_id,
            channel=channel.provider.channel,
            reason=reason,
            body=body,
            received_at=self._notebook.now(),
            correlation_id=self._new_id(),
        )
        spans.about(raw.correlation_id)
        await self._notebook.store.quarantine.keep(raw)
        logger.warning("body_quarantined", channel=channel.provider.channel, reason=reason, bytes=len(body))


def _waiting(
    channel: Channel, event: InboundMessage | OutgoingEcho | OptOutSignal, now: datetime, correlation_id: str
) -> Waiting:
    """The event as the mailbox keeps it."""
    match event:
        case InboundMessage():
            what, data = "message", _MESSAGE.dump_python(event)
        case OutgoingEcho():
            what, data = "echo", _ECHO.dump_python(event)
        case OptOutSignal():
            what, data = "opt_out_signal", _SIGNAL.dump_python(event)
    data = storable({**data, "raw": {"json": raw_text(event.raw)}})
    key = waiting_key(channel.provider.channel, event)
    return Waiting(key, what, channel.provider.channel, now, correlation_id, data)


def waiting_key(channel_id: str, event: InboundMessage | OutgoingEcho | OptOutSignal) -> str:
    """Under which key a mailbox knows an event: two channels may use the same ids for different messages."""
    return well_formed(f"{channel_id}|{event.key}")
