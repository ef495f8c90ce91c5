"""
What must not happen after a restore: that the past is sent once more.

Rule 1: what was about to leave when the backup was made may have left since. It waits for a human, with its
        permission gone.
Rule 2: the bot is paused for every tenant until a human has looked: whoever wrote or stopped us since is unknown.
Rule 3: that this happened stands in every tenant's history.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from bot.audit import Audit
from bot.backups.manifest import Manifest
from bot.conversation import Conversation, Status
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.store import Posture, Store
from bot.tenant import Tenant

RESTORE = Human("restore", "restore")
_AT_A_TIME = 100


async def calm(
    store: Store,
    notebook: Notebook,
    tenants: Mapping[str, Tenant],
    manifest: Manifest,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> int:
    """Hold what might be sent twice; answers how many drafts."""
    audit, held = Audit(store, now, new_id), 0
    for tenant_id, tenant in tenants.items():
        stored = await store.postures.read(tenant_id) or Posture(tenant.autonomy)
        await store.postures.write(tenant_id, Posture(stored.autonomy, RESTORE.name, now()))
        held += await _hold(notebook, tenant_id)
        await audit.note(
            tenant_id,
            "restored_from_backup",
            RESTORE,
            backup=manifest.id,
            made_at=manifest.made_at.isoformat(),
            rows=manifest.rows,
        )
    return held


async def _hold(notebook: Notebook, tenant_id: str) -> int:
    count, done = 0, set[str]()
    while found := _new(await notebook.store.conversations.with_drafts(tenant_id, ("queued",), _AT_A_TIME), done):
        for conversation in found:
            done.add(conversation.id)
            _, changed = await notebook.change(tenant_id, conversation.id, _hold_drafts, look=False)
            count += changed
    return count


def _new(found: Collection[Conversation], done: Collection[str]) -> list[Conversation]:
    return [conversation for conversation in found if conversation.id not in done]


def _hold_drafts(conversation: Conversation, log: Log) -> int:
    queued = [draft for draft in conversation.outbox if draft.status is Status.QUEUED]
    for draft in queued:
        draft.step(Status.HELD, "restored")
        draft.hold_reasons, draft.grant, draft.decision = ("hold.paused",), None, ""
        draft.retry_at = None
        log.add("draft_held", draft.correlation_id, draft=draft.id, why=draft.hold_reasons, restored=True)
    return len(queued)
