"""
Records money that was given back, so that it is no revenue any more.

Rule 1: only what verifiably came in can go back, and no more of it than is left.
Rule 2: the same refund, by its id, counts once; of two at the same time the second sees the first.
"""

from collections.abc import Iterable
from contextlib import suppress

from bot.conversation import Conversation, LogEntry
from bot.deals.terms import MOST_HALALAS
from bot.errors import BadRequest, NotFound, StaleConversation
from bot.evidence.payment import STORY, VERIFIED
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.store import Store

REFUNDED = "payment_refunded"

# Losing so often means that somebody writes in a loop.
MAX_RACES = 20


class _SomebodyElse(Exception):
    """Changed the conversation since its story was added up."""


class Refunds:
    """What was given back, of all deals."""

    def __init__(self, notebook: Notebook, store: Store) -> None:
        self._notebook = notebook
        self._store = store

    async def record(
        self, tenant_id: str, conversation_id: str, amount_halalas: int, evidence: str, by: Human, refund_id: str
    ) -> int:
        """Say that so much went back; answers what is left of what was paid. Raises NotFound, BadRequest."""
        if not 0 < amount_halalas <= MOST_HALALAS:
            raise BadRequest(
                "a refund is whole halalas, more than none", "المبلغ المسترد عدد صحيح بالهللات أكبر من صفر"
            )
        for _ in range(MAX_RACES):
            found = await self._store.conversations.read(tenant_id, conversation_id)
            if found is None:
                raise NotFound(f"there is no deal {conversation_id} here", "لا توجد صفقة بهذا المعرّف هنا")
            story = await self._story(tenant_id, conversation_id)
            left = _left_in(story)
            if refund_id and any(e.what == REFUNDED and e.data.get("refund") == refund_id for e in story):
                return left
            if amount_halalas > left:
                raise BadRequest(
                    f"{left} halalas of this deal are verified and not given back: no more than that can go back",
                    f"المتحقق من دفعه ولم يُسترد في هذه الصفقة {left} هللة، ولا يُسترد أكثر منه",
                )
            told = {"amount_halalas": amount_halalas, "by": by.id, "evidence": evidence, "refund": refund_id}
            with suppress(_SomebodyElse):
                await self._write(found, told)
                return left - amount_halalas
        raise StaleConversation(f"conversation {conversation_id} changed {MAX_RACES} times while we wrote it")

    async def _write(self, seen: Conversation, told: dict[str, object]) -> None:
        """Write it on exactly the conversation whose story was added up."""

        def edit(conversation: Conversation, log: Log) -> None:
            if conversation.v != seen.v:
                raise _SomebodyElse
            log.add(REFUNDED, "", **told)

        await self._notebook.change(seen.tenant_id, seen.id, edit, look=False)

    async def _story(self, tenant_id: str, conversation_id: str) -> list[LogEntry]:
        fresh = await self._store.conversations.log_of(tenant_id, conversation_id)
        told = await self._store.timeline.of_conversation(tenant_id, conversation_id, STORY)
        return list({entry.id: entry for entry in (*told, *fresh)}.values())


def _left_in(story: Iterable[LogEntry]) -> int:
    """What verifiably came in and was not given back."""
    return sum(_moved(entry) for entry in story)


def _moved(entry: LogEntry) -> int:
    amount = entry.data.get("amount_halalas")
    if not isinstance(amount, int):
        return 0
    if entry.what == REFUNDED:
        return -amount
    return amount if entry.what == "stage_moved" and entry.data.get("event") == VERIFIED else 0
