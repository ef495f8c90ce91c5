"""
A message that people agreed to, from their yes to the contact's phone: for work of several steps.

Rule 1: a yes is used up for exactly this; a run that died after using it used it all the same.
Rule 2: the message is a draft like every other: it passes the gate, and leaves at most once.
Rule 3: it has left when a provider took it, and not before. A simulated phone is nobody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.approvals import Approvals
from bot.authority.grants import GrantRefused, Grants
from bot.authority.mandates import GrantRows
from bot.conversation import REACHED, Status
from bot.errors import NotFound
from bot.people import Human
from bot.runs.flow import Turn
from bot.store import Store

# A provider answers within seconds; a message in doubt is resolved by a person, who may be asleep.
LOOK_AFTER_SECONDS = 1.0
LATER_AFTER_SECONDS = 60.0
SOON = timedelta(minutes=1)
WATCHED_FOR = timedelta(days=3)

ANY_DECISION = ("approved", "rejected", "expired", "cancelled", "superseded")


class Left(StrEnum):
    """Where a message stands."""

    WAITS = "waits"
    REACHED = "reached"
    SIMULATED = "simulated"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Look:
    """What became of it so far."""

    left: Left
    why: str = ""
    """The gate's or the provider's word, for staff."""
    again_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Leaving:
    """Uses the yes, writes the draft, looks after it."""

    store: Store
    approvals: Approvals
    grants: Grants
    grant_rows: GrantRows

    async def may(
        self,
        turn: Turn,
        decision: Mapping[str, Any],
        action: str,
        resource: str,
        content_sha256: str,
        recipient: str,
    ) -> bool:
        """Whether the yes is for exactly this."""
        grant_id = str(decision.get("grant_id", ""))
        try:
            await self.grants.use(
                turn.tenant_id,
                grant_id,
                action=action,
                resource=resource,
                content_sha256=content_sha256,
                recipient=recipient,
                now=turn.now,
                by=turn.by,
                used_for=turn.run_id,
            )
        except GrantRefused as refused:
            grant = await self.grant_rows.read(turn.tenant_id, grant_id) if grant_id else None
            return refused.code == "grant_used" and grant is not None and grant.used_for == turn.run_id
        return True

    async def write(self, turn: Turn, conversation_id: str, by: Human, text: str, draft_id: str) -> None:
        """In the name of whoever agreed; a second time changes nothing. Raises BadRequest for forbidden words."""
        await self.approvals.write(turn.tenant_id, conversation_id, by, text, draft_id)

    async def look(self, turn: Turn, conversation_id: str, draft_id: str, since: datetime) -> Look:
        """Where it stands. Raises NotFound for a contact who is gone."""
        contact = await self.store.conversations.read(turn.tenant_id, conversation_id)
        if contact is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        draft = contact.draft(draft_id)
        if draft is None:  # cleared away with the ended ones while nobody looked
            return Look(Left.UNKNOWN)
        if draft.status in REACHED:
            return Look(Left.REACHED)
        if draft.status is Status.SIMULATED:
            return Look(Left.SIMULATED)
        if draft.status in (Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.REJECTED):
            return Look(Left.NOT_SENT, draft.note or draft.status.value)
        age = turn.now - since
        if age > WATCHED_FOR:
            return Look(Left.UNKNOWN)
        return Look(Left.WAITS, "", LOOK_AFTER_SECONDS if age < SOON else LATER_AFTER_SECONDS)


CHANGED = (
    "what would leave is not what was agreed to; ask again",
    "ما سيُرسل ليس ما ووفق عليه؛ اطلب الموافقة مجددًا",
)
ON_ITS_WAY = ("the message is on its way", "الرسالة في الطريق")
SIMULATED = (
    "it went to the simulated phone; nobody has received it, and the deal stays where it is",
    "وصلت إلى الهاتف التجريبي فقط؛ لم يستلمها أحد وبقيت الصفقة مكانها",
)
NOBODY_KNOWS = (
    "nobody can say whether the message arrived; resolve it in the queue of drafts",
    "لا يُعرف إن وصلت الرسالة؛ احسم أمرها في قائمة المسودات",
)
NO_YES = {
    "rejected": ("people did not agree to it", "لم تتم الموافقة عليه"),
    "expired": ("nobody decided about it in time", "لم يبت فيه أحد في الموعد"),
    "cancelled": ("the request was taken back", "سُحب طلب الموافقة"),
    "superseded": ("another request replaced it", "حل طلب آخر محل هذا الطلب"),
}


def not_sent(why: str) -> tuple[str, str]:
    """In words, when the gate or a provider said no."""
    return f"the message did not leave: {why}", f"لم تخرج الرسالة: {why}"
