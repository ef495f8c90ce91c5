"""
What somebody at a desk does for one contact beside answering: stop everything for good, or for now.

Rule 1: a stop that a human enters is a stop: it is remembered for the phone before anything else happens, it
        cancels what waits, and it revokes every consent. Asked again, it finishes what a power cut left.
Rule 2: a pause holds what would leave by itself; what a human writes or agrees to still leaves.
Rule 3: what a provider says about a contact is not for a human to lift, and neither is a stop.
"""

from dataclasses import dataclass

from bot.audit import Audit
from bot.conversation import Conversation
from bot.effects import opt_out
from bot.errors import NotAllowed, NotFound
from bot.inbox.rows import InboxRows
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.privacy.consent import ALL, REVOKED
from bot.privacy.consents import Consents

BY_HUMAN = "by_human"

# Whose stop it was: what the contact said is theirs, and is finished by the line.
AT_A_DESK = "desk:"

# What a human may lift again: their own pause, and what the rules only suspected.
LIFTABLE = (BY_HUMAN, "suspected_opt_out", "complaint")


class ContactDecides(NotAllowed):
    """What only the contact can undo."""

    code, status = "contact_decides", 409


@dataclass(frozen=True, slots=True)
class Inbox:
    """The room."""

    rows: InboxRows
    notebook: Notebook
    consents: Consents
    audit: Audit

    async def stop(self, tenant_id: str, conversation_id: str, by: Human, reason: str = "") -> Conversation:
        """Never write to this contact again. Raises NotFound; a contact who stopped already stays as they are."""
        found = await self._found(tenant_id, conversation_id)
        if found.suppression is not None and not found.suppression.source_key.startswith(AT_A_DESK):
            return found
        if found.suppression is None:
            await self._suppress(found, f"{AT_A_DESK}{by.id}")
        stopped = await self._found(tenant_id, conversation_id)
        at = stopped.suppression.at if stopped.suppression else self.notebook.now()
        events = (await self.consents.show(tenant_id, conversation_id)).events
        if not any(event.action == REVOKED and event.purpose == ALL and event.at >= at for event in events):
            await self.consents.revoke(
                tenant_id, conversation_id, by, "manual", channel=ALL, purpose=ALL, evidence_ref=reason
            )
        once = f"{conversation_id}:{at.isoformat()}"
        await self.audit.note(
            tenant_id, "contact_stopped", by, conversation_id=conversation_id, once=once, reason=reason
        )
        return await self._found(tenant_id, conversation_id)

    async def _suppress(self, found: Conversation, cause: str) -> None:
        store = self.notebook.store
        await store.suppressions.add(found.tenant_id, found.keys, "manual", cause, self.notebook.now())

        def edit(conversation: Conversation, log: Log) -> None:
            if not conversation.is_suppressed:
                opt_out(conversation, "manual", cause, "", log)

        await self.notebook.change(found.tenant_id, found.id, edit)

    async def pause(self, tenant_id: str, conversation_id: str, by: Human) -> Conversation:
        """Nothing leaves to this contact by itself. Raises NotFound, ContactDecides."""

        def edit(conversation: Conversation, log: Log) -> None:
            if conversation.is_suppressed:
                raise ContactDecides(
                    "this contact opted out: nothing leaves anyway", "أوقف العميل الرسائل فلا يخرج شيء"
                )
            if not conversation.sends_paused:
                conversation.sends_paused = BY_HUMAN
                log.add("sends_paused_by_human", "", by=by.id)

        conversation, _ = await self.notebook.change(tenant_id, conversation_id, edit)
        return conversation

    async def unpause(self, tenant_id: str, conversation_id: str, by: Human) -> Conversation:
        """Let the bot answer by itself again. Raises NotFound, ContactDecides."""

        def edit(conversation: Conversation, log: Log) -> None:
            was = conversation.sends_paused
            if was and was not in LIFTABLE:
                raise ContactDecides(
                    "the provider reported this; the contact lifts it by writing again",
                    "هذا ما أبلغ به المزود، ويرفعه العميل حين يكتب من جديد",
                )
            conversation.sends_paused = ""
            if was:
                log.add("sends_resumed_by_human", "", by=by.id, was=was)

        conversation, _ = await self.notebook.change(tenant_id, conversation_id, edit)
        return conversation

    async def _found(self, tenant_id: str, conversation_id: str) -> Conversation:
        found = await self.notebook.store.conversations.read(tenant_id, conversation_id)
        if found is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        return found
