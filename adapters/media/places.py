"""
Where a file may come from: a list of names per channel, and addresses that are really out there.

Rule 1: https only, no user name in the address, and only hosts on the list of the channel.
Rule 2: a name is resolved once; if any of its addresses is not a public one the name is refused, and the
        connection goes to an address that was checked, so that a name cannot change its mind in between.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx

from bot.media import MediaRefused, MediaUnreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# What IPv6 says in IPv4's name: a public outside around a private inside.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_6TO4 = ipaddress.ip_network("2002::/16")
_TEREDO = ipaddress.ip_network("2001::/32")


@dataclass(frozen=True, slots=True)
class Place:
    """One hop of a fetch: a name that is allowed, and the address that it has."""

    url: httpx.URL
    address: Address


async def by_system(host: str, port: int) -> Sequence[str]:
    """Ask the machine's own resolver. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: Address) -> bool:
    """Whether an address is out in the internet, seen through every way of wrapping another one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address in _6TO4 or address in _TEREDO:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    )


async def place_of(
    url: str, hosts: Sequence[str], resolve: Resolve, may_connect: Callable[[Address], bool]
) -> Place:
    """Check one address and find where it leads. Raises MediaRefused, MediaUnreachable."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as broken:
        raise MediaRefused("the address of the file cannot be read", "تعذّرت قراءة عنوان الملف") from broken
    if parsed.scheme != "https" or parsed.userinfo or not parsed.host:
        raise MediaRefused(
            "the file is not behind a plain https address; open it at the provider's own page",
            "عنوان الملف ليس عنوان https عاديًا؛ افتحه من صفحة المزوّد نفسه",
        )
    if not _is_listed(parsed, hosts):
        raise MediaRefused(
            f"files are not fetched from {parsed.host}; if it is your provider's, add it to DEALIX_MEDIA_HOSTS",
            f"لا تُجلب الملفات من {parsed.host}؛ إن كان لمزوّدك فأضفه إلى DEALIX_MEDIA_HOSTS",
        )
    return Place(parsed, await _address_of(parsed, resolve, may_connect))


def _is_listed(url: httpx.URL, hosts: Sequence[str]) -> bool:
    """`example.com`, `.example.com` for everything below it, `example.com:8443` for another port than 443."""
    host = url.host.casefold().rstrip(".")
    port = f":{url.port}" if url.port not in (None, 443) else ""
    for listed in hosts:
        name, colon, other_port = listed.casefold().partition(":")
        if port != colon + other_port:
            continue
        if host == name or (name.startswith(".") and host.endswith(name)):
            return True
    return False


async def _address_of(url: httpx.URL, resolve: Resolve, may_connect: Callable[[Address], bool]) -> Address:
    try:
        named = await resolve(url.host, url.port or 443)
    except OSError as unknown:
        raise MediaUnreachable(
            f"{url.host} is not known in the internet now; try again later", f"تعذّر الوصول إلى {url.host} الآن"
        ) from unknown
    addresses = [ipaddress.ip_address(name.partition("%")[0]) for name in named]
    if not addresses or not all(may_connect(address) for address in addresses):
        raise MediaRefused(
            f"{url.host} leads into a private network; nothing is fetched from there",
            f"‏{url.host} يشير إلى شبكة داخلية؛ لا يُجلب منه شيء",
        )
    return addresses[0]
