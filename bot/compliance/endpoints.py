"""
Which addresses this installation is configured to speak with, and whether each is encrypted. Pure.

Rule 1: an address is shown without its name, password and query: they are secrets.
Rule 2: only a database on this very machine may go without TLS; a provider never may.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from bot.settings import Settings
from bot.tenants import TenantConfig

_YES = ("true", "1", "yes")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One configured address."""

    name: str
    """`public_url`, `mongodb`, or the channel."""
    shown: str
    """Scheme and host; empty when nothing is configured."""
    is_encrypted: bool
    is_on_this_machine: bool = False
    is_configured: bool = True
    weakness: str = ""
    """What in the address makes encryption worth less than it says."""

    @property
    def is_safe(self) -> bool:
        return (self.is_encrypted and not self.weakness) or self.is_on_this_machine


def endpoints_of(settings: Settings, tenant: TenantConfig | None) -> tuple[Endpoint, ...]:
    """Every address that matters to a tenant."""
    found = [_public(settings.public_url), _mongo(settings.mongodb_uri.get_secret_value())]
    for channel in tenant.channels if tenant else ():
        if channel.provider != "simulated":
            found.append(_provider(channel.id, _channel_url(channel.provider, channel.url, settings)))
    if settings.telegram_bot_token.get_secret_value():
        found.append(_provider("telegram", settings.telegram_api_url))
    return tuple(found)


def _channel_url(provider: str, own: str, settings: Settings) -> str:
    """A channel of a tenants file may leave its address to the provider's default."""
    defaults = {
        "green_api": settings.green_api_url,
        "ultramsg": settings.ultramsg_url,
        "fonnte": settings.fonnte_url,
        "meta_cloud": settings.whatsapp_graph_url,
    }
    return own or defaults.get(provider, "")


def _public(url: str) -> Endpoint:
    if not url:
        return Endpoint("public_url", "", is_encrypted=False, is_configured=False)
    return _provider("public_url", url)


def _provider(name: str, url: str) -> Endpoint:
    parts = urlsplit(url)
    return Endpoint(name, f"{parts.scheme}://{parts.hostname or ''}", parts.scheme.lower() in ("https", "wss"))


def _mongo(uri: str) -> Endpoint:
    if not uri:
        return Endpoint("mongodb", "embedded", is_encrypted=False, is_on_this_machine=True)
    parts = urlsplit(uri)
    options = {key.lower(): values[-1].lower() for key, values in parse_qs(parts.query).items()}
    said = options.get("tls", options.get("ssl", ""))
    encrypted = said in _YES or (parts.scheme == "mongodb+srv" and not said)
    loose = [
        name
        for name in ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")
        if options.get(name) in _YES
    ]
    hosts = _hosts(parts.netloc)
    is_here = parts.scheme == "mongodb" and bool(hosts) and all(map(_is_loopback, hosts))
    shown = f"{parts.scheme}://{','.join(hosts)}"
    return Endpoint("mongodb", shown, encrypted, is_here, weakness=", ".join(loose))


def _hosts(netloc: str) -> Sequence[str]:
    """The hosts of a connection string, which may name several, without who connects."""
    return [_without_port(host) for host in netloc.rpartition("@")[2].split(",") if host]


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.lower().endswith(".sock"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
