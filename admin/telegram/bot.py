"""
Sami's approval bot, put together: the cards on one side, the taps and words on the other.

Rule 1: exactly one process runs this for a token. Two would answer each other's taps with "already decided".
Rule 2: starting and running never fail because Telegram is away; whatever happened meanwhile is shown later.
"""

import asyncio
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.types import BotCommand
from aiogram.utils.token import TokenValidationError

from admin.telegram.access import OnlyApprovers
from admin.telegram.board import Board, Job
from admin.telegram.commands import Commands
from admin.telegram.contacts import Contacts
from admin.telegram.daily import Daily
from admin.telegram.faces import Faces
from admin.telegram.handled import Handled
from admin.telegram.keeper import Keeper
from admin.telegram.languages import Languages
from admin.telegram.names import Words
from admin.telegram.post import CALL_SECONDS, Post
from admin.telegram.prompts import Prompts
from admin.telegram.refusals import Refusals
from admin.telegram.replies import Replies
from admin.telegram.rule_cards import RuleCards
from admin.telegram.sentences import COMMANDS, Language
from admin.telegram.settings import Rhythm, Webhook
from admin.telegram.taps import Taps
from admin.telegram.updates import Updates
from bot.approvals import Approvals
from bot.bell import Bell
from bot.desk import Desk
from bot.errors import BadSignature, Misconfigured, UnreadableBody
from bot.store import Store
from bot.workbench import Workbench

log = structlog.get_logger()


class TelegramApprovals:
    """One bot, one tenant, its approvers."""

    def __init__(
        self,
        token: str,
        api_url: str,
        tenant_id: str,
        approver_ids: Sequence[int],
        approvals: Approvals,
        desk: Desk,
        store: Store,
        bell: Bell,
        now: Callable[[], datetime],
        words: Words,
        workbench: Workbench,
        *,
        webhook: Webhook | None = None,
        language: Language = "ar",
        rhythm: Rhythm | None = None,
    ) -> None:
        """Raises Misconfigured for a token that cannot be one."""
        rhythm = rhythm or Rhythm()
        self._rhythm = rhythm
        self._webhook = webhook
        self._tasks: list[asyncio.Task[None]] = []
        self._bot = _bot(token, api_url)
        post = Post(self._bot, rhythm.pace)
        languages = Languages(store.marks, language)
        faces = Faces(languages, words, now)
        keeper = Keeper(post, tenant_id, approvals, store, faces)
        prompts = Prompts(post, store.marks, languages)
        refusals = Refusals(approvals, tenant_id, faces)
        self._board = Board(keeper, tenant_id, approver_ids, approvals, store, bell, faces, rhythm)
        self._daily = Daily(tenant_id, approver_ids, desk, store, post, faces, rhythm)
        contacts = Contacts(tenant_id, approvals, desk, store, post, faces, prompts, refusals)
        commands = Commands(tenant_id, approvals, desk, post, faces, contacts, refusals)
        taps = Taps(tenant_id, approvals, desk, store, post, keeper, faces, prompts, refusals)
        replies = Replies(tenant_id, approvals, desk, store, post, keeper, faces, prompts, refusals)
        self._rule_cards = RuleCards(tenant_id, approver_ids, workbench, store, post, faces, rhythm)
        dispatcher = Dispatcher(disable_fsm=True)
        dispatcher.update.outer_middleware(OnlyApprovers(approver_ids, post, self._board.opened))
        dispatcher.include_routers(
            commands.router(),
            replies.router(),
            taps.router(),
            contacts.router(),
            self._rule_cards.router(),
            commands.fallback(),
        )
        self._updates = Updates(self._bot, dispatcher, post, store, Handled(store.marks, tenant_id), rhythm)

    async def start(self) -> None:
        """Begin to work; returns at once, whether or not Telegram can be reached."""
        jobs = {
            **self._board.jobs(),
            "daily": self._daily.run,
            "rules": self._rule_cards.run,
            "menu": self._show_menu,
            "updates": self._listen,
        }
        self._tasks = [
            asyncio.create_task(self._keep_running(name, job), name=f"telegram {name}")
            for name, job in jobs.items()
        ]

    async def stop(self) -> None:
        """Stop at any moment; the next start goes on from what is stored."""
        left = set(self._tasks)
        while left:
            for task in left:
                task.cancel()
            # A library below us may swallow a cancellation (seen with the database driver): say it again.
            _, left = await asyncio.wait(left, timeout=0.2)
        self._tasks = []
        await self._bot.session.close()

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


def _bot(token: str, api_url: str) -> Bot:
    session = AiohttpSession(api=TelegramAPIServer.from_base(api_url.rstrip("/")), timeout=CALL_SECONDS)
    try:
        return Bot(token, session=session, default=DefaultBotProperties(parse_mode="HTML"))
    except TokenValidationError as bad:
        raise Misconfigured(
            "TELEGRAM_BOT_TOKEN does not look like a token: copy it from @BotFather, for example 123456:ABC-DEF",
            "قيمة TELEGRAM_BOT_TOKEN لا تشبه رمز بوت: انسخها من ‎@BotFather‎، مثال: 123456:ABC-DEF",
        ) from bad
