"""
What a contact sent beside words, handed to a human who asks for it: streamed, and stored nowhere.

Rule 1: nothing is fetched because a contact sent it; a person who may read the conversation asks for one file.
Rule 2: where a file may come from is decided by the channel it came through, never by what the message says.
Rule 3: what arrives is named by its own first bytes, never by what somebody claims about it.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.audit import Audit
from bot.errors import DealixError, NotFound
from bot.people import Human
from bot.store import Store

# A conversation's latest facts; older files are gone at the providers as well.
LOOK_BACK = 500


class MediaRefused(DealixError):
    """A file that is not fetched, or not handed on."""

    code, status = "media_refused", 422


class MediaUnreachable(DealixError):
    """Whoever keeps the file did not give it."""

    code, status = "media_unreachable", 502


@dataclass(frozen=True, slots=True)
class MediaPointer:
    """What a message says about its file."""

    channel: str
    url: str
    provider_media_id: str


@dataclass(frozen=True, slots=True)
class MediaItem:
    """One file of a conversation, as a list shows it."""

    ref: str
    """A name for it that gives nothing away."""
    kind: str
    mime_type: str
    """What the provider claims."""
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenMedia:
    """A file on its way."""

    mime_type: str
    """What its first bytes say."""
    extension: str
    chunks: AsyncIterator[bytes]


class MediaLine(Protocol):
    """The way to where providers keep files."""

    def open(self, pointer: MediaPointer) -> AbstractAsyncContextManager[OpenMedia]:
        """Raises MediaRefused, MediaUnreachable; the chunks raise them too."""


class MediaRoom:
    """Lists and opens the files of a conversation."""

    def __init__(self, store: Store, line: MediaLine, audit: Audit) -> None:
        self._store = store
        self._line = line
        self._audit = audit

    async def files(self, tenant_id: str, conversation_id: str) -> list[MediaItem]:
        """Latest last. Raises NotFound."""
        return [item for item, _ in await self._found(tenant_id, conversation_id)]

    async def open(
        self, tenant_id: str, conversation_id: str, ref: str, by: Human
    ) -> AbstractAsyncContextManager[OpenMedia]:
        """One file, for a person. Raises NotFound; what it answers raises MediaRefused and MediaUnreachable."""
        found = await self._found(tenant_id, conversation_id)
        pointer = next((pointer for item, pointer in found if item.ref == ref), None)
        if pointer is None:
            raise NotFound(f"this conversation has no file {ref}", "لا يوجد ملف بهذا المعرّف في المحادثة")
        await self._audit.note(tenant_id, "media_opened", by, conversation_id=conversation_id, ref=ref)
        return self._line.open(pointer)

    async def _found(self, tenant_id: str, conversation_id: str) -> list[tuple[MediaItem, MediaPointer]]:
        if await self._store.conversations.read(tenant_id, conversation_id) is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        entries = await self._store.timeline.of_conversation(tenant_id, conversation_id, LOOK_BACK)
        recent = await self._store.conversations.log_of(tenant_id, conversation_id)
        facts = {entry.id: entry for entry in (*entries, *recent) if entry.what == "message_received"}
        return [_item(facts[name].data) for name in sorted(facts) if facts[name].data.get("media")]


def _item(data: dict[str, Any]) -> tuple[MediaItem, MediaPointer]:
    media = data["media"]
    ref = hashlib.sha256(str(data["key"]).encode()).hexdigest()[:24]
    item = MediaItem(ref, str(data["kind"]), str(media["mime_type"]), data.get("sent_at"))
    return item, MediaPointer(str(data["channel"]), str(media["url"]), str(media["provider_media_id"]))
