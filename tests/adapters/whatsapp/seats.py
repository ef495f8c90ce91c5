"""What differs between the four providers when they sit the same exam."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from adapters.whatsapp.fonnte import Fonnte
from adapters.whatsapp.green_api import GreenApi
from adapters.whatsapp.meta_cloud import MetaCloud
from adapters.whatsapp.ultramsg import Ultramsg
from bot.ports import OutboundMessage, Provider, Recipient
from tests.fakes.whatsapp import ACCOUNTS, FakeWhatsApp

PHONE = "966501234567"
REFERENCE = "01JB0000000000000000000001"
WORDS = "وعليكم السلام، كم عدد فريقكم؟"

# Short enough for a quick exam, long enough for a loaded machine to answer a local call.
READ_TIMEOUT_SECONDS = 0.8


def utc_now() -> datetime:
    return datetime.now(UTC)


def message(text: str = WORDS, **changes: Any) -> OutboundMessage:
    """One outgoing text to one Saudi mobile."""
    whole = OutboundMessage(REFERENCE, Recipient((f"phone:{PHONE}",), PHONE), text)
    return replace(whole, **changes)


def green(url: str = "http://127.0.0.1:9", **settings: Any) -> GreenApi:
    given = {"instance_id": ACCOUNTS.green_instance, "token": ACCOUNTS.green_token, "clock": utc_now}
    return GreenApi(
        "ch_green", **{**given, "webhook_token": ACCOUNTS.green_webhook_token, "api_url": url, **settings}
    )


def ultramsg(url: str = "http://127.0.0.1:9", **settings: Any) -> Ultramsg:
    given = {"instance_id": ACCOUNTS.ultramsg_instance, "token": ACCOUNTS.ultramsg_token, "clock": utc_now}
    return Ultramsg(
        "ch_ultra", **{**given, "webhook_secret": ACCOUNTS.ultramsg_secret, "api_url": url, **settings}
    )


def fonnte(url: str = "http://127.0.0.1:9", **settings: Any) -> Fonnte:
    given = {"token": ACCOUNTS.fonnte_token, "device": ACCOUNTS.fonnte_device, "clock": utc_now}
    return Fonnte("ch_fonnte", **{**given, "webhook_secret": ACCOUNTS.fonnte_secret, "api_url": url, **settings})


def meta(url: str = "http://127.0.0.1:9", **settings: Any) -> MetaCloud:
    given = {
        "phone_number_id": ACCOUNTS.meta_phone_number_id,
        "token": ACCOUNTS.meta_token,
        "app_secret": ACCOUNTS.meta_app_secret,
        "verify_token": ACCOUNTS.meta_verify_token,
        "clock": utc_now,
    }
    return MetaCloud("ch_meta", **{**given, "graph_url": url, **settings})


@dataclass(frozen=True)
class Seat:
    """One provider at the exam."""

    name: str
    make: Callable[..., Provider]
    address: str
    """How this provider is told who the recipient is."""
    provider: Provider | None = None
    fake: FakeWhatsApp | None = None

    def connected(self, fake: FakeWhatsApp) -> "Seat":
        return replace(self, provider=self.make(fake.url, read_timeout_seconds=READ_TIMEOUT_SECONDS), fake=fake)

    def behaves(self, behaviour: str, times: int | None = None) -> None:
        self.fake.script(self.name, behaviour, times)


SEATS = (
    Seat("green_api", green, f"{PHONE}@c.us"),
    Seat("ultramsg", ultramsg, f"+{PHONE}"),
    Seat("fonnte", fonnte, PHONE),
    Seat("meta_cloud", meta, f"+{PHONE}"),
)
