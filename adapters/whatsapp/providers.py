"""The adapter of each configured channel; a fifth provider is added here and nowhere else outside its folder."""

import secrets
from collections.abc import Callable
from datetime import datetime

from adapters.whatsapp.fonnte import Fonnte
from adapters.whatsapp.green_api import GreenApi
from adapters.whatsapp.meta_cloud import MetaCloud
from adapters.whatsapp.simulated import Simulated
from adapters.whatsapp.ultramsg import Ultramsg
from bot.ports import OutboundMessage, Provider
from bot.tenants import ChannelConfig

NEEDS = {
    "green_api": ("GREEN_API_INSTANCE_ID", "GREEN_API_TOKEN"),
    "ultramsg": ("ULTRAMSG_INSTANCE_ID", "ULTRAMSG_TOKEN"),
    "fonnte": ("FONNTE_TOKEN",),
    "meta_cloud": ("WHATSAPP_API_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"),
}
"""The variables without which a provider is not configured."""


def provider_of(config: ChannelConfig, clock: Callable[[], datetime]) -> Provider:
    """The adapter of one channel. Raises Misconfigured when a setting cannot work."""
    token = config.token.get_secret_value()
    secret = config.webhook_secret.get_secret_value()
    identity = {"sender_identity": config.sender_identity or config.id}
    match config.provider:
        case "green_api":
            return GreenApi(
                config.id,
                instance_id=config.instance_id,
                token=token,
                clock=clock,
                webhook_token=secret,
                api_url=config.url or "https://api.green-api.com",
                **identity,
            )
        case "ultramsg":
            return Ultramsg(
                config.id,
                instance_id=config.instance_id,
                token=token,
                clock=clock,
                webhook_secret=secret,
                api_url=config.url or "https://api.ultramsg.com",
                **identity,
            )
        case "fonnte":
            return Fonnte(
                config.id,
                token=token,
                clock=clock,
                webhook_secret=secret,
                api_url=config.url or "https://api.fonnte.com",
                **identity,
            )
        case "meta_cloud":
            return MetaCloud(
                config.id,
                phone_number_id=config.instance_id,
                token=token,
                clock=clock,
                app_secret=secret,
                verify_token=config.verify_token.get_secret_value(),
                graph_url=config.url or "https://graph.facebook.com",
                graph_version=config.graph_version,
                account=config.account,
                **identity,
            )
        case "simulated":
            return Simulated(config.id, secret=secrets.token_bytes(32), delivered=_shown_on_the_page, clock=clock)


async def _shown_on_the_page(_: OutboundMessage) -> None:
    """The simulator page draws the conversation itself: the message is there when its send is written down."""
