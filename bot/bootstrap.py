"""
Puts the house together: the only file that knows everyone.

Start: database, rule book and wordings at the same time; then collections and indexes; then what a crash left
behind; then the doors open. Stop: doors close, what is in hand is finished, everything is given back.
"""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import structlog
from fastapi import FastAPI
from ulid import ULID

from adapters.media.keepers import keeper_of
from adapters.media.line import FetchedMedia
from adapters.mongo.doors import Doors, OwnDoor
from adapters.mongo.driver import AWAY, REFUSED, PyMongoError, open_door
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.store import MongoStore
from adapters.oidc.wire import OidcWire
from adapters.whatsapp.call import silence_http_logs
from adapters.whatsapp.chain import Chain
from adapters.whatsapp.providers import NEEDS, provider_of
from adapters.whatsapp.simulated import Simulated
from admin import console
from admin.api import drafts as drafts_api
from admin.api import media as media_api
from admin.api import rules as rules_api
from admin.api import trust as trust_api
from bot import tenants as tenancy
from bot import trust
from bot.access import Keyring
from bot.access.opening import identity_provider
from bot.approvals import Approvals
from bot.ask import Ask
from bot.bell import Bell
from bot.consents import reader as consent_reader
from bot.conversation import Status
from bot.desk import Desk
from bot.errors import DealixError, Misconfigured
from bot.fingerprints import Fingerprints
from bot.floods import ChannelBudget
from bot.intake import Channel, Intake
from bot.logs import trail
from bot.media import MediaLine, MediaRoom
from bot.notebook import Notebook
from bot.outbox import Outbox
from bot.pipeline import Pipeline
from bot.playbook import EditionRefused, Playbooks, shipped
from bot.postures import PostureCache
from bot.relay import Relay
from bot.replays import Replays
from bot.settings import Settings
from bot.stopping import end
from bot.task_list import register_tasks
from bot.tenant import Tenant
from bot.tenants import DatabaseConfig, TenantConfig
from bot.trust import Trust
from bot.web import app as web
from bot.web.caller import by_keyring
from bot.web.doors import table_of
from bot.web.once import once
from bot.workbench import Workbench
from bot.worker import Worker

logger = structlog.get_logger()

VERSION = "0.1.0"

# A probe sends nothing; the chain itself asks each provider at most once a minute.
HEALTH_EVERY_SECONDS = 15
RECEIPTS_EVERY_SECONDS = 1.0
RESTART_AFTER_SECONDS = 1.0

# Published rules are in force in every process within about this long.
LOOK_FOR_EDITIONS_SECONDS = 1.0

# A receipt whose message never turns up belongs to a message that was not ours.
RECEIPT_WAITS = timedelta(minutes=15)


Clock = Callable[[], datetime]


def now() -> datetime:
    """The only clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """Sortable by time, 26 characters."""
    return str(ULID())


@dataclass(slots=True)
class House:
    """Everything that runs in one process."""

    settings: Settings
    tenants: dict[str, Tenant]
    store: MongoStore
    playbooks: Playbooks
    workbench: Workbench
    replays: Replays
    bell: Bell
    notebook: Notebook
    approvals: Approvals
    desk: Desk
    intake: Intake
    ask: Ask
    worker: Worker
    relay: Relay
    keyring: Keyring
    trust: Trust
    channels: dict[str, Channel]
    chains: dict[str, Chain]
    media_line: MediaLine
    telegram: Any = None

    def words(self, key: str, language: str) -> str:
        """A name in words, or the key itself when nobody has written one."""
        wordings = self.playbooks.shipped.wordings
        return wordings.render(key, language).text if key in wordings.keys else key

    @property
    def simulated(self) -> Simulated | None:
        """The provider behind the simulator page, when there is one."""
        found = (c.provider for c in self.channels.values() if isinstance(c.provider, Simulated))
        return next(found, None)


class Installation:
    """One process of Dealix, from its first breath to its last."""

    def __init__(self, settings: Settings, now: Clock = now) -> None:
        """`now` is the clock of everything inside. Raises Misconfigured."""
        settings.check()
        self.settings = settings
        self.now = now
        self.configs = tenancy.configured(settings)
        self.keyring = Keyring(settings.data_dir / "keys")
        self.provider = identity_provider(settings, OidcWire())
        self.embedded = (
            None if settings.mongodb_uri.get_secret_value() else EmbeddedMongo(settings.data_dir / "mongo")
        )
        if self.embedded:
            self.embedded.hold_folder()
        self.house: House | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.is_prepared = False
        self.refused: Exception | None = None
        """Why the start failed, if it did."""
        self.leave: Callable[[], None] = lambda: signal.raise_signal(signal.SIGTERM)
        """Ends the server after a failed start; the command line has its own way, to be able to say why."""
        self.said_hello: Callable[[House], None] = lambda house: None
        """Called once when everything is ready."""

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*self.settings.secrets, *tenancy.secrets_of(self.configs))

    async def start(self) -> House:
        """Bring everything up; answers the running house. Raises Misconfigured, RulesRefused."""
        silence_http_logs()
        if self.embedded:
            await self.embedded.launch()
        # The book is compiled while the database comes up.
        playbooks = await asyncio.to_thread(Playbooks, shipped(), self.settings.rules_backend, self.now)
        uri = await self.embedded.ready() if self.embedded else self.settings.mongodb_uri.get_secret_value()
        store = MongoStore(_opened(uri, self.settings, self.configs))
        await store.prepare()
        try:
            await playbooks.start(store.rulebooks)
        except EditionRefused:
            await store.close()  # nobody else will: there is no house yet
            raise
        house = self.house = self._build(store, playbooks)
        register_tasks(house.trust.authority.tasks, ask=house.ask, approvals=house.approvals, desk=house.desk)
        caught_up = await house.relay.catch_up(list(house.tenants))
        logger.info("timeline_caught_up", entries=caught_up)
        if self.embedded:
            await _wake_what_a_crash_left(house)
        for chain in house.chains.values():
            self._run("health", HEALTH_EVERY_SECONDS, chain.refresh_health)
        self._run("relay", RESTART_AFTER_SECONDS, house.relay.run)
        self._run("rules", LOOK_FOR_EDITIONS_SECONDS, lambda: _look_for_editions(house))
        self._run("worker", RESTART_AFTER_SECONDS, house.worker.run)
        for job in house.trust.jobs():
            self._run(job.name, job.every_seconds, job.work)
        self._run("receipts", RECEIPTS_EVERY_SECONDS, lambda: _apply_waiting_receipts(house, self.now))
        return house

    async def start_telegram(self) -> Callable[[bytes, str], Awaitable[None]] | None:
        """Let Sami in; answers what takes Telegram's webhooks, None when Telegram is not configured."""
        if self.house is None or not self.settings.telegram_bot_token.get_secret_value():
            return None
        self.house.telegram = await _telegram(self.house, self.now)
        await self.house.telegram.start()
        return self.house.telegram.feed

    async def stop(self) -> None:
        """Finish what is in hand and give everything back."""
        self.is_prepared = False
        house = self.house
        if house is not None:
            if house.telegram is not None:
                await house.telegram.stop()
            await house.worker.stop()
        await end(self._tasks)
        if house is not None:
            await house.relay.flush()
            for channel in house.channels.values():
                await channel.provider.close()
            await house.store.close()
        if self.embedded:
            await self.embedded.stop()

    def _run(self, name: str, pause_seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(_again_and_again(name, pause_seconds, work), name=name))

    def _build(self, store: MongoStore, playbooks: Playbooks) -> House:
        now = self.now
        tenants = {c.id: tenancy.tenant_of(c, self.settings) for c in self.configs}
        channels = _channels(self.configs, now)
        chains = {c.id: _chain(c, channels, now) for c in self.configs}
        bell, relay = Bell(), Relay(store, now)
        notebook = Notebook(store, tenants, bell, relay, now)
        postures = PostureCache(store, now)
        fingerprints = Fingerprints(self.settings.data_dir / "keys")
        pipeline = Pipeline(store, tenants, playbooks.of, postures, new_id, fingerprints)
        is_alone = self.embedded is not None
        outbox = Outbox(
            notebook,
            chains,
            postures,
            new_id,
            owner=new_id(),
            is_alone=is_alone,
            policies_of=playbooks.policies_of,
            consents_of=consent_reader(store, fingerprints),
            channel_budget=ChannelBudget(self.settings.channel_replies_a_minute),
        )
        worker = Worker(notebook, pipeline, outbox, bell, now, new_id)
        replays = Replays(store, lambda: playbooks.base, lambda: playbooks.today)
        approvals = Approvals(notebook, new_id, playbooks.policies_of)
        return House(
            settings=self.settings,
            tenants=tenants,
            store=store,
            playbooks=playbooks,
            workbench=Workbench(store, playbooks, tenants, replays.over, now, new_id),
            replays=replays,
            bell=bell,
            notebook=notebook,
            approvals=approvals,
            desk=Desk(notebook, postures),
            intake=Intake(notebook, channels, chains, new_id),
            ask=Ask(notebook, worker, playbooks.of, chains, new_id),
            worker=worker,
            relay=relay,
            keyring=self.keyring,
            trust=trust.build(
                settings=self.settings,
                store=store,
                tenants=tenants,
                notebook=notebook,
                approvals=approvals,
                policies_of=playbooks.policies_of,
                thresholds_of=lambda tenant_id: playbooks.of(tenant_id).thresholds,
                now=now,
                new_id=new_id,
            ),
            channels=channels,
            chains=chains,
            media_line=self._media_line(),
        )

    def _media_line(self) -> MediaLine:
        also = self.settings.media_hosts
        return FetchedMedia({c.id: keeper_of(c, also) for config in self.configs for c in config.channels})


def _channels(configs: Sequence[TenantConfig], now: Clock) -> dict[str, Channel]:
    return {
        channel.id: Channel(config.id, provider_of(channel, now))
        for config in configs
        for channel in config.channels
    }


def _chain(config: TenantConfig, channels: dict[str, Channel], now: Clock) -> Chain:
    providers = [channels[channel.id].provider for channel in config.channels]
    present = {provider.name for provider in providers}
    missing = {name: needs for name, needs in NEEDS.items() if name not in present}
    return Chain(providers, now, missing=missing)


async def _again_and_again(name: str, pause_seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do something for as long as the process lives; a fault is told, and does not end it."""
    while True:
        try:
            await work()
        except Exception as fault:  # noqa: BLE001  (the border of background work: the house must go on)
            logger.error("background_work_failed", work=name, **trail(fault))
        await asyncio.sleep(pause_seconds)


async def _look_for_editions(house: House) -> None:
    """Take over rules that were published elsewhere; while the database is away there are none."""
    with suppress(*house.store.unreachable):
        await house.playbooks.look()


async def _wake_what_a_crash_left(house: House) -> None:
    """
    Look at once at every call that was open when this process's only predecessor died.

    Whoever shares a database must wait for the lease instead: the call may be another living process's.
    """
    for tenant_id in house.tenants:
        for cut_off in await house.store.conversations.with_drafts(tenant_id, (Status.SENDING,), limit=1_000):
            house.bell.ring(tenant_id, cut_off.id)


async def _apply_waiting_receipts(house: House, now: Clock) -> None:
    """Try early receipts again: their message may be written down by now."""
    waiting = house.store.waiting_receipts
    try:
        for tenant_id, channel, receipt, kept_at in await waiting.take_all(limit=200):
            if await house.intake.apply_receipt(tenant_id, receipt) or now() - kept_at > RECEIPT_WAITS:
                await waiting.drop(tenant_id, channel, receipt.key)
    except house.store.unreachable as away:
        logger.warning("receipts_wait_for_database", reason=type(away).__name__)


async def _telegram(house: House, now: Clock) -> Any:
    # Imported only when configured, and beside the event loop: the package takes seconds to load.
    module = await asyncio.to_thread(import_module, "admin.telegram.bot")
    settings = house.settings
    secret = settings.telegram_webhook_secret.get_secret_value()
    return module.TelegramApprovals(
        token=settings.telegram_bot_token.get_secret_value(),
        api_url=settings.telegram_api_url,
        tenants=house.tenants,
        heart=module.Heart(
            approvals=house.approvals,
            desk=house.desk,
            store=house.store,
            bell=house.bell,
            workbench=house.workbench,
            users=house.trust.who.users,
            centre=house.trust.centre,
            delegations=house.trust.authority.delegations,
            alerts=house.trust.alerts,
            rights=house.trust.privacy.rights,
            now=now,
            words=house.words,
            public_url=settings.public_url,
        ),
        webhook=module.Webhook(_telegram_address(settings), secret) if secret else None,
    )


def _telegram_address(settings: Settings) -> str:
    """Where Telegram brings its updates; empty when the operator registers that."""
    return f"{settings.public_url.rstrip('/')}/telegram/webhook" if settings.public_url else ""


@dataclass(frozen=True, slots=True)
class Workroom:
    """The rules of an installation, for the command line."""

    tenants: dict[str, Tenant]
    store: MongoStore
    playbooks: Playbooks
    workbench: Workbench
    replays: Replays


class DatabaseSilent(DealixError):
    """The command line needs the database of this installation, and it does not answer."""

    code, status = "database_silent", 503


def _opened(uri: str, settings: Settings, configs: Sequence[TenantConfig]) -> Doors:
    """Connections, not used yet. Raises Misconfigured; an address holds a password, so nothing repeats it."""
    own = {c.id: _own_door(c.id, c.database, settings.mongodb_driver) for c in configs if c.database}
    try:
        return Doors(open_door(uri, settings.mongodb_database, settings.mongodb_driver), own)
    except (PyMongoError, ValueError) as unreadable:
        raise Misconfigured(
            "MONGODB_URI or MONGODB_DRIVER cannot be used as it is written; see .env.example",
            "لا يمكن استعمال MONGODB_URI أو MONGODB_DRIVER كما كُتب؛ انظر .env.example",
        ) from unreadable


def _own_door(tenant_id: str, database: DatabaseConfig, driver: str) -> OwnDoor:
    try:
        return open_door(database.uri.get_secret_value(), database.name, driver, OwnDoor)
    except (PyMongoError, ValueError) as unreadable:
        raise Misconfigured(
            f"the database address of {tenant_id} in the tenants file cannot be used as it is written",
            f"لا يمكن استعمال عنوان قاعدة بيانات {tenant_id} في ملف المستأجرين كما كُتب",
        ) from unreadable


def _log_refused(refused: EditionRefused) -> None:
    logger.error("rules_not_taken", tenant=refused.tenant_id, edition=refused.number, reason=str(refused))


@asynccontextmanager
async def workroom(
    settings: Settings, refused: Callable[[EditionRefused], None] = _log_refused
) -> AsyncIterator[Workroom]:
    """
    Open the rules of an installation, beside a running service or without one.

    Args:
        refused: is told of every edition in force that cannot be used; here what we ship stands for it, so that
            somebody can look at it and go back.

    Raises Misconfigured, DatabaseSilent.
    """
    configs = tenancy.configured(settings)
    tenants = {c.id: tenancy.tenant_of(c, settings) for c in configs}
    embedded = None
    uri = settings.mongodb_uri.get_secret_value()
    if not uri:
        embedded = EmbeddedMongo(settings.data_dir / "mongo")
        uri = await embedded.join()
        if uri:
            embedded = None  # it belongs to the service that runs
        else:
            uri = await embedded.start()
    try:
        store = MongoStore(_opened(uri, settings, configs))
        try:
            await store.prepare()
            playbooks = await asyncio.to_thread(Playbooks, shipped(), settings.rules_backend, now)
            await playbooks.start(store.rulebooks, refused)
            replays = Replays(store, lambda: playbooks.base, lambda: playbooks.today)
            workbench = Workbench(store, playbooks, tenants, replays.over, now, new_id)
            yield Workroom(tenants, store, playbooks, workbench, replays)
        finally:
            await store.close()
    except AWAY as away:
        raise DatabaseSilent(
            "the database does not answer; see whether it runs, and whether MONGODB_URI names it",
            "قاعدة البيانات لا تستجيب؛ تأكد أنها تعمل وأن MONGODB_URI يشير إليها",
        ) from away
    except REFUSED as said_no:
        raise DatabaseSilent(
            f"the database said no ({type(said_no).__name__}); see the name, password and rights in MONGODB_URI",
            f"رفضت قاعدة البيانات الطلب ({type(said_no).__name__})؛ راجع الاسم وكلمة المرور في MONGODB_URI",
        ) from said_no
    finally:
        if embedded is not None:
            await embedded.stop()


def application(installation: Installation) -> FastAPI:
    """The web application of an installation; it starts and stops with the server."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        starting = asyncio.create_task(_start(installation, app))
        try:
            yield
        finally:
            await asyncio.gather(starting, return_exceptions=True)
            await installation.stop()

    app = web.build(lifespan, VERSION, lambda: installation.is_prepared, AWAY)
    console.mount(app, lambda: installation.house)
    return app


async def _start(installation: Installation, app: FastAPI) -> None:
    try:
        _open(installation, app, await installation.start())
    except Exception as refused:
        installation.refused = refused
        installation.leave()
        raise
    # After the doors are open: aiogram takes seconds to load, and leads need not wait for it.
    feed = await installation.start_telegram()
    if feed is not None:
        web.open_telegram(app, feed)


def _open(installation: Installation, app: FastAPI, house: House) -> None:
    """Open every door of a house that is ready."""
    reception = house.trust.who.reception
    reception.provider = installation.provider
    callers = once(by_keyring(house.keyring, reception))
    web.open_doors(
        app,
        intake=house.intake,
        ask=house.ask,
        callers=callers,
        store=house.store,
        idempotency=house.trust.idempotency,
        required_in=installation.settings.require_idempotency_key,
    )
    for routes in (
        rules_api.router(house.workbench, callers),
        drafts_api.router(house.approvals, house.desk, callers),
        media_api.router(MediaRoom(house.store, house.media_line, house.trust.audit), callers),
        *trust_api.routers(house.trust, callers),
    ):
        app.include_router(routes)
    house.trust.compliance.sees(lambda: table_of(app, callers))
    # Modules, rule book and pages stay for good. Python would walk over them again and again, and each walk stops
    # everything for a fifth of a second, in the middle of somebody's webhook; frozen, they are left alone.
    gc.freeze()
    installation.is_prepared = True
    installation.said_hello(house)
