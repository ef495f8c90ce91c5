"""
Drafts that wait for a human with the words of an article which answers nobody any more: their cards say so.

Rule: whoever agrees meanwhile is refused all the same (`bot/approvals.py`), and so is what would leave by itself
(`bot/gate.py`); this is for whoever reads the card before.
"""

from collections.abc import Mapping
from contextlib import suppress

import structlog

from bot.conversation import Conversation, Draft, Status
from bot.errors import NotFound
from bot.knowledge.in_talk import SOURCE_GONE, has_lost_its_source
from bot.knowledge.reading import Reader
from bot.notebook import Log, Notebook
from bot.tenant import Tenant

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 10.0

# A queue that is longer has other troubles first; the latest are looked at.
LOOKED_AT_MOST = 500

WHY = f"hold.{SOURCE_GONE}"


class Quotes:
    """Looks at them."""

    def __init__(
        self,
        notebook: Notebook,
        articles: Reader,
        tenants: Mapping[str, Tenant],
        unreachable: tuple[type[Exception], ...],
    ) -> None:
        self._notebook = notebook
        self._articles = articles
        self._tenants = tenants
        self._unreachable = unreachable

    async def look(self) -> None:
        """Mark every draft whose article was retired, replaced or has expired since."""
        for tenant_id in self._tenants:
            try:
                await self._look_at(tenant_id)
            except self._unreachable as away:
                logger.warning("quotes_wait_for_database", tenant=tenant_id, reason=type(away).__name__)

    async def _look_at(self, tenant_id: str) -> None:
        if not (await self._articles.shelf(tenant_id)).articles:
            return
        conversations = self._notebook.store.conversations
        for found in await conversations.with_drafts(tenant_id, [Status.HELD.value], LOOKED_AT_MOST):
            lost = {draft.id for draft in found.outbox if await self._is_lost(tenant_id, draft)}
            if lost:
                await self._mark(found, lost)

    async def _is_lost(self, tenant_id: str, draft: Draft) -> bool:
        return _is_unmarked(draft) and await has_lost_its_source(tenant_id, draft, self._articles.still_answers)

    async def _mark(self, conversation: Conversation, lost: set[str]) -> None:
        def edit(fresh: Conversation, log: Log) -> None:
            for draft in fresh.outbox:
                if draft.id in lost and _is_unmarked(draft):
                    draft.hold_reasons = (WHY, *draft.hold_reasons)
                    draft.rev += 1
                    log.add("source_gone", draft.correlation_id, draft=draft.id)

        with suppress(NotFound):  # forgotten meanwhile
            await self._notebook.change(conversation.tenant_id, conversation.id, edit, look=False)


def _is_unmarked(draft: Draft) -> bool:
    return draft.status is Status.HELD and WHY not in draft.hold_reasons
