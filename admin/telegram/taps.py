"""
What a tap on a button does.

Rule 1: every tap is answered, also a refused one; the answer is given after the effect, so it is true.
Rule 2: nothing here decides whether an action is allowed: the heart does, on the state at that moment, and its
        refusal is shown as it is.
Rule 3: after a tap the message that was tapped shows the truth, whatever came of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiogram import Router
from aiogram.types import CallbackQuery

from admin.telegram import buttons
from admin.telegram.buttons import OnDraft
from admin.telegram.faces import Faces
from admin.telegram.handing import Handing
from admin.telegram.keeper import Keeper
from admin.telegram.plain import clean, pages
from admin.telegram.post import Away, ChatClosed, MessageGone, Post, Refused
from admin.telegram.prompts import Prompts
from admin.telegram.refusals import Refusals
from admin.telegram.sentences import Language, say
from admin.telegram.staff import Member
from admin.telegram.times import clock
from bot.approvals import Approvals, Human
from bot.authority.centre import ApprovalCentre
from bot.cards import REJECT_REASONS, Action, Card
from bot.conversation import Status
from bot.desk import Desk
from bot.errors import NotAllowed
from bot.store import Store

# The whole text in pieces that leave room for the markup around them.
PIECE_UNITS = 4_000


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap on a button of a draft."""

    chat_id: int
    message_id: int
    draft_id: str
    version: int
    by: Human
    member: Member
    language: Language
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person sees at once."""

    words: str = ""
    is_alert: bool = False
    refreshes: bool = True
    """Whether the tapped message is drawn anew; False when a choice is shown in it."""


Deed = Callable[[Tap], Awaitable[Answer]]


class Taps:
    """Buttons of cards."""

    def __init__(
        self,
        tenant_id: str,
        approvals: Approvals,
        centre: ApprovalCentre,
        desk: Desk,
        store: Store,
        post: Post,
        keeper: Keeper,
        faces: Faces,
        prompts: Prompts,
        refusals: Refusals,
        handing: Handing,
    ) -> None:
        self._tenant_id = tenant_id
        self._handing = handing
        self._approvals = approvals
        self._centre = centre
        self._desk = desk
        self._store = store
        self._post = post
        self._keeper = keeper
        self._faces = faces
        self._prompts = prompts
        self._refusals = refusals
        self._deeds = self._table()

    def router(self) -> Router:
        router = Router(name="taps")
        router.callback_query.register(self.on_draft, OnDraft.filter())
        return router

    def _table(self) -> dict[str, Deed]:
        table: dict[str, Deed] = {
            Action.APPROVE: self._approve,
            Action.EDIT: self._edit,
            buttons.PICK_REASON: self._pick_reason,
            Action.TAKE_OVER: self._take_over,
            Action.HAND_BACK: self._hand_back,
            Action.ARRIVED: self._arrived,
            Action.SEND_AGAIN: self._send_again,
            Action.VERIFY_PAYMENT: self._ask_about_payment,
            buttons.PAYMENT_SURE: self._payment,
            buttons.FULL_TEXT: self._full_text,
            buttons.OPEN_CARD: self._open,
            buttons.BACK: self._back,
        }
        table |= {f"{buttons.REJECT_FOR}{reason}": self._reject for reason in REJECT_REASONS}
        return table | {f"{Action.SNOOZE}_{minutes}": self._snooze for minutes in buttons.SNOOZE_MINUTES}

    async def on_draft(self, query: CallbackQuery, callback_data: OnDraft, me: Human, member: Member) -> None:
        """Do it, say it, show it."""
        assert query.message is not None  # a tap in a private chat always has its message
        chat_id, message_id = query.message.chat.id, query.message.message_id
        do, draft_id = callback_data.do, callback_data.draft
        language: Language = "ar"
        try:
            language = await self._faces.languages.of(chat_id)
            version = callback_data.version
            tap = Tap(chat_id, message_id, draft_id, version, me, member, language, _detail(do))
            answer = await self._answer(do, tap)
        except self._store.unreachable:
            await self._post.popup(query.id, say("database_away", language), alert=True)
            raise
        except Exception:
            await self._post.popup(query.id, say("failed_here", language), alert=True)
            raise
        await self._post.popup(query.id, answer.words, alert=answer.is_alert)
        if answer.refreshes:
            await self._keeper.refresh(chat_id, message_id, draft_id)

    async def _answer(self, do: str, tap: Tap) -> Answer:
        deed = self._deeds.get(do)
        if deed is None:
            return Answer(say("old_button", tap.language), is_alert=True)
        try:
            return await deed(tap)
        except NotAllowed as refused:
            why = await self._refusals.why(refused, tap.chat_id, tap.draft_id)
            return Answer(why, is_alert=True, refreshes=do != buttons.OPEN_CARD)

    async def _approve(self, tap: Tap) -> Answer:
        member = tap.member
        await self._centre.approve(self._tenant_id, tap.draft_id, tap.version, member.human, member.roles)
        return Answer(say("ok_approved", tap.language))

    async def _reject(self, tap: Tap) -> Answer:
        member = tap.member
        await self._centre.reject(
            self._tenant_id, tap.draft_id, tap.version, member.human, member.roles, tap.detail
        )
        return Answer(say("ok_rejected", tap.language))

    async def _snooze(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if card.status is Status.HELD and card.rev != tap.version:
            return self._state(card, tap)  # this tap was done already, or the card has changed under the thumb
        card = await self._approvals.snooze(self._tenant_id, tap.draft_id, tap.by, int(tap.detail))
        assert card.snoozed_until is not None
        return Answer(
            say("ok_snoozed", tap.language, at=clock(card.snoozed_until, self._faces.now(), tap.language))
        )

    async def _arrived(self, tap: Tap) -> Answer:
        await self._approvals.arrived(self._tenant_id, tap.draft_id, tap.by)
        return Answer(say("ok_arrived", tap.language))

    async def _send_again(self, tap: Tap) -> Answer:
        await self._approvals.send_again(self._tenant_id, tap.draft_id, tap.by)
        return Answer(say("ok_send_again", tap.language))

    async def _edit(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if Action.EDIT not in card.actions:
            return self._state(card, tap)
        await self._prompts.ask_for_text(tap.chat_id, card)
        return Answer(refreshes=card.text_version != tap.version)

    async def _pick_reason(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if Action.REJECT not in card.actions:
            return self._state(card, tap)
        await self._offer(tap, buttons.reason_keyboard(card, tap.language))
        return Answer(say("pick_reason", tap.language), refreshes=False)

    async def _ask_about_payment(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if Action.VERIFY_PAYMENT not in card.actions:
            return Answer(say("payment_not_now", tap.language), is_alert=True)
        await self._offer(tap, buttons.payment_keyboard(card, tap.language))
        return Answer(say("sure_payment", tap.language), is_alert=True, refreshes=False)

    async def _payment(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if Action.VERIFY_PAYMENT not in card.actions:
            return Answer(say("payment_not_now", tap.language), is_alert=True)
        evidence = (
            f"{tap.by.name} ({tap.by.id}) saw the money in the account; said so in Telegram, draft {tap.draft_id}"
        )
        await self._approvals.system_event(
            self._tenant_id, card.conversation_id, "payment_verified", tap.by, evidence
        )
        return Answer(say("ok_payment", tap.language))

    async def _take_over(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if card.mode == "human":
            return Answer(say("already_human", tap.language), is_alert=True)
        summary = await self._handing.summary(card.conversation_id, tap.language)
        await self._approvals.take_over(self._tenant_id, card.conversation_id, tap.by)
        await self._handing.tell(tap.chat_id, summary)
        return Answer(say("ok_taken_over", tap.language))

    async def _hand_back(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if card.mode != "human":
            return Answer(say("already_bot", tap.language))
        await self._approvals.hand_back(self._tenant_id, card.conversation_id, tap.by)
        return Answer(say("ok_handed_back", tap.language))

    async def _full_text(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        for piece in pages(clean(card.text), PIECE_UNITS):
            await self._post.say(tap.chat_id, f"<pre>{piece}</pre>", reply_to=tap.message_id)
        return Answer(refreshes=False)

    async def _open(self, tap: Tap) -> Answer:
        card = await self._card(tap)
        if not tap.member.may_decide:
            # Somebody who only reads gets a picture of it, and no card that must be kept true.
            face = await self._faces.of_card(card, tap.chat_id)
            await self._post.say(tap.chat_id, face.text)
            return Answer(say("ok_opened", tap.language), refreshes=False)
        is_shown = await self._keeper.bring_down(tap.chat_id, tap.draft_id)
        return Answer(say("ok_opened", tap.language) if is_shown else "", refreshes=False)

    async def _back(self, _tap: Tap) -> Answer:
        return Answer()

    async def _card(self, tap: Tap) -> Card:
        return await self._approvals.card(self._tenant_id, tap.draft_id)

    async def _offer(self, tap: Tap, keyboard: buttons.InlineKeyboardMarkup) -> None:
        """Show a choice in the tapped message; when Telegram will not, the old buttons stay and work."""
        try:
            await self._post.set_keyboard(tap.chat_id, tap.message_id, keyboard)
        except (Away, ChatClosed, MessageGone, Refused):
            await self._keeper.refresh(tap.chat_id, tap.message_id, tap.draft_id)

    def _state(self, card: Card, tap: Tap) -> Answer:
        return Answer(self._refusals.state_of(card, tap.language), is_alert=True)


def _detail(do: str) -> str:
    """The choice that an action carries: the reason of a refusal, the minutes of a snooze."""
    return do.removeprefix(buttons.REJECT_FOR).removeprefix(f"{Action.SNOOZE}_")
