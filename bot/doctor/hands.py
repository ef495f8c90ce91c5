"""What the doctor asks of the world. Every hand answers within seconds, and says so when nobody is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.ports import Health
from bot.settings import Settings
from bot.tenants import ChannelConfig, TenantConfig


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What one database says of itself."""

    whose: str
    """Empty for the common one, else the tenant's id."""
    silent: str = ""
    """Why it did not answer; everything else means nothing then."""
    is_locked_out: bool = False
    """It answered, and does not let this user in."""
    version: str = ""
    set_name: str = ""
    is_primary: bool = False
    members: int = 0
    ahead_seconds: float = 0.0
    """How far the database's clock is ahead of this machine's."""
    write_ms: float | None = None
    """How long a write took until a majority had journalled it; None when it was refused."""
    write_refused: str = ""
    drift: tuple[str, ...] = ()
    """Collections, indexes and validators that are not as this version wants them."""
    is_new: bool = False
    """Nothing of ours is in it yet."""
    notes: Mapping[str, Any] | None = None
    """Our own notes in it: the format, a half restore, the last backup."""


@dataclass(frozen=True, slots=True)
class TelegramFacts:
    """What Telegram says of our bot."""

    silent: str = ""
    refused: str = ""
    name: str = ""
    webhook_host: str = ""
    """Where updates are brought instead of being asked for; empty when nowhere."""
    webhook_error: str = ""
    unknown_chats: tuple[int, ...] = ()
    """Approvers who have never written to the bot: it may not write to them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered at an address: nothing, or a status and a first piece."""

    silent: str = ""
    status: int = 0
    body: str = ""


class Hands(Protocol):
    """The real ones are in `bot/commands/doctor_hands.py`."""

    now: datetime

    async def database_address(self) -> str:
        """Where the common database is; empty when it is the embedded one and sleeps. Raises Misconfigured."""

    def embedded_kind(self) -> str:
        """Which server the embedded database would be. Raises Misconfigured when this machine has none."""

    async def databases(self, address: str) -> Sequence[DatabaseFacts]: ...

    async def editions(self, address: str) -> Mapping[str, str]:
        """Tenant -> what is wrong with its rules in force; empty when nothing is."""

    async def probe(self, channel: ChannelConfig) -> Health:
        """Raises Misconfigured."""

    async def telegram(self, chats: Sequence[int]) -> TelegramFacts: ...

    async def identity_provider(self) -> str:
        """Why nobody could sign in by it; empty when all is well."""

    async def broker(self, address: str) -> str:
        """Why the broker at `host:port` is none; empty when it greets."""

    async def ask(self, url: str) -> Answer: ...

    async def reaches(self, host: str, port: int) -> str:
        """Why nobody takes a connection there; empty when somebody does."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    settings: Settings
    tenants: Sequence[TenantConfig]
    hands: Hands
    environment: Mapping[str, str]
    env_file: Mapping[str, str]
    """What `.env` says, by name."""
