"""
What a payment provider tells, and when it makes a deal paid.

Rule 1: a notice proves where it comes from before a word of it is believed.
Rule 2: it is kept before anything is done about it, and the same payment counts once, under whatever number it is
        told again; who died in between is finished by the next telling.
Rule 3: only the amount and the currency that were asked for, for an order of ours, of a deal that waits for
        money, make a payment verified. Everything else is held for a person, who is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.errors import BadRequest, BadSignature, UnknownChannel
from bot.evidence.payment import VERIFIED
from bot.money import said
from bot.payments.provider import Notice, NoticeKind, PaymentDesks, PaymentProvider
from bot.payments.request import EventOutcome, PaymentEvent, PaymentRequest, PaymentRows, RequestStatus
from bot.payments.room import Payments
from bot.payments.telling import WHY_HELD
from bot.people import Human
from bot.store import Store

# A story is read in one piece.
STORY = 20_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a notice."""

    outcome: str
    """`verified | held | ignored`"""
    reason: str = ""
    is_repeated: bool = False


class PaymentDoor:
    """Behind `POST /webhooks/payments/{provider}`."""

    def __init__(
        self,
        *,
        rows: PaymentRows,
        room: Payments,
        store: Store,
        desks: PaymentDesks | None,
        approvals: Approvals,
        alerts: Alerts,
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._room = room
        self._store = store
        self._desks = desks
        self._approvals = approvals
        self._alerts = alerts
        self._now = now

    def check(self, provider: str) -> None:
        """Raises UnknownChannel for a provider that nobody configured, before its body is read."""
        if not self._accounts(provider):
            raise UnknownChannel(
                f"no payment provider {provider[:40]!r} is configured here",
                "لا يوجد مزوّد دفع مهيأ بهذا الاسم هنا",
            )

    async def hear(self, provider: str, headers: Mapping[str, str], body: bytes) -> Heard:
        """Raises UnknownChannel, BadSignature, UnreadableNotice."""
        self.check(provider)
        tenant_id, account, notice = self._believed(provider, headers, body)
        if notice.kind is NoticeKind.OTHER:
            return Heard(EventOutcome.IGNORED.value)
        fresh = PaymentEvent(
            tenant_id=tenant_id,
            provider=provider,
            kind=notice.kind.value,
            payment_id=notice.payment_id,
            event_id=notice.event_id,
            order_ref=notice.order_ref,
            amount_halalas=notice.amount_halalas,
            currency=notice.currency,
            received_at=self._now(),
        )
        kept = await self._rows.hear(fresh)
        if kept.outcome is not EventOutcome.RECEIVED:
            return Heard(kept.outcome.value, kept.reason, is_repeated=True)
        settled = await self._judged(kept, account, notice)
        if settled.outcome is EventOutcome.HELD:
            await self._tell(settled)  # before it is settled: who dies in between tells it with the next telling
        await self._rows.settle(settled)
        return Heard(settled.outcome.value, settled.reason, is_repeated=kept.event_id != fresh.event_id)

    def _accounts(self, provider: str) -> Mapping[str, PaymentProvider]:
        return self._desks.named(provider) if self._desks else {}

    def _believed(
        self, provider: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, PaymentProvider, Notice]:
        """Whose account it proves to come from; every account is tried, so that time tells nothing."""
        found: list[tuple[str, PaymentProvider, Notice]] = []
        refused: BadSignature | None = None
        for tenant_id, account in self._accounts(provider).items():
            try:
                found.append((tenant_id, account, account.read(headers, body)))
            except BadSignature as wrong:
                refused = wrong
        if len(found) != 1:
            raise refused or BadSignature("this proves to come from nobody", "تعذر التحقق من المصدر")
        return found[0]

    async def _judged(self, event: PaymentEvent, account: PaymentProvider, notice: Notice) -> PaymentEvent:
        request = await self._request(event, notice)
        about = replace(
            event,
            request_id=request.id if request else "",
            conversation_id=request.conversation_id if request else "",
        )
        why = self._why_held(event, account, notice, request)
        if why or request is None:
            return replace(about, outcome=EventOutcome.HELD, reason=why)
        why = await self._verified(about, request)
        return replace(about, outcome=EventOutcome.HELD if why else EventOutcome.VERIFIED, reason=why)

    async def _request(self, event: PaymentEvent, notice: Notice) -> PaymentRequest | None:
        """By the order, which we wrote down; by our own id only where its order was never written."""
        if event.order_ref:
            found = await self._rows.by_order(event.tenant_id, event.provider, event.order_ref)
            if found is not None:
                return found
        named = await self._rows.read(event.tenant_id, notice.request_id) if notice.request_id else None
        return named if named is not None and named.method == "payment_link" and not named.order_ref else None

    @staticmethod
    def _why_held(
        event: PaymentEvent, account: PaymentProvider, notice: Notice, request: PaymentRequest | None
    ) -> str:
        if event.kind == NoticeKind.MONEY_BACK:
            return "money_back"
        if request is None:
            return "unmatched"
        if account.is_live and not notice.is_live:
            return "test_mode"
        if event.currency != request.currency:
            return "other_currency"
        if event.amount_halalas != request.amount_halalas:
            return "other_amount"
        if request.status is RequestStatus.PAID and request.payment_id != event.payment_id:
            return "paid_twice"
        return ""

    async def _verified(self, event: PaymentEvent, request: PaymentRequest) -> str:
        """Record that it was paid; answers why a person must look instead, as a code."""
        if await self._store.conversations.read(event.tenant_id, request.conversation_id) is None:
            return "contact_gone"
        evidence = f"payment:{event.provider}:{event.payment_id}"
        if not await self._is_recorded(event, request, evidence):
            try:
                await self._approvals.system_event(
                    event.tenant_id,
                    request.conversation_id,
                    VERIFIED,
                    Human(f"service:{event.provider}", event.provider),
                    evidence,
                    amount_halalas=event.amount_halalas,
                )
            except BadRequest:
                if not await self._is_recorded(event, request, evidence):
                    return "other_stage"
        await self._room.change(
            request, status=RequestStatus.PAID, paid_at=event.received_at, payment_id=event.payment_id
        )
        return ""

    async def _is_recorded(self, event: PaymentEvent, request: PaymentRequest, evidence: str) -> bool:
        fresh = await self._store.conversations.log_of(event.tenant_id, request.conversation_id)
        told = await self._store.timeline.of_conversation(event.tenant_id, request.conversation_id, STORY)
        return any(
            entry.what == "stage_moved" and entry.data.get("evidence") == evidence for entry in (*fresh, *told)
        )

    async def _tell(self, event: PaymentEvent) -> None:
        en, ar = WHY_HELD[event.reason]
        await self._alerts.tell(
            event.tenant_id,
            "payment_held",
            f"A payment of {said(event.amount_halalas, 'en')} needs a person: {en}",
            f"دفعة بمبلغ {said(event.amount_halalas, 'ar')} تحتاج مراجعة: {ar}",
            f"{event.provider} {event.payment_id} {event.currency}",
            f"payment_held:{event.id}",
            audience=("admin", "approver"),
            about=event.request_id or event.payment_id,
        )
