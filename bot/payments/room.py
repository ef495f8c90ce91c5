"""
The room of payments: how a tenant is paid, what was asked for, what providers told.

Rule 1: a request of another tenant does not exist.
Rule 2: an amount comes from a proposal that was sent, or from a person who names it.
Rule 3: an account changes in daylight: it is noted, and every admin and approver is told.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.actions.action import ActionView
from bot.actions.room import Actions
from bot.alerts import Alerts
from bot.audit import Audit
from bot.conversation import Conversation
from bot.errors import BadRequest, NotFound, Outdated
from bot.links import Links, Opens
from bot.payments.methods import METHODS, BankAccount, Method, PaymentMethods, iban_of
from bot.payments.provider import PaymentDesks
from bot.payments.request import PaymentEvent, PaymentRequest, PaymentRows, goes_back
from bot.people import Human
from bot.proposals.proposal import ProposalRows, ProposalStatus
from bot.proposals.room import MayNotBeWritten
from bot.store import Store
from bot.tenant import Tenant

# One riyal is the least that a provider collects; more than ten million is halalas typed twice.
LEAST_HALALAS, MOST_HALALAS = 100, 1_000_000_000
EXPIRES_AFTER = timedelta(days=30)
LISTED_AT_MOST = 200
MAX_RACES = 20


class NoMethod(BadRequest):
    """Nobody has settled how this tenant is paid."""

    code = "no_payment_method"


@dataclass(frozen=True, slots=True)
class PaymentWish:
    """Money as somebody asks for it."""

    conversation_id: str
    amount_halalas: int | None = None
    """None: the total of the last proposal that was sent."""
    method: Method | None = None
    language: str = ""


class Payments:
    """What the API, the flow and the door of providers ask."""

    def __init__(
        self,
        *,
        rows: PaymentRows,
        proposals: ProposalRows,
        store: Store,
        tenants: Mapping[str, Tenant],
        desks: PaymentDesks | None,
        links: Links,
        actions: Actions,
        alerts: Alerts,
        audit: Audit,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._proposals = proposals
        self._store = store
        self._tenants = tenants
        self.desks = desks
        self._links = links
        self._actions = actions
        self._alerts = alerts
        self._audit = audit
        self._now = now
        self._new_id = new_id

    # How a tenant is paid

    async def methods(self, tenant_id: str) -> PaymentMethods:
        """What is settled; version 0 where nothing is."""
        return await self._rows.methods(tenant_id) or PaymentMethods(tenant_id)

    async def set_methods(
        self, tenant_id: str, account: BankAccount | None, preferred: Method, by: Human, seen_v: int
    ) -> PaymentMethods:
        """
        Settle it. Raises BadRequest (IBAN, a provider that is not configured), Outdated.

        Args:
            seen_v: the version that whoever changes it has seen.
        """
        if account is not None:
            account = replace(account, iban=iban_of(account.iban))
        if preferred == "payment_link" and self.provider(tenant_id) is None:
            raise NoMethod(
                "no payment provider is configured here: set MOYASAR_SECRET_KEY, or prefer bank_transfer",
                "لا يوجد مزوّد دفع مهيأ هنا: عيّن MOYASAR_SECRET_KEY أو اختر التحويل البنكي",
            )
        before = await self.methods(tenant_id)
        if before.v != seen_v:
            raise Outdated(
                f"somebody changed this meanwhile; it is at version {before.v}: look at it again",
                f"غيّره أحد في هذه الأثناء، والنسخة الآن {before.v}: راجعه من جديد",
            )
        wanted = replace(before, account=account, preferred=preferred, set_by=by, set_at=self._now())
        if not await self._rows.set_methods(wanted):
            raise Outdated("somebody changed this meanwhile; look at it again", "غيّره أحد في هذه الأثناء؛ راجعه")
        was = before.account.masked if before.account else "-"
        became = account.masked if account else "-"
        await self._audit.note(
            tenant_id, "payment_methods_set", by, account=became, account_before=was, preferred=preferred
        )
        if was != became:
            await self._alerts.tell(
                tenant_id,
                "payment_account_changed",
                "The bank account that customers pay into was changed",
                "تغيّر الحساب البنكي الذي يدفع إليه العملاء",
                f"{was} -> {became}, by {by.name or by.id}",
                f"payment_account:{before.v + 1}",
                audience=("admin", "approver"),
            )
        return replace(wanted, v=before.v + 1)

    def provider(self, tenant_id: str) -> Any:
        """The tenant's account with a payment provider, None when there is none."""
        return self.desks.of(tenant_id) if self.desks else None

    # Requests

    async def draw_up(self, tenant_id: str, wish: PaymentWish, by: Human, request_id: str = "") -> PaymentRequest:
        """
        Put a request together; nobody is asked and nothing is sent.

        Raises NotFound (conversation), BadRequest (amount), NoMethod, MayNotBeWritten.
        """
        known = await self._rows.read(tenant_id, request_id) if request_id else None
        if known is not None:
            return known
        contact = await self._contact(tenant_id, wish.conversation_id)
        if contact.is_suppressed or contact.restricted:
            raise MayNotBeWritten
        amount, proposal_id = await self._amount(tenant_id, wish)
        method = await self._method(tenant_id, wish.method)
        now = self._now()
        drawn = PaymentRequest(
            id=request_id or self._new_id(),
            tenant_id=tenant_id,
            conversation_id=contact.id,
            amount_halalas=amount,
            currency="SAR",
            method=method,
            language=wish.language or ("en" if contact.language == "en" else "ar"),
            proposal_id=proposal_id,
            made_by=by,
            created_at=now,
            expires_at=now + EXPIRES_AFTER,
        )
        if not await self._rows.add(drawn):
            return await self.read(tenant_id, drawn.id)
        return drawn

    async def request(
        self, tenant_id: str, wish: PaymentWish, by: Human, roles: Collection[str], request_id: str = ""
    ) -> tuple[PaymentRequest, ActionView]:
        """Draw a request up and begin to send it: people are asked. Raises as `draw_up`."""
        drawn = await self.draw_up(tenant_id, wish, by, request_id)
        facts = {"request_id": drawn.id}
        begun = await self._actions.ask(
            tenant_id, drawn.conversation_id, "request_payment", by, facts, drawn.id, roles=roles
        )
        return drawn, begun

    async def read(self, tenant_id: str, request_id: str) -> PaymentRequest:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, request_id)
        if found is None:
            raise NotFound(f"there is no payment request {request_id}", "لا يوجد طلب دفع بهذا المعرّف")
        return found

    async def list(
        self, tenant_id: str, *, conversation_id: str = "", status: str = "", limit: int = 50
    ) -> Sequence[PaymentRequest]:
        """Newest first."""
        return await self._rows.latest(
            tenant_id, conversation_id=conversation_id, status=status, limit=min(limit, LISTED_AT_MOST)
        )

    async def events(self, tenant_id: str, outcome: str = "", limit: int = 50) -> Sequence[PaymentEvent]:
        """What providers told, newest first."""
        return await self._rows.events(tenant_id, outcome, min(limit, LISTED_AT_MOST))

    async def change(self, request: PaymentRequest, **changes: object) -> PaymentRequest:
        """Write a change, against whatever races; one that would lead back is not written."""
        for _ in range(MAX_RACES):
            fresh = await self.read(request.tenant_id, request.id)
            wanted = replace(fresh, **changes)  # type: ignore[arg-type]
            if wanted == fresh or goes_back(fresh.status, wanted.status):
                return fresh
            if await self._rows.write(wanted):
                return replace(wanted, v=wanted.v + 1)
        raise BadRequest("somebody changes this request all the time", "يتغير هذا الطلب باستمرار؛ أعد المحاولة")

    def address(self, request: PaymentRequest) -> str:
        """The link that its message carries: ours, so that people agree to it before there is an order."""
        return self._links.address(Opens("pay", request.tenant_id, request.id, request.expires_at))

    async def opened(self, token: str) -> str:
        """Where a payer goes on. Raises NotFound, LinkExpired."""
        opens = self._links.read("pay", token, self._now())
        found = await self._rows.read(opens.tenant_id, opens.id) if opens.tenant_id in self._tenants else None
        if found is None or not found.url or await self._is_gone(found):
            raise NotFound("there is nothing at this address", "لا يوجد شيء في هذا العنوان")
        return found.url

    async def _is_gone(self, request: PaymentRequest) -> bool:
        """Whether its contact was forgotten; what was asked of them is kept, as accounts are."""
        return await self._store.conversations.read(request.tenant_id, request.conversation_id) is None

    async def _amount(self, tenant_id: str, wish: PaymentWish) -> tuple[int, str]:
        if wish.amount_halalas is not None:
            if not LEAST_HALALAS <= wish.amount_halalas <= MOST_HALALAS:
                raise BadRequest(
                    f"an amount is {LEAST_HALALAS} to {MOST_HALALAS} halalas",
                    f"المبلغ من {LEAST_HALALAS} إلى {MOST_HALALAS} هللة",
                )
            return wish.amount_halalas, ""
        found = await self._proposals.latest(
            tenant_id, conversation_id=wish.conversation_id, status=ProposalStatus.SENT.value, limit=1
        )
        if not found:
            raise BadRequest(
                "no proposal was sent to this contact, so nobody knows how much is owed: name amount_halalas in "
                "POST /api/v1/payments/requests",
                "لم يُرسل عرض إلى هذا العميل فلا يُعرف المبلغ: اذكر amount_halalas في "
                "POST /api/v1/payments/requests",
            )
        return found[0].total_halalas, found[0].id

    async def _method(self, tenant_id: str, wanted: Method | None) -> Method:
        settled, has_provider = await self.methods(tenant_id), self.provider(tenant_id) is not None
        can = {
            "bank_transfer": settled.account is not None,
            "payment_link": has_provider and self._links.can_be_made,
        }
        order = (wanted,) if wanted else (settled.preferred, *METHODS)
        chosen = next((method for method in order if can[method]), None)
        if chosen is None:
            raise NoMethod(
                "nobody has settled how this business is paid: set an account with PUT /api/v1/payments/methods, "
                "or configure a payment provider (MOYASAR_SECRET_KEY and DEALIX_PUBLIC_URL)",
                "لم تُحدد طريقة الدفع لهذه المنشأة: عيّن حسابًا عبر PUT /api/v1/payments/methods أو هيّئ مزوّد دفع "
                "(MOYASAR_SECRET_KEY و DEALIX_PUBLIC_URL)",
            )
        return chosen

    async def _contact(self, tenant_id: str, conversation_id: str) -> Conversation:
        found = await self._store.conversations.read(tenant_id, conversation_id)
        if found is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        return found
