"""
Where each provider keeps files, and what else an operator has allowed.

Meta: an id is looked up at Graph and leads to lookaside.fbsbx.com, both with the token. The others put addresses
into their messages, on their own hosts or on storage that they rent under changing names; a name that is not
theirs for certain must be allowed by the operator: whole clouds are not on our lists.
"""

from collections.abc import Sequence

import httpx

from adapters.media.line import Keeper
from bot.tenants import ChannelConfig

_OWN_HOSTS = {
    "green_api": (".green-api.com", ".greenapi.com"),
    "ultramsg": (".ultramsg.com",),
    "fonnte": (".fonnte.com",),
    "meta_cloud": ("lookaside.fbsbx.com",),
}
_GRAPH = "https://graph.facebook.com"


def keeper_of(config: ChannelConfig, also: Sequence[str]) -> Keeper:
    """Where the files of one channel are kept."""
    hosts = (*_OWN_HOSTS.get(config.provider, ()), *also)
    if config.provider != "meta_cloud":
        return Keeper(hosts)
    graph = config.url or _GRAPH
    graph_host = httpx.URL(graph).netloc.decode("ascii")
    return Keeper(
        (graph_host, *hosts),
        token=config.token.get_secret_value(),
        token_hosts=(httpx.URL(graph).host, "lookaside.fbsbx.com"),
        lookup_url=f"{graph.rstrip('/')}/{config.graph_version}/{{id}}",
    )
