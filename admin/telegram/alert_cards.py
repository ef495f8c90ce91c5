"""
Alerts in the chats of those whom they are for: an approval nobody decides, a forbidden attempt, the daily anchor.

Rule 1: shown once to each chat; that it was shown is stored with the alert. An alert says itself which roles and
        people must know. Where nobody in Telegram has such a role, those who decide are told instead.
Rule 2: whoever joins hears of what happens from then on; what is older than a week is on the page.
Rule 3: "acknowledged" is about the person, not the chat: the console then knows it, too.
"""

import asyncio
from datetime import timedelta

import structlog
from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup

from admin.telegram.approval_cards import ApprovalCards
from admin.telegram.approval_sentences import say
from admin.telegram.faces import Face, Faces
from admin.telegram.joined import Joined
from admin.telegram.keeper import Keeper
from admin.telegram.lane import Closed
from admin.telegram.plain import LINE_STARTS, clean, fitting, quoted
from admin.telegram.post import Away, ChatClosed, MessageGone, Post, Refused
from admin.telegram.sentences import Language
from admin.telegram.settings import Rhythm
from admin.telegram.staff import Member, Staff
from admin.telegram.times import clock
from bot.alerts import Alert, Alerts
from bot.authority.delegation import holds
from bot.errors import NotFound
from bot.store import Store

log = structlog.get_logger()

ACK, OPEN = "ok", "open"
PUSHED_FOR = timedelta(days=7)
DETAIL_UNITS = 1_500
CRITICAL = 3

# What an alert is about can be opened where it is one of these.
OF_REQUESTS, OF_DRAFTS = "approval_escalated", "draft_overdue"


class OnAlert(CallbackData, prefix="n"):
    """A tap that concerns one alert."""

    do: str
    alert: str


class AlertCards:
    """The alerts of one tenant."""

    def __init__(
        self,
        tenant_id: str,
        staff: Staff,
        alerts: Alerts,
        approval_cards: ApprovalCards,
        keeper: Keeper,
        joined: Joined,
        store: Store,
        post: Post,
        faces: Faces,
        rhythm: Rhythm,
    ) -> None:
        self._tenant_id = tenant_id
        self._staff = staff
        self._alerts = alerts
        self._approval_cards = approval_cards
        self._keeper = keeper
        self._joined = joined
        self._store = store
        self._post = post
        self._faces = faces
        self._rhythm = rhythm
        self._closed = Closed(rhythm.closed_chat_seconds)

    async def run(self) -> None:
        """Show what is new for as long as the bot runs."""
        while True:
            members = self._staff.members(self._tenant_id)
            await asyncio.gather(*(self._serve(member, members) for member in members))
            await asyncio.sleep(self._rhythm.sweep_seconds)

    def opened(self, chat_id: int) -> None:
        """A person wrote to us, so we may write to them."""
        self._closed.reopen(chat_id)

    def router(self) -> Router:
        router = Router(name="alerts")
        router.callback_query.register(self.on_tap, OnAlert.filter())
        return router

    async def on_tap(self, query: CallbackQuery, callback_data: OnAlert, member: Member) -> None:
        """Note who knows, or open what it is about."""
        assert query.message is not None  # a tap in a private chat always has its message
        chat_id, message_id = query.message.chat.id, query.message.message_id
        language = await self._faces.languages.of(chat_id)
        alert = await self._found(callback_data.alert, member)
        if alert is None:
            await self._post.popup(query.id, say("alert_gone", language), alert=True)
        elif callback_data.do == OPEN:
            await self._open(query.id, alert, chat_id, member, language)
        else:
            await self._alerts.seen(self._tenant_id, alert.id, member.human.id)
            await self._post.popup(query.id, say("ok_ack", language))
            await self._redraw(chat_id, message_id, alert, member, language)

    async def has(self, alert_id: str) -> bool:
        """Whether this tenant has such an alert."""
        return any(alert.id == alert_id for alert in await self._alerts.latest(self._tenant_id))

    async def _serve(self, member: Member, members: tuple[Member, ...]) -> None:
        chat_id = member.chat_id
        if self._closed.is_closed(chat_id):
            return
        try:
            since = await self._joined.of(chat_id)
            for alert in await self._alerts.unseen(self._tenant_id, _reader(chat_id)):
                await self._tell(alert, member, is_for(alert, member, members) and alert.at >= since)
        except ChatClosed:
            self._closed.close(chat_id)
        except (Away, *self._store.unreachable) as waits:
            log.info("telegram_alerts_wait", chat=chat_id, reason=type(waits).__name__)

    async def _tell(self, alert: Alert, member: Member, is_news: bool) -> None:
        """Show it, or pass over what is not for this chat, so that it does not stand in the way of what is."""
        chat_id = member.chat_id
        if is_news and alert.at > self._faces.now() - PUSHED_FOR:
            face = await self._face(alert, chat_id)
            await self._post.turn(chat_id)
            try:
                reply_to = await self._card_of(alert, chat_id)
                await self._post.send(chat_id, face.text, face.keyboard, reply_to=reply_to)
            except Refused as refused:
                log.error("telegram_refused_our_message", chat=chat_id, what=alert.id, reason=refused.summary)
        await self._alerts.seen(self._tenant_id, alert.id, _reader(chat_id))

    async def _card_of(self, alert: Alert, chat_id: int) -> int | None:
        """The card of what nobody decides, made true on the way: it has become more urgent."""
        if alert.kind == OF_REQUESTS:
            return await self._approval_cards.freshen(chat_id, alert.about)
        if alert.kind == OF_DRAFTS:
            return await self._keeper.card_message(chat_id, alert.about)
        return None

    async def _face(self, alert: Alert, chat_id: int) -> Face:
        language = await self._faces.languages.of(chat_id)
        row = [_button(ACK, alert, say("do_ack", language))]
        if alert.kind in (OF_REQUESTS, OF_DRAFTS):
            row.append(_button(OPEN, alert, say("do_open", language)))
        return Face(_text(alert, language), InlineKeyboardMarkup(inline_keyboard=[row]))

    async def _found(self, alert_id: str, member: Member) -> Alert | None:
        members = self._staff.members(self._tenant_id)
        known = (alert for alert in await self._alerts.latest(self._tenant_id) if alert.id == alert_id)
        return next((alert for alert in known if is_for(alert, member, members)), None)

    async def _open(self, query_id: str, alert: Alert, chat_id: int, member: Member, language: Language) -> None:
        words, is_alert = say("ok_opened", language), False
        try:
            if alert.kind == OF_DRAFTS and member.may_decide:
                await self._keeper.bring_down(chat_id, alert.about)
            else:
                await self._approval_cards.open(chat_id, alert.about, member)
        except NotFound as gone:
            words, is_alert = (gone.message_ar if language == "ar" else gone.message_en), True
        await self._post.popup(query_id, words, alert=is_alert)

    async def _redraw(
        self, chat_id: int, message_id: int, alert: Alert, member: Member, language: Language
    ) -> None:
        now = self._faces.now()
        by = say("acknowledged", language, name=quoted(member.human.name, 40), at=clock(now, now, language))
        try:
            await self._post.edit(
                chat_id, message_id, f"{_text(alert, language)}\n{LINE_STARTS[language]}{by}", None
            )
        except (Away, ChatClosed, MessageGone, Refused) as failed:
            log.info("telegram_alert_not_redrawn", chat=chat_id, reason=type(failed).__name__)


def is_for(alert: Alert, member: Member, members: tuple[Member, ...]) -> bool:
    """Whether an alert is for somebody: by role, by name, or because nobody here has the role."""
    if _is_named(alert, member):
        return True
    return member.may_decide and not any(_is_named(alert, other) for other in members)


def _is_named(alert: Alert, member: Member) -> bool:
    return member.human.id in alert.recipients or any(holds(role, member.roles) for role in alert.audience)


def _reader(chat_id: int) -> str:
    return f"telegram:{chat_id}"


def _text(alert: Alert, language: Language) -> str:
    start = LINE_STARTS[language]
    key = "alert_3" if alert.level >= CRITICAL else "alert"
    lines = [f"<b>{say(key, language, title=quoted(alert.title(language), 200))}</b>"]
    if alert.detail.strip():
        lines.append(fitting(clean(alert.detail), DETAIL_UNITS)[0])
    return "\n".join(start + line for line in lines)


def _button(do: str, alert: Alert, label: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=OnAlert(do=do, alert=alert.id).pack())
