"""What the console asks of the house: the rooms it enters, and nothing of who built them."""

from collections.abc import Mapping
from typing import Protocol

from bot.access import Keyring
from bot.approvals import Approvals
from bot.bell import Bell
from bot.desk import Desk
from bot.events import Kind, Media
from bot.intake import Channel, Intake
from bot.notebook import Notebook
from bot.playbook import Playbooks
from bot.ports import Chain
from bot.rooms import Rooms
from bot.settings import Settings
from bot.store import Store
from bot.tenant import Tenant
from bot.trust import Trust
from bot.workbench.bench import Workbench


class Phone(Protocol):
    """The simulated provider: makes and signs the webhook body of what a lead types."""

    channel: str

    def compose(
        self,
        phone: str,
        *,
        message_id: str,
        text: str = "",
        kind: Kind = Kind.TEXT,
        button_id: str = "",
        media: Media | None = None,
        concerns: str = "",
        profile_name: str = "",
    ) -> bytes: ...

    def sign(self, body: bytes) -> dict[str, str]: ...


class House(Protocol):
    """A running Dealix."""

    settings: Settings
    store: Store
    playbooks: Playbooks
    workbench: Workbench
    keyring: Keyring
    tenants: Mapping[str, Tenant]
    bell: Bell
    notebook: Notebook
    approvals: Approvals
    desk: Desk
    intake: Intake
    channels: Mapping[str, Channel]
    chains: Mapping[str, Chain]
    trust: Trust
    rooms: Rooms

    @property
    def simulated(self) -> Phone | None: ...

    def words(self, key: str, language: str) -> str: ...
