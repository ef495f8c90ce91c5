"""
The approval bot, put together: one entrance, and behind it the rooms of each tenant.

Rule 1: exactly one process serves a token: its cards, and the question for updates (`serve`). Any process may
        take what Telegram brings by itself (`attend`, `feed`).
Rule 2: each tenant has rooms of its own behind the one token; nothing of a tenant is shared but the line.
Rule 3: starting and running never fail because Telegram is away; whatever happened meanwhile is shown later.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping
from functools import partial

import structlog
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.types import BotCommand
from aiogram.utils.token import TokenValidationError
from aiohttp import ClientSession

from admin.telegram.board import Job
from admin.telegram.current import Current
from admin.telegram.entrance import Entrance
from admin.telegram.handled import Handled
from admin.telegram.languages import Languages
from admin.telegram.post import CALL_SECONDS, Line, PlainPaper, Post
from admin.telegram.rooms import Heart, Rooms
from admin.telegram.sentences import COMMANDS, Language
from admin.telegram.settings import Rhythm, Webhook
from admin.telegram.staff import Staff
from admin.telegram.staff_room import StaffRoom
from admin.telegram.updates import Updates
from bot.errors import BadSignature, Misconfigured, UnreadableBody
from bot.stopping import end
from bot.tenant import Tenant

log = structlog.get_logger()

# A call that Telegram has not answered by then is cut off: its card may come twice after the start.
CLOSING_SECONDS = 2.0


class TelegramApprovals:
    """One bot, all tenants, their people."""

    def __init__(
        self,
        token: str,
        api_url: str,
        tenants: Mapping[str, Tenant],
        heart: Heart,
        *,
        webhook: Webhook | None = None,
        language: Language = "ar",
        rhythm: Rhythm | None = None,
    ) -> None:
        """Raises Misconfigured for a token that cannot be one."""
        rhythm = rhythm or Rhythm()
        self._rhythm = rhythm
        self._webhook = webhook
        self._store = heart.store
        self._tasks: list[asyncio.Task[None]] = []
        self._session = _session(api_url)
        self._bot = _bot(token, self._session)
        marks = heart.store.marks
        self._line = line = Line(self._bot, rhythm.pace)
        post = Post(line, PlainPaper())
        languages, current = Languages(marks, language), Current(marks)
        self._staff = Staff(tenants, heart.users, heart.delegations, heart.now)
        self._rooms = {t.id: Rooms(t, heart, line, self._staff, languages, rhythm) for t in tenants.values()}
        own = StaffRoom(tenants, self._staff, heart.users, current, marks, post, languages, heart.now)
        entrance = Entrance(self._bot, post, self._staff, self._rooms, current, own)
        self._updates = Updates(self._bot, entrance, post, heart.store, Handled(marks, self._bot.id), rhythm)

    async def start(self) -> None:
        """Begin to work; returns at once, whether or not Telegram can be reached."""
        self.attend()
        self._tasks.append(asyncio.create_task(self.serve(), name="telegram serve"))

    def attend(self) -> None:
        """Know who may do what, so that `feed` can be called; in any number of processes."""
        self._begin({"staff": self._look})

    async def serve(self) -> None:
        """Show the cards and ask for updates until cancelled; in one process at a time."""
        jobs: dict[str, Job] = {"menu": self._show_menu, "updates": self._listen}
        for rooms in self._rooms.values():
            jobs |= {name: partial(self._once_looked, job) for name, job in rooms.jobs().items()}
        serving = self._begin(jobs)
        try:
            await asyncio.wait(serving)
        finally:
            await end(serving)

    def _begin(self, jobs: Mapping[str, Job]) -> list[asyncio.Task[None]]:
        begun = [
            asyncio.create_task(self._keep_running(name, job), name=f"telegram {name}")
            for name, job in jobs.items()
        ]
        self._tasks = [task for task in self._tasks if not task.done()] + begun
        return begun

    def handlers(self) -> frozenset[str]:
        """The names of everything that an update can reach."""
        each = (rooms.handlers() for rooms in self._rooms.values())
        return frozenset(f"staff.message.{name}" for name in StaffRoom.COMMANDS).union(
            {"staff.callback_query.tenant"}, *each
        )

    async def stop(self) -> None:
        """
        Stop at any moment; the next start goes on from what is stored.

        The line closes before the work is stopped: a card that was shown a moment ago is still noted, so that
        nobody sees it again after an ordinary restart.
        """
        await self._line.close(CLOSING_SECONDS)
        await self._session.end()
        await end(self._tasks)
        self._tasks = []

    async def feed(self, body: bytes, secret_header: str) -> None:
        """
        Take an update that Telegram brought.

        Raises BadSignature, UnreadableBody, and what the store raises while the database is away: answer that
        with an error status and Telegram brings the update again.
        """
        if self._webhook is None or not hmac.compare_digest(
            secret_header.encode(), self._webhook.secret.encode()
        ):
            raise BadSignature(
                "the secret of this Telegram call is missing or wrong", "رمز استدعاء تيليجرام مفقود أو خاطئ"
            )
        try:
            raw = json.loads(body)
        except ValueError as broken:
            raise UnreadableBody("Telegram sent something that is not JSON") from broken
        if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
            raise UnreadableBody("Telegram sent something that is not an update")
        await self._updates.take(raw)

    async def _keep_running(self, name: str, job: Job) -> None:
        """A fault of ours in one job must not end the approvals: say it loudly, begin again."""
        while True:
            try:
                return await job()
            except Exception:  # the border of the bot: everything below that it can name is handled there
                log.exception("telegram_job_failed", job=name)
            await asyncio.sleep(self._rhythm.longest_pause_seconds)

    async def _look(self) -> None:
        """Follow who joins and who is shut out."""
        while True:
            try:
                await self._staff.look()
            except self._store.unreachable as away:
                log.warning("telegram_staff_waits", reason=type(away).__name__)
            await asyncio.sleep(self._rhythm.sweep_seconds)

    async def _once_looked(self, job: Job) -> None:
        await self._staff.ready()
        await job()

    async def _listen(self) -> None:
        if self._webhook is None:
            await self._updates.poll()
        elif self._webhook.url:
            await self._updates.announce(self._webhook)
        else:
            log.info("telegram_webhook_is_registered_by_the_operator")

    async def _show_menu(self) -> None:
        """The list behind the menu button: pleasant, not needed."""
        for index, language in ((1, None), (1, "ar"), (2, "en")):
            menu = [BotCommand(command=entry[0], description=entry[index]) for entry in COMMANDS]
            try:
                await self._bot.set_my_commands(menu, language_code=language, request_timeout=CALL_SECONDS)
            except (AiogramError, UnicodeDecodeError) as refused:
                log.info("telegram_menu_not_set", reason=type(refused).__name__)
                return


class _Session(AiohttpSession):
    """Ends once and for all: aiogram's own opens again for whoever comes late, and nobody closes that one."""

    _is_over = False

    async def end(self) -> None:
        self._is_over = True
        await self.close()

    async def create_session(self) -> ClientSession:
        if self._is_over:
            raise AiogramError("this bot is being stopped")
        return await super().create_session()


def _session(api_url: str) -> _Session:
    return _Session(api=TelegramAPIServer.from_base(api_url.rstrip("/")), timeout=CALL_SECONDS)


def _bot(token: str, session: _Session) -> Bot:
    try:
        return Bot(token, session=session, default=DefaultBotProperties(parse_mode="HTML"))
    except TokenValidationError as bad:
        raise Misconfigured(
            "TELEGRAM_BOT_TOKEN does not look like a token: copy it from @BotFather, for example 123456:ABC-DEF",
            "قيمة TELEGRAM_BOT_TOKEN لا تشبه رمز بوت: انسخها من ‎@BotFather‎، مثال: 123456:ABC-DEF",
        ) from bad
