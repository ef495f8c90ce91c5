"""The doctor's real hands: the databases, the providers, Telegram, and whoever else is configured."""

import asyncio
from collections.abc import Mapping, Sequence

from adapters import checkup as wire
from adapters.mongo import checkup
from adapters.mongo.doors import Doors
from adapters.mongo.driver import PyMongoError, open_door
from adapters.mongo.embedded import EmbeddedMongo, find_server
from adapters.mongo.store import MongoStore
from adapters.oidc.wire import OidcWire
from adapters.whatsapp.providers import provider_of
from bot.access.provider import WireAway
from bot.building import now
from bot.doctor.hands import Answer, DatabaseFacts, TelegramFacts
from bot.doctor.machine_checks import aside
from bot.playbook import EditionRefused, Playbooks, shipped
from bot.ports import Health
from bot.settings import Settings
from bot.tenants import ChannelConfig, TenantConfig


class RealHands:
    """`bot.doctor.hands.Hands`, of one installation."""

    def __init__(self, settings: Settings, tenants: Sequence[TenantConfig]) -> None:
        self._settings = settings
        self._tenants = tenants
        self.now = now()

    async def database_address(self) -> str:
        said = self._settings.mongodb_uri.get_secret_value()
        if said:
            return said
        folder = self._settings.data_dir / "mongo"
        return await EmbeddedMongo(folder).join() if folder.is_dir() else ""

    def embedded_kind(self) -> str:
        return find_server().name

    async def databases(self, address: str) -> Sequence[DatabaseFacts]:
        places = [("", address, self._settings.mongodb_database)]
        places += [
            (t.id, t.database.uri.get_secret_value(), t.database.name) for t in self._tenants if t.database
        ]
        return await asyncio.gather(*(self._about(*place) for place in places))

    async def _about(self, whose: str, address: str, name: str) -> DatabaseFacts:
        try:
            door = open_door(address, name, self._settings.mongodb_driver, checkup.HurriedDoor)
        except (PyMongoError, ValueError) as unreadable:
            return DatabaseFacts(whose, silent=f"its address cannot be used: {type(unreadable).__name__}")
        try:
            return await checkup.look(door, whose)
        finally:
            await door.close()

    async def editions(self, address: str) -> Mapping[str, str]:
        own = {
            t.id: open_door(
                t.database.uri.get_secret_value(),
                t.database.name,
                self._settings.mongodb_driver,
                checkup.HurriedDoor,
            )
            for t in self._tenants
            if t.database
        }
        main = open_door(
            address, self._settings.mongodb_database, self._settings.mongodb_driver, checkup.HurriedDoor
        )
        store = MongoStore(Doors(main, own))
        refused: dict[str, str] = {}

        def keep(one: EditionRefused) -> None:
            refused[one.tenant_id] = one.message_en

        try:
            playbooks = await aside(lambda: Playbooks(shipped(), self._settings.rules_backend, now))
            await playbooks.start(store.rulebooks, keep)
        finally:
            await store.close()
        return refused

    async def probe(self, channel: ChannelConfig) -> Health:
        provider = provider_of(channel, now)
        try:
            return await provider.probe()
        finally:
            await provider.close()

    async def telegram(self, chats: Sequence[int]) -> TelegramFacts:
        token = self._settings.telegram_bot_token.get_secret_value()
        return await wire.telegram(self._settings.telegram_api_url, token, chats)

    async def identity_provider(self) -> str:
        issuer = self._settings.oidc_issuer
        try:
            found = await OidcWire().discover(issuer)
        except WireAway as away:
            return str(away)
        if found.issuer != issuer:
            return f"it calls itself {found.issuer[:120]}"
        try:
            keys = await OidcWire().keys(self._settings.jwks_url or found.jwks_url)
        except WireAway as away:
            return f"its keys: {away}"
        return "" if keys else "it has no keys"

    async def broker(self, address: str) -> str:
        return await wire.nats_greets(address)

    async def ask(self, url: str) -> Answer:
        return await wire.ask(url)

    async def reaches(self, host: str, port: int) -> str:
        return await wire.reaches(host, port)
