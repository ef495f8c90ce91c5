"""
Puts the house together and keeps it: the only file that knows everyone.

Start: database, rule book and wordings at the same time; then collections and indexes; then what a crash left
behind; then the doors open. Stop: doors close, what is in hand is finished, everything is given back.

The parts themselves are built in `building`, what goes on beside the messages is in `background`, and `workroom`
opens the rules of an installation for the command line.
"""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI

from adapters.mongo.driver import AWAY
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.store import MongoStore
from adapters.oidc.wire import OidcWire
from adapters.whatsapp.call import silence_http_logs
from admin import console
from admin.api import drafts as drafts_api
from admin.api import media as media_api
from admin.api import rooms as rooms_api
from admin.api import rules as rules_api
from admin.api import traces as traces_api
from admin.api import trust as trust_api
from bot import tenants as tenancy
from bot.access import Keyring
from bot.access.opening import identity_provider
from bot.authority.task_list import register_tasks
from bot.background import (
    adopt_left_facts,
    again_and_again,
    apply_waiting_receipts,
    gauges_of,
    look_for_editions,
    wake_what_a_crash_left,
)
from bot.building import Clock, House, build, new_id, now, opened, telegram
from bot.media import MediaRoom
from bot.playbook import EditionRefused, Playbooks, shipped
from bot.relay import ADOPT_EVERY_SECONDS
from bot.roles import Role, duties_of, read
from bot.settings import Settings
from bot.stopping import end
from bot.telemetry.facts import know_channels
from bot.telemetry.gauges import LOOK_EVERY_SECONDS as GAUGES_EVERY_SECONDS
from bot.telemetry.opening import Telemetry, open_telemetry
from bot.telemetry.trace_room import TraceRoom
from bot.trust import Job
from bot.web import app as web
from bot.web import metrics
from bot.web.caller import by_keyring
from bot.web.doors import table_of
from bot.web.once import once

__all__ = ["House", "Installation", "application"]

logger = structlog.get_logger()

VERSION = "0.1.0"

# A probe sends nothing; the chain itself asks each provider at most once a minute.
HEALTH_EVERY_SECONDS = 15
RECEIPTS_EVERY_SECONDS = 1.0
RESTART_AFTER_SECONDS = 1.0

# Published rules are in force in every process within about this long.
LOOK_FOR_EDITIONS_SECONDS = 1.0


class Installation:
    """One process of Dealix, from its first breath to its last."""

    def __init__(self, settings: Settings, now: Clock = now) -> None:
        """`now` is the clock of everything inside. Raises Misconfigured."""
        settings.check()
        self.settings = settings
        self.now = now
        self.roles = read(settings.roles)
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
        self.telemetry = Telemetry()
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
        store = MongoStore(opened(uri, self.settings, self.configs))
        await store.prepare()
        if await store.spread():
            logger.info("spread_over_shards")
        try:
            await playbooks.start(store.rulebooks)
        except EditionRefused:
            await store.close()  # nobody else will: there is no house yet
            raise
        house = self.house = build(
            self.settings,
            self.configs,
            store,
            playbooks,
            self.keyring,
            self.now,
            is_alone=self.embedded is not None,
        )
        know_channels({name: channel.provider.name for name, channel in house.channels.items()})
        register_tasks(house.trust.authority.tasks, ask=house.ask, approvals=house.approvals, desk=house.desk)
        await house.rooms.connectors.learn_switches()  # before anything could leave through what is switched off
        caught_up = await house.relay.catch_up(list(house.tenants), is_alone=self.embedded is not None)
        logger.info("timeline_caught_up", entries=caught_up)
        if self.embedded:
            await wake_what_a_crash_left(house)
        self._begin(house)
        if house.ring is not None:
            await house.ring.start()
        await house.seats.start()
        return house

    def _begin(self, house: House) -> None:
        """Everything that goes on beside the doors, as far as it is this process's role."""
        if self.embedded:
            self._run("database", RESTART_AFTER_SECONDS, partial(_keep_alive, self.embedded))
        if house.roles & {Role.WEB, Role.SENDER}:
            for chain in house.chains.values():
                self._run("health", HEALTH_EVERY_SECONDS, chain.refresh_health)
        self._run("relay", RESTART_AFTER_SECONDS, house.relay.run)
        self._run("rules", LOOK_FOR_EDITIONS_SECONDS, lambda: look_for_editions(house))
        if duties_of(house.roles):
            self._run("worker", RESTART_AFTER_SECONDS, house.worker.run)
        for job in (*house.trust.jobs(), *house.rooms.jobs(), *self._own_jobs(house)):
            if job.in_each:
                self._run(job.name, job.every_seconds, job.work)
            elif Role.TIMERS in house.roles:
                house.seats.sit(
                    f"job:{job.name}", partial(again_and_again, job.name, job.every_seconds, job.work)
                )

    def _own_jobs(self, house: House) -> Sequence[Job]:
        """What the house itself does again and again, in one process at a time."""
        receipts = Job("receipts", RECEIPTS_EVERY_SECONDS, lambda: apply_waiting_receipts(house, self.now))
        timeline = Job("timeline", ADOPT_EVERY_SECONDS, lambda: adopt_left_facts(house))
        looking = gauges_of(house, self.now)
        gauges = Job("gauges", GAUGES_EVERY_SECONDS, looking.look)
        channels = Job("channels", GAUGES_EVERY_SECONDS, looking.look_at_channels, in_each=True)
        mine = (receipts, gauges, channels)
        return mine if self.embedded else (*mine, timeline)

    async def start_telegram(self) -> Callable[[bytes, str], Awaitable[None]] | None:
        """Let Sami in; answers what takes Telegram's webhooks, None when this process has no part in that."""
        house, token = self.house, self.settings.telegram_bot_token.get_secret_value()
        if house is None or not token or Role.BOT not in house.roles:
            return None
        house.telegram = await telegram(house, self.now)
        house.telegram.attend()
        house.seats.sit(f"telegram:{token.partition(':')[0]}", house.telegram.serve)
        return house.telegram.feed

    async def stop(self) -> None:
        """Finish what is in hand and give everything back."""
        self.is_prepared = False
        house = self.house
        if house is not None:
            if house.telegram is not None:
                await house.telegram.stop()
            await house.seats.stop()  # others go on while we finish what is in hand
            await house.worker.stop()
        await end(self._tasks)
        if house is not None:
            await house.relay.flush()
            if house.ring is not None:
                await house.ring.stop()
            for channel in house.channels.values():
                await channel.provider.close()
            await house.reach.close()
            await house.store.close()
        if self.embedded:
            await self.embedded.stop()

    def _run(self, name: str, pause_seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(again_and_again(name, pause_seconds, work), name=name))


async def _keep_alive(embedded: EmbeddedMongo) -> None:
    """A database of our own that was killed comes back; nobody else would start it."""
    if await embedded.revive():
        logger.warning("database_started_again", server=embedded.description)


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
            await installation.telemetry.stop()

    app = web.build(lifespan, VERSION, lambda: installation.is_prepared, AWAY)
    installation.telemetry = open_telemetry(
        installation.settings, VERSION, new_id(), sorted(role.value for role in installation.roles)
    )
    installation.telemetry.watch(app)
    app.include_router(metrics.router(installation.telemetry.page, installation.settings))
    if Role.WEB in installation.roles:
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
    """Open the doors of a house that is ready; a process without the role keeps only those of its health."""
    app.state.store = house.store
    # Whoever scans how we stand looks at every door, also from a process that opens none of them.
    doors = app if Role.WEB in house.roles else FastAPI()
    _hang_doors(installation, doors, house)
    # Modules, rule book and pages stay for good. Python would walk over them again and again, and each walk stops
    # everything for a fifth of a second, in the middle of somebody's webhook; frozen, they are left alone.
    gc.freeze()
    installation.is_prepared = True
    installation.said_hello(house)


def _hang_doors(installation: Installation, app: FastAPI, house: House) -> None:
    reception = house.trust.who.reception
    reception.provider = installation.provider
    callers = once(by_keyring(house.keyring, reception))
    web.open_doors(
        app,
        intake=house.intake,
        ask=house.ask,
        bulk=house.trust.bulk,
        now=installation.now,
        callers=callers,
        store=house.store,
        idempotency=house.trust.idempotency,
        required_in=installation.settings.require_idempotency_key,
    )
    for routes in (
        rules_api.router(house.workbench, callers),
        drafts_api.router(house.approvals, house.desk, callers),
        media_api.router(MediaRoom(house.store, house.media_line, house.trust.audit), callers),
        traces_api.router(
            TraceRoom(house.store.timeline, house.store.traces, house.words, installation.now), callers
        ),
        *trust_api.routers(house.trust, callers),
        *rooms_api.routers(house.rooms, callers),
    ):
        app.include_router(routes)
    house.trust.compliance.sees(lambda: table_of(app, callers))
