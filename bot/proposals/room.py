"""
The room of proposals: draw one up, look at it, open its paper.

Rule 1: a proposal of another tenant does not exist.
Rule 2: a number that is not on the price list does not get in; without a price list there is no proposal.
Rule 3: nobody who asked us to stop, or to restrict the use of their data, gets one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.actions.action import ActionView
from bot.actions.room import Actions
from bot.conversation import Conversation
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.links import Links, Opens
from bot.people import Human
from bot.playbook import Playbook
from bot.proposals import pricing
from bot.proposals.pricing import NoPrices, Wanted
from bot.proposals.proposal import Proposal, ProposalRows, goes_back
from bot.proposals.telling import fields_of
from bot.risks import refuse_forbidden
from bot.store import Store
from bot.tenant import Tenant

RIYADH = ZoneInfo("Asia/Riyadh")
VALID_DAYS, MOST_VALID_DAYS = 14, 60
LISTED_AT_MOST = 200
MAX_RACES = 20


class MayNotBeWritten(NotAllowed):
    """A contact who asked us to stop."""

    code, status = "contact_closed", 409

    def __init__(self) -> None:
        super().__init__(
            "this contact asked us to stop, or to restrict the use of their data: nothing is offered to them",
            "طلب هذا العميل إيقاف الرسائل أو تقييد استخدام بياناته: لا يُقدَّم له عرض",
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """A proposal as somebody asks for it."""

    conversation_id: str
    lines: Sequence[Wanted]
    language: str = ""
    """Empty: the contact's own."""
    discount_percent: int = 0
    discount_reason: str = ""
    valid_days: int = VALID_DAYS
    note: str = ""


class Proposals:
    """What the API, the console and the flow ask."""

    def __init__(
        self,
        *,
        rows: ProposalRows,
        store: Store,
        tenants: Mapping[str, Tenant],
        playbook_of: Callable[[str], Playbook],
        links: Links,
        actions: Actions,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._store = store
        self._tenants = tenants
        self._playbook_of = playbook_of
        self._links = links
        self._actions = actions
        self._now = now
        self._new_id = new_id

    async def draw_up(self, tenant_id: str, wish: Wish, by: Human, proposal_id: str = "") -> Proposal:
        """
        Put a proposal together at today's prices; nobody is asked and nothing is sent.

        Args:
            proposal_id: the same when a request is repeated, so that there is one.

        Raises NotFound (conversation), NoPrices, BadRequest, MayNotBeWritten.
        """
        known = await self._rows.read(tenant_id, proposal_id) if proposal_id else None
        if known is not None:
            return known
        contact = await self.contact(tenant_id, wish.conversation_id)
        if contact.is_suppressed or contact.restricted:
            raise MayNotBeWritten
        playbook, now = self._playbook_of(tenant_id), self._now()
        today = playbook.book.policies.day(now)
        language = wish.language or ("en" if contact.language == "en" else "ar")
        self._check_words(tenant_id, wish, language, playbook, now)
        drawn = Proposal(
            id=proposal_id or self._new_id(),
            tenant_id=tenant_id,
            conversation_id=contact.id,
            language=language,
            customer=contact.name,
            answers={name: slot.value for name, slot in contact.slots.items()},
            lines=pricing.lines_of(playbook.book.policies.prices, wish.lines, today),
            discount_percent=wish.discount_percent,
            discount_reason=wish.discount_reason.strip(),
            price_list_sha256=pricing.hash_of_list(playbook.book.policies.prices, today),
            book_version=playbook.version,
            issued_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
            valid_until=_midnight(now, wish.valid_days + 1),
            note=wish.note.strip(),
            made_by=by,
        )
        if drawn.subtotal_halalas > pricing.MOST_HALALAS:
            raise BadRequest(
                "this comes to more than a billion riyals; look at the quantities",
                "المجموع أكثر من مليار ريال؛ راجع الكميات",
            )
        if not await self._rows.add(drawn):
            return await self.read(tenant_id, drawn.id)
        return drawn

    async def offer(
        self, tenant_id: str, wish: Wish, by: Human, roles: Collection[str], proposal_id: str = ""
    ) -> tuple[Proposal, ActionView]:
        """Draw a proposal up and begin to send it: it is printed, and people are asked. Raises as `draw_up`."""
        drawn = await self.draw_up(tenant_id, wish, by, proposal_id)
        begun = await self._actions.ask(
            tenant_id,
            drawn.conversation_id,
            "send_proposal",
            by,
            {"proposal_id": drawn.id},
            drawn.id,
            roles=roles,
        )
        return drawn, begun

    def only_price(self, tenant_id: str) -> tuple[Wanted, ...]:
        """The one line that needs no choice. Raises NoPrices, BadRequest when there are several."""
        policies = self._playbook_of(tenant_id).book.policies
        valid = policies.prices.valid(policies.day(self._now()))
        if not valid:
            raise NoPrices
        if len(valid) > 1:
            known = ", ".join(price.id for price in valid)
            raise BadRequest(
                f"the price list has several prices ({known}): a person chooses what is offered, with "
                "POST /api/v1/proposals",
                f"في قائمة الأسعار أكثر من سعر ({known}): يختار شخص ما يُعرض عبر POST /api/v1/proposals",
            )
        return (Wanted(valid[0].id, 1),)

    async def read(self, tenant_id: str, proposal_id: str) -> Proposal:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, proposal_id)
        if found is None:
            raise NotFound(f"there is no proposal {proposal_id}", "لا يوجد عرض بهذا المعرّف")
        return found

    async def get(self, tenant_id: str, proposal_id: str) -> dict[str, object]:
        """As the API shows it. Raises NotFound."""
        return fields_of(await self.read(tenant_id, proposal_id))

    async def list(
        self, tenant_id: str, *, conversation_id: str = "", status: str = "", limit: int = 50
    ) -> Sequence[dict[str, object]]:
        """Newest first."""
        found = await self._rows.latest(
            tenant_id, conversation_id=conversation_id, status=status, limit=min(limit, LISTED_AT_MOST)
        )
        return [fields_of(one) for one in found]

    async def paper(self, tenant_id: str, proposal_id: str) -> tuple[Proposal, bytes]:
        """The PDF. Raises NotFound, also while nothing is printed yet."""
        found = await self.read(tenant_id, proposal_id)
        content = (
            await self._rows.paper(tenant_id, proposal_id, found.paper_sha256) if found.paper_sha256 else None
        )
        if content is None:
            raise NotFound(f"the proposal {proposal_id} is not printed yet", "لم يُطبع هذا العرض بعد")
        return found, content

    async def opened(self, token: str) -> tuple[Proposal, bytes]:
        """What the link in a message opens. Raises NotFound, LinkExpired."""
        opens = self._links.read("offer", token, self._now())
        if opens.tenant_id not in self._tenants:
            raise NotFound("there is nothing at this address", "لا يوجد شيء في هذا العنوان")
        return await self.paper(opens.tenant_id, opens.id)

    def address(self, proposal: Proposal) -> str:
        """The link that its message carries."""
        return self._links.address(Opens("offer", proposal.tenant_id, proposal.id, proposal.valid_until))

    async def contact(self, tenant_id: str, conversation_id: str) -> Conversation:
        """Raises NotFound."""
        found = await self._store.conversations.read(tenant_id, conversation_id)
        if found is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        return found

    async def change(self, proposal: Proposal, **changes: object) -> Proposal:
        """Write a change, against whatever races; one that would lead back is not written."""
        for _ in range(MAX_RACES):
            fresh = await self.read(proposal.tenant_id, proposal.id)
            wanted = replace(fresh, **changes)  # type: ignore[arg-type]
            if wanted == fresh or goes_back(fresh.status, wanted.status):
                return fresh
            if await self._rows.write(wanted):
                return replace(wanted, v=wanted.v + 1)
        raise BadRequest("somebody changes this proposal all the time", "يتغير هذا العرض باستمرار؛ أعد المحاولة")

    def _check_words(self, tenant_id: str, wish: Wish, language: str, playbook: Playbook, now: datetime) -> None:
        pricing.check_discount(wish.discount_percent, wish.discount_reason)
        if not 1 <= wish.valid_days <= MOST_VALID_DAYS:
            raise BadRequest(
                f"a proposal is valid for 1 to {MOST_VALID_DAYS} days",
                f"مدة سريان العرض من يوم إلى {MOST_VALID_DAYS} يومًا",
            )
        if wish.note.strip():
            refuse_forbidden(wish.note, language, self._tenants[tenant_id], playbook.book.policies, now)


def _midnight(now: datetime, days: int) -> datetime:
    """The beginning of a day in Riyadh, so many days from today."""
    local = now.astimezone(RIYADH).replace(hour=0, minute=0, second=0, microsecond=0)
    return local + timedelta(days=days)
