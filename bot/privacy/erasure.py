"""
Forget one contact everywhere, and prove it by looking for them.

Rule 1: first nothing is sent any more, then the fingerprints stand, then everything goes. Broken off anywhere, it
        is begun again and comes to the same end.
Rule 2: the history keeps that something happened, and loses what was said and by whom; its seals stay valid.
Rule 3: it is done when a search over every collection finds nothing, and not before; nor while records elsewhere
        that we wrote are still to be erased.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.actions import deeds
from bot.conversation import Conversation, LogEntry, Status
from bot.errors import NotFound
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.privacy.data_requests import DataRequest, Subject
from bot.privacy.fingerprints import Fingerprints
from bot.privacy.personal import Needles, PersonalRows, needles_of

# What was written a moment ago, by this or another process, reaches the timeline within half a second.
SETTLES_SECONDS = 1.5

# More messages than a talk of a year; whatever else they wrote goes as well, and is only not looked for by its
# words.
MESSAGES_LOOKED_FOR = 5_000

_MARK = "contact_fingerprints"

# What of an entry may stay: plain words of ours, and ids that name nobody.
_KEPT = frozenset(
    {"draft", "attempt", "channel", "kind", "consent", "send_class", "before", "after", "event"}
    | {"request", "record", "purpose", "basis", "source", "status"}
)

# How much came in or went back: accounts must be kept, and a sum that is forgotten would change the revenue of a
# week that is long over.
_KEPT_SUMS = frozenset({"amount_halalas"})


class Sealed(Protocol):
    """The history that can be emptied without breaking its seals."""

    async def forget(
        self,
        tenant_id: str,
        conversation_id: str,
        redact: Callable[[LogEntry], Mapping[str, Any]],
        by: Human = ...,
        correlation_id: str = "",
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What a run came to."""

    subject: Subject
    """With fingerprints in place of what named the contact."""
    changed: Mapping[str, int]
    left: Mapping[str, int]
    """Where a search still finds the contact; empty when it is done."""
    elsewhere: Mapping[str, int]
    """Records at other services that are still to be erased there, by service; empty when there are none."""


class Erasures:
    """Carries out what a human, or the tenant's policy, has agreed to."""

    def __init__(
        self,
        notebook: Notebook,
        personal: PersonalRows,
        seals: Sealed,
        fingerprints: Fingerprints,
        settles_seconds: float = SETTLES_SECONDS,
    ) -> None:
        self._notebook = notebook
        self._store = notebook.store
        self._personal = personal
        self._seals = seals
        self._fingerprints = fingerprints
        self._settles_seconds = settles_seconds

    async def has_another_key(self) -> bool:
        """
        Whether the fingerprints that are stored were made with a key that this process does not have.

        Then nobody who was erased would be recognised: the folder of keys was lost, or another one is used.
        """
        known = await self._store.marks.read(_MARK)
        if known is None:
            await self._store.marks.write(_MARK, self._fingerprints.of_the_key)
        return known is not None and known != self._fingerprints.of_the_key

    async def run(self, request: DataRequest, by: Human) -> Erased:
        """Forget the subject of a request; may be called again, whatever became of the last time."""
        tenant_id = request.tenant_id
        subject = await self.widened(tenant_id, request.subject)
        needles = needles_of(subject, await self._said(tenant_id, subject))
        for conversation_id in subject.conversation_ids:
            await self._hold_still(tenant_id, conversation_id, request.id)
            await self._store.crm_links.owe(tenant_id, conversation_id, request.id)
        changed = await self._pass(request, subject, needles, by)
        await asyncio.sleep(self._settles_seconds)
        again = await self._pass(request, subject, needles, by)
        total = {name: changed.get(name, 0) + again.get(name, 0) for name in {**changed, **again}}
        left = await self._personal.left(tenant_id, needles, besides=request.id)
        hidden = tuple(self._fingerprints.of(tenant_id, key) for key in subject.keys)
        elsewhere = await self._elsewhere(tenant_id, subject)
        return Erased(replace(subject, keys=hidden, phone="", name=""), total, left, elsewhere)

    async def _elsewhere(self, tenant_id: str, subject: Subject) -> dict[str, int]:
        links = [await self._store.crm_links.read(tenant_id, each) for each in subject.conversation_ids]
        return dict(Counter(link.provider for link in links if link is not None))

    async def _pass(self, request: DataRequest, subject: Subject, needles: Needles, by: Human) -> dict[str, int]:
        tenant_id = request.tenant_id

        def fingerprint(key: str) -> str:
            return self._fingerprints.of(tenant_id, key)

        # The timeline last: from it a run that begins again knows the words to look for everywhere else.
        changed = await self._personal.forget(tenant_id, subject, needles, fingerprint, request.id)
        emptied = 0
        for conversation_id in subject.conversation_ids:
            emptied += await self._seals.forget(tenant_id, conversation_id, redacted, by)
        return {**changed, **({"timeline": emptied} if emptied else {})}

    async def widened(self, tenant_id: str, subject: Subject) -> Subject:
        """With every conversation and key that leads from what is known."""
        keys, ids, phone, name = dict.fromkeys(subject.keys), dict.fromkeys(subject.conversation_ids), "", ""
        found = [await self._store.conversations.by_key(tenant_id, key) for key in subject.keys]
        found += [await self._store.conversations.read(tenant_id, each) for each in subject.conversation_ids]
        for conversation in filter(None, found):
            keys |= dict.fromkeys(conversation.keys)
            ids[conversation.id] = None
            phone, name = phone or conversation.phone, name or conversation.name
        return Subject(tuple(keys), subject.phone or phone, subject.name or name, tuple(ids))

    async def _said(self, tenant_id: str, subject: Subject) -> list[str]:
        """What the contact wrote, as far as it is still there."""
        texts: list[str] = []
        for conversation_id in subject.conversation_ids:
            entries = await self._store.timeline.of_conversation(tenant_id, conversation_id, MESSAGES_LOOKED_FOR)
            texts += [str(entry.data.get("text", "")) for entry in entries if entry.what == "message_received"]
            talk = await self._store.conversations.read(tenant_id, conversation_id)
            # What was written a moment ago is in the talk, and not in the timeline yet.
            texts += [line.text for line in talk.recent if line.who == "contact"] if talk else []
        return texts

    async def _hold_still(self, tenant_id: str, conversation_id: str, request_id: str) -> None:
        """Nothing that waits is sent any more; a conversation that is gone already holds still."""

        def edit(conversation: Conversation, log: Log) -> None:
            conversation.restricted = request_id
            for draft in conversation.outbox:
                if draft.status in (Status.HELD, Status.QUEUED):
                    draft.step(Status.CANCELLED, "erased")
            deeds.stop(conversation, "", log)
            log.add("erasure_begun", "", request=request_id)

        try:
            await self._notebook.change(tenant_id, conversation_id, edit, look=False)
        except NotFound:
            return


def redacted(entry: LogEntry) -> Mapping[str, Any]:
    """What may remain of an entry: that it happened, and what names nobody."""
    if entry.data.get("erased") is True:
        return entry.data
    plain = {name: value for name, value in entry.data.items() if name in _KEPT and isinstance(value, str)}
    sums = {name: value for name, value in entry.data.items() if name in _KEPT_SUMS and type(value) is int}
    return {"erased": True, **plain, **sums}
