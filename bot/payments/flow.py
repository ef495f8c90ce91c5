"""
`request_payment`, step by step: draw up, ask, make the order, send, see it arrive.

Rule 1: people agree to the message word for word, with its amount and its account; an account that changed since
        has no yes.
Rule 2: there is no order at a provider before the yes, and never a second one: who tries again looks first.
Rule 3: that the message arrived says nothing about money; see `hearing.py`.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from bot.actions.action import Action, Watcher
from bot.actions.governed import BY_DEALIX
from bot.actions.outcome import ended, says
from bot.authority.centre import ApprovalCentre
from bot.errors import BadRequest, NotFound
from bot.evidence.canonical import sha256
from bot.leaving import (
    ANY_DECISION,
    CHANGED,
    NO_YES,
    NOBODY_KNOWS,
    ON_ITS_WAY,
    SIMULATED,
    Leaving,
    Left,
    not_sent,
)
from bot.payments.provider import NoLink, Order, OrderTrouble, PaymentLink
from bot.payments.request import PaymentRequest, RequestStatus
from bot.payments.room import NoMethod, Payments, PaymentWish
from bot.payments.telling import asked_of, message_of
from bot.proposals.pricing import FOUNDER_FROM_HALALAS
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn, again, done, wait_for_approval
from bot.tenant import Tenant

NAME = "request_payment"
KIND = "payment"
CONNECTOR = "payments"

# A provider that is away for longer than this many tries is a person's business.
TRIES = 8
AGAIN_AFTER_SECONDS = 30.0


class PaymentFacts(BaseModel):
    """What whoever asks for it by hand may say."""

    model_config = ConfigDict(extra="forbid")

    request_id: str = Field("", max_length=80)
    """One that was drawn up before; empty: the total of the last proposal, by the preferred method."""


@dataclass(frozen=True, slots=True)
class PaymentWork:
    """Its steps."""

    room: Payments
    centre: ApprovalCentre
    leaving: Leaving
    tenants: Mapping[str, Tenant]
    watcher: Watcher | None

    def action(self) -> Action:
        """What the room of actions does under this name."""
        steps = (
            Step("draw_up", self.draw_up, self.take_back, title_en="Draw it up", title_ar="إعداد الطلب"),
            Step("ask", self.ask, title_en="Ask for the yes", title_ar="طلب الموافقة"),
            Step("order", self.order, title_en="Make the link", title_ar="إنشاء رابط الدفع", attempts=TRIES),
            Step("let_go", self.let_go, title_en="Send it", title_ar="إرسال الطلب"),
            Step("watch", self.watch, title_en="See it arrive", title_ar="متابعة الوصول"),
        )
        flow = Flow(NAME, 1, steps, title_en="Ask for a payment", title_ar="طلب دفع", hears=(KIND,))
        return Action(NAME, flow, asks_itself=True, facts=PaymentFacts)

    async def draw_up(self, turn: Turn) -> Next:
        said, conversation_id = str(turn.state["facts"].get("request_id", "")), turn.state["conversation_id"]
        try:
            if said:
                drawn = await self.room.read(turn.tenant_id, said)
            else:
                own = hashlib.sha256(turn.run_id.encode()).hexdigest()[:26]
                by = turn.by if turn.by.id else BY_DEALIX
                drawn = await self.room.draw_up(turn.tenant_id, PaymentWish(conversation_id), by, own)
        except NoMethod as missing:
            return ended("not_configured", missing.message_en, missing.message_ar)
        except BadRequest as refused:
            return ended("failed", refused.message_en, refused.message_ar, code=refused.code)
        if drawn.conversation_id != conversation_id:
            return ended("failed", "this request is another contact's", "هذا الطلب لعميل آخر")
        if drawn.status is not RequestStatus.DRAWN_UP:
            return ended("failed", *_UNDER_WAY, request=drawn.id)
        return done(request=drawn.id)

    async def take_back(self, turn: Turn) -> None:
        """Somebody cancelled the work: nobody is asked any more, and nothing leaves that has not left."""
        drawn = await self._request(turn)
        if not drawn.draft_id:
            await self.room.change(drawn, status=RequestStatus.CANCELLED, reason="cancelled")
            return
        with suppress(NotFound):  # the contact is forgotten; that something was asked for is kept
            seen = await self.leaving.look(turn, drawn.conversation_id, drawn.draft_id, turn.now)
            if seen.left is Left.NOT_SENT:
                await self.room.change(drawn, status=RequestStatus.NOT_SENT, reason=seen.why)

    async def ask(self, turn: Turn) -> Next:
        drawn = await self._request(turn)
        message = await self._message(drawn)
        title_en, title_ar, summary_en, summary_ar = asked_of(drawn, message)
        is_large = drawn.amount_halalas >= FOUNDER_FROM_HALALAS
        asked = await self.centre.ask(
            turn.tenant_id,
            kind=KIND,
            action=NAME,
            resource=drawn.resource,
            content_sha256=_content(drawn, message),
            recipient=drawn.conversation_id,
            title_en=title_en,
            title_ar=title_ar,
            summary_en=summary_en,
            summary_ar=summary_ar,
            requested_by=drawn.made_by,
            correlation_id=turn.correlation_id,
            steps=("approver", "admin") if is_large else ("approver",),
            risk="high",
            facts={"request": drawn.id, "amount_halalas": str(drawn.amount_halalas), "method": drawn.method},
        )
        await self.room.change(drawn, status=RequestStatus.WAITING, approval_id=asked.id)
        return wait_for_approval(asked.id, None, ANY_DECISION, asked_for=asked.id)

    async def order(self, turn: Turn) -> Next:
        drawn, decision = await self._request(turn), turn.state["approval"]
        if decision["status"] != "approved":
            return await self._refused(drawn, str(decision["status"]))
        content = _content(drawn, await self._message(drawn))
        if not await self.leaving.may(turn, decision, NAME, drawn.resource, content, drawn.conversation_id):
            return await self._over(drawn, RequestStatus.NOT_SENT, "changed", *CHANGED)
        approval = await self.centre.read(turn.tenant_id, drawn.approval_id)
        drawn = await self.room.change(drawn, status=RequestStatus.APPROVED, approved_by=approval.decided_by)
        if drawn.method != "payment_link" or drawn.url:
            return done()
        return await self._ordered(turn, drawn)

    async def let_go(self, turn: Turn) -> Next:
        drawn = await self._request(turn)
        drawn = await self.room.change(drawn, draft_id=f"pay-{drawn.id}")
        message = await self._message(drawn)
        approval = await self.centre.read(turn.tenant_id, drawn.approval_id)
        if approval.content_sha256 != _content(drawn, message):
            return await self._over(drawn, RequestStatus.NOT_SENT, "changed", *CHANGED)
        try:
            await self.leaving.write(turn, drawn.conversation_id, drawn.approved_by, message, drawn.draft_id)
        except BadRequest as refused:
            words = (refused.message_en, refused.message_ar)
            return await self._over(drawn, RequestStatus.NOT_SENT, refused.code, *words)
        return done(draft=drawn.draft_id, since=turn.now, **says(*ON_ITS_WAY))

    async def watch(self, turn: Turn) -> Next:
        drawn = await self._request(turn)
        seen = await self.leaving.look(turn, drawn.conversation_id, drawn.draft_id, turn.state["since"])
        match seen.left:
            case Left.WAITS:
                return again(seen.again_after_seconds)
            case Left.UNKNOWN:
                return ended("unknown", *NOBODY_KNOWS, request=drawn.id, draft=drawn.draft_id)
            case Left.SIMULATED:
                return await self._over(drawn, RequestStatus.SIMULATED, "simulated", *SIMULATED)
            case Left.NOT_SENT:
                return await self._over(drawn, RequestStatus.NOT_SENT, seen.why, *not_sent(seen.why))
        is_paid = drawn.status is RequestStatus.PAID  # whoever pays at once is faster than this look
        status = RequestStatus.PAID if is_paid else RequestStatus.SENT
        await self.room.change(drawn, status=status, sent_at=drawn.sent_at or turn.now)
        return ended("done", request=drawn.id, draft=drawn.draft_id)

    async def _ordered(self, turn: Turn, drawn: PaymentRequest) -> Next:
        provider = self.room.provider(turn.tenant_id)
        if provider is None:
            return await self._over(drawn, RequestStatus.NOT_SENT, "not_configured", *_NO_PROVIDER)
        if self.watcher is not None and await self.watcher.is_disabled(turn.tenant_id, CONNECTOR):
            return await self._over(drawn, RequestStatus.NOT_SENT, "switched_off", *_SWITCHED_OFF)
        house = self.tenants[turn.tenant_id].name
        order = Order(drawn.id, drawn.amount_halalas, drawn.currency, f"{house} {drawn.number}", drawn.expires_at)
        is_first = turn.attempt == 1 and not turn.state.get("tried")
        made: PaymentLink | NoLink | None = None if is_first else await provider.find(order)
        made = made or await provider.make(order)
        if isinstance(made, PaymentLink):
            await self._saw(turn, "ok", 0.0)
            await self.room.change(drawn, provider=provider.name, order_ref=made.ref, url=made.url)
            return done()
        await self._saw(turn, _SEEN[made.trouble], made.latency_ms)
        if made.trouble is OrderTrouble.AWAY and int(turn.state.get("tried", 0)) < TRIES:
            later = made.retry_after_seconds or AGAIN_AFTER_SECONDS
            return again(later, tried=int(turn.state.get("tried", 0)) + 1, **says(*_AWAY))
        if made.trouble is OrderTrouble.AUTH_FAILED:
            raise GiveUp(*_AUTH_FAILED, code="auth_failed")
        raise GiveUp(*_REFUSED, code=made.code or "refused")

    async def _saw(self, turn: Turn, outcome: str, latency_ms: float) -> None:
        if self.watcher is not None:
            await self.watcher.saw(turn.tenant_id, CONNECTOR, outcome, latency_ms)  # type: ignore[arg-type]

    async def _refused(self, drawn: PaymentRequest, status: str) -> Next:
        reached = {"rejected": RequestStatus.REJECTED, "expired": RequestStatus.EXPIRED}
        await self.room.change(drawn, status=reached.get(status, RequestStatus.CANCELLED), reason=status)
        return ended("cancelled", *NO_YES[status], request=drawn.id)

    async def _over(self, drawn: PaymentRequest, status: RequestStatus, reason: str, en: str, ar: str) -> Next:
        await self.room.change(drawn, status=status, reason=reason)
        return ended("failed", en, ar, request=drawn.id)

    async def _message(self, drawn: PaymentRequest) -> str:
        settled = await self.room.methods(drawn.tenant_id)
        address = self.room.address(drawn) if drawn.method == "payment_link" else ""
        if drawn.method == "bank_transfer" and settled.account is None:
            return ""  # taken away since: nothing that anybody agreed to
        return message_of(drawn, self.tenants[drawn.tenant_id].name, settled.account, address)

    async def _request(self, turn: Turn) -> PaymentRequest:
        return await self.room.read(turn.tenant_id, turn.state["request"])


def _content(drawn: PaymentRequest, message: str) -> str:
    """The hash of exactly what would be asked for."""
    return sha256([drawn.id, drawn.amount_halalas, drawn.currency, drawn.method, message])


_SEEN = {
    OrderTrouble.REFUSED: "refused",
    OrderTrouble.AUTH_FAILED: "auth_failed",
    OrderTrouble.AWAY: "timeout",
}
_UNDER_WAY = (
    "this request was asked for before, and is decided once; draw up a new one",
    "سبق إرسال هذا الطلب للموافقة ويُبت فيه مرة واحدة؛ أعدّ طلبًا جديدًا",
)
_NO_PROVIDER = ("no payment provider is configured here any more", "لم يعد مزوّد الدفع مهيأً هنا")
_SWITCHED_OFF = ("the connector payments is switched off here", "الموصل payments موقوف هنا")
_AWAY = ("the payment provider does not answer; it is asked again", "مزوّد الدفع لا يستجيب؛ ستُعاد المحاولة")
_AUTH_FAILED = (
    "the payment provider does not know our key: set MOYASAR_SECRET_KEY anew, then retry",
    "مزوّد الدفع رفض مفتاحنا: عيّن MOYASAR_SECRET_KEY من جديد ثم أعد المحاولة",
)
_REFUSED = (
    "the payment provider refused this request; look at its dashboard, then retry or cancel",
    "رفض مزوّد الدفع هذا الطلب؛ راجع لوحته ثم أعد المحاولة أو ألغِ",
)
