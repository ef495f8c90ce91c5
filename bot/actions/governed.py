"""
What stands before every action: is it configured, may it be done, did somebody agree, may the contact be reached.

Rule 1: an action that is not configured ends as `not_configured`, in plain words; the admins are told once.
Rule 2: class A begins at once. Class B waits in the approval centre, but where its own steps ask about exactly
        what will leave, or where the line of the policy says `by_book` and only pages that we ship asked for it,
        in a decision that did not wait for a human.
Rule 3: a yes is a grant, used up by this run for exactly this; whoever died in between used it all the same.
Rule 4: before every step of an action that reaches the contact somebody looks whether they may be reached still.
        Where not, it is cancelled, and what it did is undone. A connector that was switched off meanwhile is not
        called any more.
Rule 5: how it ended is in the history of the contact, once; that nothing was done is no part of it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bot.actions.action import Action, Seen, Watcher, Words
from bot.actions.outcome import OUTCOME, ended, outcome
from bot.alerts import Alerts
from bot.audit import Audit
from bot.authority.centre import ApprovalCentre
from bot.authority.grants import GrantRefused, Grants
from bot.authority.mandates import GrantRows
from bot.authority.policy import Asking, Outcome, Policy, Ruling, rule
from bot.errors import AlreadyDecided
from bot.evidence.canonical import sha256
from bot.people import Human
from bot.runs.flow import Done, Flow, Next, Step, Turn, Work, again, done, wait_for_approval
from bot.runs.room import Runs
from bot.store import Store

# Who acts where nobody in particular does; an audit names it.
BY_DEALIX = Human("service:actions", "Dealix")

FIRST, AGREED = "policy_asked", "policy_agreed"

_ANY_DECISION = ("approved", "rejected", "expired", "cancelled", "superseded")

_REFUSED = {
    "rejected": Words("people did not agree to it", "لم تتم الموافقة على هذا الإجراء"),
    "expired": Words("nobody decided in time; ask again if it is still wanted", "لم يبت أحد في الطلب في الموعد"),
    "cancelled": Words("the request was taken back", "سُحب طلب الموافقة"),
    "superseded": Words("the same was asked for anew", "حل طلب جديد محل هذا الطلب"),
}
_STOPPED = Words("the contact does not want to hear from us", "لا يرغب العميل في تلقي رسائلنا")
_RESTRICTED = Words(
    "the use of this contact's data is restricted, or they are being forgotten",
    "استعمال بيانات هذا العميل مقيّد أو يجري حذفها",
)
_GONE = Words("this contact is not here any more", "لم يعد هذا العميل موجودًا لدينا")
_NO_GRANT = Words("the permission does not hold any more; ask again", "لم يعد الإذن ساريًا؛ اطلب الموافقة مجددًا")


@dataclass(frozen=True, slots=True)
class Government:
    """Everybody who is asked before an action goes on."""

    store: Store
    policy: Policy
    centre: ApprovalCentre
    grants: Grants
    grant_rows: GrantRows
    runs: Runs
    audit: Audit
    alerts: Alerts

    def flow_of(self, action: Action, watching: "Watching") -> Flow:
        """The flow of an action, with everything that stands before it."""
        line = self.policy.table.find(action.name)
        kind = line.kind if line else "request"
        before = (
            Step(
                FIRST,
                _Before(self, action, watching).ask,
                title_en="May it be done?",
                title_ar="هل يُسمح بالإجراء؟",
            ),
            Step(AGREED, _Before(self, action, watching).agreed, title_en="Agreed", title_ar="تمت الموافقة"),
        )
        steps = tuple(
            replace(step, work=self._watched(action, step, watching)) for step in (*before, *action.flow.steps)
        )
        return replace(action.flow, steps=steps, hears=tuple(dict.fromkeys((*action.flow.hears, kind))))

    def _watched(self, action: Action, step: Step, watching: "Watching") -> Work:
        """A step that first looks whether it may go on, and writes down how all of it ended."""
        names = [FIRST, AGREED, *(each.name for each in action.flow.steps)]

        async def work(turn: Turn) -> Next:
            stop = await self.unreachable(turn) if action.reaches_contact else None
            if stop is not None:
                return await self._cancelled(action, turn, stop)
            # Who died within a step has perhaps called: only the step itself knows what may be said of that.
            if turn.attempt == 1 and await watching.is_disabled(turn.tenant_id, action.connector):
                return ended("not_configured", *_switched_off(action.connector))
            answer = await step.work(turn)
            if isinstance(answer, Done) and (answer.is_last or step.name == names[-1]):
                told = {**turn.state, **answer.patch}.get(OUTCOME) or outcome("done", "", "")
                await self._note(action, turn, told)
            return answer

        return work

    async def unreachable(self, turn: Turn) -> Words | None:
        """Why the contact may not be reached now; None when they may."""
        conversation = await self.store.conversations.read(turn.tenant_id, turn.state["conversation_id"])
        if conversation is None:
            return _GONE
        if conversation.is_suppressed:
            return _STOPPED
        return _RESTRICTED if conversation.restricted else None

    async def _cancelled(self, action: Action, turn: Turn, why: Words) -> Next:
        told = outcome("cancelled", why.en, why.ar)
        await self._note(action, turn, told)
        with suppress(AlreadyDecided):  # it ended in this moment
            await self.runs.cancel(turn.tenant_id, turn.run_id, BY_DEALIX)
        return again(**{OUTCOME: told})

    async def _note(self, action: Action, turn: Turn, told: Mapping[str, Any]) -> None:
        if told["state"] == "not_configured":
            return
        await self.audit.note(
            turn.tenant_id,
            "action_ended",
            turn.by,
            conversation_id=turn.state["conversation_id"],
            correlation_id=turn.correlation_id,
            once=f"{turn.run_id}:{told['state']}",
            action=action.name,
            state=told["state"],
            run=turn.run_id,
        )


class Watching:
    """Whoever watches the connectors, told after the rooms are put together."""

    def __init__(self) -> None:
        self.watcher: Watcher | None = None

    async def is_disabled(self, tenant_id: str, key: str) -> bool:
        return bool(key) and self.watcher is not None and await self.watcher.is_disabled(tenant_id, key)

    async def saw(self, tenant_id: str, key: str, outcome: Seen, latency_ms: float) -> None:
        if self.watcher is not None:
            await self.watcher.saw(tenant_id, key, outcome, latency_ms)


@dataclass(frozen=True, slots=True)
class _Before:
    """The two steps before those of an action."""

    house: Government
    action: Action
    watching: Watching

    async def ask(self, turn: Turn) -> Next:
        missing = await self._missing(turn)
        if missing is not None:
            return ended("not_configured", missing.en, missing.ar)
        ruling = rule(self.house.policy.table, asking_of(turn, self.action))
        if ruling.outcome is Outcome.BLOCK:
            return ended("failed", ruling.message_en, ruling.message_ar)
        if ruling.is_allowed or self.action.asks_itself or self._is_by_book(turn):
            return done()
        return await self._wait(turn, ruling)

    async def agreed(self, turn: Turn) -> Next:
        approval = turn.state.get("approval")
        if approval is None:
            return done()
        if approval["status"] != "approved":
            why = _REFUSED[approval["status"]]
            return ended("cancelled", why.en, why.ar)
        if not await self._use(turn, approval.get("grant_id", "")):
            return ended("failed", _NO_GRANT.en, _NO_GRANT.ar)
        return done()

    def _is_by_book(self, turn: Turn) -> bool:
        line = self.house.policy.table.find(self.action.name)
        asked = turn.state["asked"]
        return bool(line and line.by_book and asked["is_by_book"] and not asked["hold"])

    async def _missing(self, turn: Turn) -> Words | None:
        """What is not there, told to the admins once for all times."""
        words = self.action.missing(turn.tenant_id)
        if words is not None:
            await self.house.alerts.tell(
                turn.tenant_id,
                "action_not_configured",
                f"Asked for and not configured: {self.action.flow.title_en or self.action.name}. {words.en}",
                f"طُلب إجراء غير مهيأ: {self.action.flow.title_ar or self.action.name}. {words.ar}",
                self.action.name,
                f"action_not_configured:{self.action.name}",
                about=self.action.name,  # no correlation id: which message came first is chance
            )
            return words
        return None

    async def _wait(self, turn: Turn, ruling: Ruling) -> Next:
        state, flow = turn.state, self.action.flow
        asked = await self.house.centre.ask(
            turn.tenant_id,
            kind=ruling.kind,
            action=ruling.action,
            resource=f"action:{turn.run_id}",
            content_sha256=content_of(state),
            recipient=state["conversation_id"] if self.action.reaches_contact else "",
            title_en=flow.title_en or self.action.name,
            title_ar=flow.title_ar or self.action.name,
            summary_en=_summary(state["facts"]) or "asked for by the rules",
            summary_ar=_summary(state["facts"]) or "طلبته القواعد",
            requested_by=turn.by if turn.by.id else BY_DEALIX,
            correlation_id=turn.correlation_id,
            facts={"conversation": state["conversation_id"], "pages": ", ".join(state["asked"]["by_pages"])},
        )
        return wait_for_approval(asked.id, None, _ANY_DECISION, asked_for=asked.id)

    async def _use(self, turn: Turn, grant_id: str) -> bool:
        ruling = rule(self.house.policy.table, asking_of(turn, self.action))
        recipient = turn.state["conversation_id"] if self.action.reaches_contact else ""
        try:
            await self.house.grants.use(
                turn.tenant_id,
                grant_id,
                action=ruling.action,
                resource=f"action:{turn.run_id}",
                content_sha256=content_of(turn.state),
                recipient=recipient,
                now=turn.now,
                by=turn.by,
                used_for=turn.run_id,
            )
        except GrantRefused as refused:
            grant = await self.house.grant_rows.read(turn.tenant_id, grant_id) if grant_id else None
            return refused.code == "grant_used" and grant is not None and grant.used_for == turn.run_id
        return True


def asking_of(turn: Turn, action: Action) -> Asking:
    """The question to the policy; what proves it is the message, or the person, that asked."""
    return Asking(
        turn.tenant_id,
        action.name,
        turn.by,
        correlation_id=turn.correlation_id,
        evidence=turn.correlation_id,
    )


def content_of(state: Mapping[str, Any]) -> str:
    """The hash of exactly what would be done."""
    return sha256({name: state[name] for name in ("action", "conversation_id", "facts")})


def _switched_off(key: str) -> tuple[str, str]:
    return f"the connector {key} is switched off here", f"الموصل {key} موقوف هنا"


def _summary(facts: Mapping[str, Any]) -> str:
    told = (f"{name}: {value}" for name, value in facts.items() if value not in ("", None, [], {}))
    return "\n".join(told)[:4_000]
