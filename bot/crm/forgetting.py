"""
Forget a contact in the customer records too, when they are forgotten here.

Rule 1: what may stand there is owed from the moment in which the erasure begins, and until it is erased there; an
        erasure is not complete before.
Rule 2: what was on its way there meanwhile is looked for a second time, when it must have arrived.
Rule 3: what we cannot do is said to whoever must do it by hand, with the id under which it is found there. They
        say that it is done by cancelling the work, and that is in the history under their name.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.actions.action import Watcher, Words
from bot.actions.governed import BY_DEALIX
from bot.actions.outcome import says
from bot.alerts import Alerts
from bot.audit import Audit
from bot.crm.crm import CrmDesks, CrmLink, CrmLinks, Trouble
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn, again, finished, sleep_until
from bot.runs.room import Runs
from bot.runs.run import RunStatus

logger = structlog.get_logger()

NAME = "forget_in_crm"
CONNECTOR = "hubspot"

LOOK_EVERY_SECONDS = 10.0
AT_ONCE = 100

# No call to the records lasts longer: what was on its way when the erasure began has arrived by then.
SECOND_LOOK_AFTER = timedelta(seconds=30)

AGAIN_AFTER_SECONDS = 30.0
# The law gives thirty days; a service that is away for half a day is a person's business.
TRIES = 400

_ENDED = (RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.COMPENSATED)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Its steps, and the look at what is owed."""

    rows: CrmLinks
    desks: CrmDesks | None
    runs: Runs
    tenants: Collection[str]
    alerts: Alerts
    audit: Audit
    watcher: Watcher | None
    unreachable: tuple[type[Exception], ...]
    now: Callable[[], datetime]

    def flow(self) -> Flow:
        steps = (
            Step("erase", self.erase, title_en="Erase", title_ar="الحذف"),
            Step("look_again", self.look_again, title_en="Look again", title_ar="التحقق مجددًا"),
        )
        return Flow(NAME, 1, steps, title_en="Forget in the customer records", title_ar="الحذف من سجلات العملاء")

    async def look(self) -> None:
        """The job: begin what is owed, and close what ended."""
        for tenant_id in self.tenants:
            try:
                for link in await self.rows.owed(tenant_id, AT_ONCE):
                    await self._see_to(link)
            except self.unreachable as away:
                logger.warning("crm_forgetting_waits", tenant=tenant_id, reason=type(away).__name__)

    async def erase(self, turn: Turn) -> Next:
        return await self._erased(turn) or sleep_until(self.now() + SECOND_LOOK_AFTER)

    async def look_again(self, turn: Turn) -> Next:
        return await self._erased(turn) or finished()

    async def _erased(self, turn: Turn) -> Next | None:
        """None when nothing stands there; else what follows. Raises GiveUp."""
        crm = self.desks.of(turn.tenant_id) if self.desks else None
        if crm is None:
            return await self._left_to_people(turn, "not_configured")
        if self.watcher is not None and await self.watcher.is_disabled(turn.tenant_id, CONNECTOR):
            return again(AGAIN_AFTER_SECONDS, **says(*_SWITCHED_OFF))
        answer = await crm.forget([turn.state["conversation_id"]])
        if answer is None:
            return None
        tries = int(turn.state.get("tries", 0)) + 1
        if answer.trouble in (Trouble.AUTH_FAILED, Trouble.REFUSED) or tries > TRIES:
            return await self._left_to_people(turn, answer.code)
        pause = answer.retry_after_seconds
        return again(AGAIN_AFTER_SECONDS if pause is None else max(pause, 1.0), tries=tries)

    async def _left_to_people(self, turn: Turn, code: str) -> Next:
        """Raises GiveUp, after those were told who must do it."""
        words = _by_hand(turn.state["conversation_id"])
        await self.alerts.tell(
            turn.tenant_id,
            "crm_erasure_by_hand",
            "Somebody who must be forgotten still stands in the customer records",
            "شخص طلب حذف بياناته ما زال في سجلات العملاء",
            f"{words.en} ({code}, run {turn.run_id})",
            f"crm_erasure:{turn.run_id}",
            audience=("admin", "dpo"),
            about=turn.run_id,
        )
        raise GiveUp(words.en, words.ar, code=code)

    async def _see_to(self, link: CrmLink) -> None:
        run = await self.runs.start_run(
            link.tenant_id,
            NAME,
            run_id=_run_id(link),
            state={"conversation_id": link.conversation_id, "request": link.forget_for},
        )
        if run.status not in _ENDED:
            return
        await self.audit.note(
            link.tenant_id,
            "erased_in_crm" if run.status is RunStatus.COMPLETED else "crm_erasure_done_by_people",
            BY_DEALIX if run.status is RunStatus.COMPLETED else run.last.by,
            once=run.id,
            request=link.forget_for,
            run=run.id,
        )
        await self.rows.drop(link.tenant_id, link.conversation_id)


def _run_id(link: CrmLink) -> str:
    """The same for the same erasure; not `about` the contact, because it outlives them."""
    stem = f"{link.conversation_id}\0{link.forget_for}"
    return f"crm-forget:{hashlib.sha256(stem.encode()).hexdigest()[:32]}"


def _by_hand(conversation_id: str) -> Words:
    return Words(
        f"we cannot erase this contact in the customer records: delete the contact and the deal with our id "
        f"{conversation_id} there by hand, then cancel this work; or mend the key, then retry",
        f"تعذّر حذف هذا العميل من سجلات العملاء: احذف يدويًا هناك العميل والصفقة اللذين معرّفهما لدينا "
        f"{conversation_id} ثم ألغِ هذه المهمة؛ أو أصلح المفتاح ثم أعد المحاولة",
    )


_SWITCHED_OFF = ("the connector hubspot is switched off here", "الموصل hubspot موقوف هنا")
