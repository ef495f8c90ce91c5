"""
One process of Dealix as its parts: what they are, and how they are put together.

`bootstrap` starts and stops them; beside it and `workroom` this is the only file that knows the outer rooms.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from ulid import ULID

from adapters.calendar.feed import FeedCalendar
from adapters.calendar.opening import meetings_of
from adapters.hubspot.desks import opened as crm_desks
from adapters.llm.opening import providers_of
from adapters.mail.opening import mailbox_of
from adapters.media.keepers import keeper_of
from adapters.media.line import FetchedMedia
from adapters.mongo.doors import Doors, OwnDoor
from adapters.mongo.driver import PyMongoError, open_door
from adapters.mongo.store import MongoStore
from adapters.nats.ring import Ring
from adapters.paper.press import Press
from adapters.payments.desks import opened as payment_desks
from adapters.telegram.probe import TelegramProbe
from adapters.whatsapp.chain import Chain
from adapters.whatsapp.providers import NEEDS, provider_of
from adapters.whatsapp.simulated import Simulated
from bot import roles, trust
from bot import tenants as tenancy
from bot.access import Keyring
from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.ask import Ask
from bot.bell import Bell
from bot.departures.opening import open_room as open_limits
from bot.desk import Desk
from bot.elsewhere import Elsewhere
from bot.errors import Misconfigured
from bot.intake import Channel, Intake
from bot.knowledge.reading import Reader
from bot.media import MediaLine
from bot.models.provider import Providers
from bot.notebook import Notebook
from bot.outbox import Outbox
from bot.pipeline import Pipeline
from bot.playbook import Playbooks
from bot.postures import PostureCache
from bot.privacy.consents import reader as consent_reader
from bot.privacy.fingerprints import Fingerprints
from bot.reach import Reach
from bot.relay import Relay
from bot.roles import PARTS, Duty, Role
from bot.rooms import Materials, Rooms, open_rooms
from bot.seats import Alone, Seats
from bot.settings import Settings
from bot.templates.room import TemplateRoom
from bot.tenant import Tenant
from bot.tenants import DatabaseConfig, TenantConfig
from bot.trust import Trust
from bot.workbench.bench import Workbench
from bot.workbench.replays import Replays
from bot.worker import Worker

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
    rooms: Rooms
    reach: Reach
    channels: dict[str, Channel]
    chains: dict[str, Chain]
    media_line: MediaLine
    roles: frozenset[Role]
    seats: Seats | Alone
    ring: Ring | None = None
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


def build(
    settings: Settings,
    configs: Sequence[TenantConfig],
    store: MongoStore,
    playbooks: Playbooks,
    keyring: Keyring,
    now: Clock,
    *,
    is_alone: bool,
) -> House:
    """
    Put the parts together.

    Args:
        is_alone: no other process works on this database; it needs no seats and no broker.
    """
    process, does = new_id(), roles.read(settings.roles)
    duties = roles.duties_of(does)
    seats = Alone() if is_alone else Seats(store.seats, process, time.monotonic, store.unreachable)
    looks_after = None if is_alone else seats.looks_after
    seats.share(duties)
    tenants = {c.id: tenancy.tenant_of(c, settings) for c in configs}
    channels = _channels(configs, now)
    chains = {c.id: _chain(c, channels, now) for c in configs}
    bell, relay = Bell(duties, looks_after), Relay(store, now, "" if is_alone else process)
    ring = None if is_alone else _ring(settings, bell, seats, duties)
    notebook = Notebook(store, tenants, bell, relay, now)
    postures = PostureCache(store, now, is_alone=is_alone)
    fingerprints = Fingerprints(settings.data_dir / "keys")
    templates = TemplateRoom(
        rows=store.templates,
        channels=channels,
        tenants=tenants,
        policies_of=playbooks.policies_of,
        alerts=Alerts(store.alerts, now, new_id),
        unreachable=store.unreachable,
        now=now,
    )
    articles = Reader(store.knowledge, now)
    pipeline = Pipeline(
        store, tenants, playbooks.of, postures, new_id, fingerprints, templates.use_for, articles.answer
    )
    limits = open_limits(
        store,
        tenants,
        chains,
        settings.channel_replies_a_minute,
        playbooks.policies_of,
        now,
        new_id,
        is_alone=is_alone,
    )
    outbox = Outbox(
        notebook,
        chains,
        postures,
        new_id,
        owner=process,
        is_alone=is_alone,
        policies_of=playbooks.policies_of,
        consents_of=consent_reader(store, fingerprints),
        departures=limits.departures,
        in_flight=limits.in_flight,
        pauses=limits.pauses,
        templates=templates,
        still_answers=articles.still_answers,
    )
    worker = Worker(
        notebook,
        pipeline,
        outbox,
        bell,
        now,
        new_id,
        duties=duties,
        looks_after=looks_after,
        is_rung=lambda: is_alone or (ring is not None and ring.is_open),
    )
    is_able = {Duty.WORKER, Duty.SENDER} <= duties
    replays = Replays(store, lambda: playbooks.base, lambda: playbooks.today)
    approvals = Approvals(notebook, new_id, playbooks.policies_of, still_answers=articles.still_answers)
    intake = Intake(notebook, channels, chains, new_id, templates.hear)
    hands = worker if is_able else Elsewhere(notebook, bell, now)
    ask = Ask(notebook, hands, playbooks.of, chains, new_id)
    desk, reach = Desk(notebook, postures), _reach(settings, now, configs)
    trusted = trust.build(
        settings=settings,
        store=store,
        tenants=tenants,
        notebook=notebook,
        approvals=approvals,
        ask=ask,
        channels=channels,
        chains=chains,
        intake=intake,
        policies_of=playbooks.policies_of,
        playbook_of=playbooks.of,
        limits=limits,
        templates=templates,
        thresholds_of=lambda tenant_id: playbooks.of(tenant_id).thresholds,
        now=now,
        new_id=new_id,
    )
    rooms = open_rooms(
        Materials(
            settings=settings,
            store=store,
            tenants=tenants,
            notebook=notebook,
            approvals=approvals,
            desk=desk,
            ask=ask,
            intake=intake,
            channels=channels,
            chains=chains,
            playbooks=playbooks,
            trust=trusted,
            reach=reach,
            fingerprints=fingerprints,
            now=now,
            new_id=new_id,
        )
    )
    worker.deeds_begin_with(rooms.actions.begin)
    pipeline.knows_what_is_unset(rooms.actions.is_unset)
    rooms.actions.watched_by(rooms.connectors)
    return House(
        settings=settings,
        tenants=tenants,
        store=store,
        playbooks=playbooks,
        workbench=Workbench(store, playbooks, tenants, replays.over, now, new_id),
        replays=replays,
        bell=bell,
        notebook=notebook,
        approvals=approvals,
        desk=desk,
        intake=intake,
        ask=ask,
        worker=worker,
        relay=relay,
        keyring=keyring,
        trust=trusted,
        rooms=rooms,
        reach=reach,
        channels=channels,
        chains=chains,
        media_line=_media_line(settings, configs),
        roles=does,
        seats=seats,
        ring=ring,
    )


def _reach(settings: Settings, now: Clock, configs: Sequence[TenantConfig]) -> Reach:
    """The ports beyond messages that the settings open."""
    token = settings.telegram_bot_token.get_secret_value()
    telegram = TelegramProbe(settings.telegram_api_url, token, now) if token else None
    model = providers_of(settings, now)
    payments, crm = payment_desks(configs, now), crm_desks(configs, now)
    meetings, mailbox = meetings_of(settings, now), mailbox_of(settings, now)
    closers = (
        *((meetings.calendar.close,) if meetings and isinstance(meetings.calendar, FeedCalendar) else ()),
        *((telegram.close,) if telegram else ()),
        *(one.wire.close for one in model or ()),
        *(desks.close for desks in (payments, crm) if desks),
    )
    return Reach(
        meetings=meetings,
        mailbox=mailbox,
        telegram=telegram,
        model=model,
        paper=Press(),
        payments=payments,
        crm=crm,
        closers=closers,
    )


def reach_of(settings: Settings, now: Clock) -> Reach:
    """The ports of an installation, for the command line; whoever asks gives their connections back."""
    return _reach(settings, now, tenancy.configured(settings))


def model_providers(settings: Settings, now: Clock) -> Providers:
    """The language models of an installation, for the command line; whoever asks gives their connections back."""
    return providers_of(settings, now) or ()


def _ring(settings: Settings, bell: Bell, seats: Seats, duties: frozenset[Duty]) -> Ring | None:
    """The way to other processes, where a broker is configured."""
    url = settings.nats_url.get_secret_value()
    if not url:
        return None
    shows = bool(roles.read(settings.roles) & {Role.WEB, Role.BOT, Role.TIMERS})
    ring = Ring(url, str(settings.nats_credentials_file or ""), bell.heard, bell.saw_change, shows=shows)
    bell.over(ring)
    seats.on_change(
        lambda: ring.listen([(d, part) for d in duties for part in range(PARTS) if seats.looks_after(d, part)])
    )
    return ring


def _media_line(settings: Settings, configs: Sequence[TenantConfig]) -> MediaLine:
    also = settings.media_hosts
    return FetchedMedia({c.id: keeper_of(c, also) for config in configs for c in config.channels})


def channels_of(settings: Settings, now: Clock) -> dict[str, Channel]:
    """The channels of an installation, for the command line; whoever asks gives their connections back."""
    return _channels(tenancy.configured(settings), now)


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


async def telegram(house: House, now: Clock) -> Any:
    """The approval bot."""
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
            handover=house.rooms.memory.handover,
        ),
        webhook=module.Webhook(_telegram_address(settings), secret) if secret else None,
    )


def _telegram_address(settings: Settings) -> str:
    """Where Telegram brings its updates; empty when the operator registers that."""
    return f"{settings.public_url.rstrip('/')}/telegram/webhook" if settings.public_url else ""


def opened(uri: str, settings: Settings, configs: Sequence[TenantConfig]) -> Doors:
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
