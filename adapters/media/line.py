"""
Fetch one file that a provider keeps, and hand it on as it comes.

Rule 1: every hop is checked like the first; a redirect leads on only to a place that is allowed as well.
Rule 2: a token travels to the hosts it belongs to and no further, never along a redirect to another name.
Rule 3: size, time and kind have ends; nothing is handed on before its kind is known.

Libraries that promise the same were looked at: those for httpx pin no address or know no list of names, and the
one thing we need from below, to call a checked address under its own name, httpx offers by itself.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from adapters.media.kinds import HEAD_BYTES, kind_of
from adapters.media.places import Address, Place, Resolve, by_system, is_public, place_of
from bot.media import MediaPointer, MediaRefused, MediaUnreachable, OpenMedia

# WhatsApp's own largest document.
LARGEST_BYTES = 100 * 1024 * 1024
LARGEST_ANSWER_BYTES = 64 * 1024
LONGEST_SECONDS = 120.0
SILENCE_SECONDS = 15.0
MOST_HOPS = 4


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where the files of one channel are kept."""

    hosts: tuple[str, ...]
    token: str = ""
    token_hosts: tuple[str, ...] = ()
    lookup_url: str = ""
    """Where a file id becomes an address, with `{id}` in it; empty where messages carry the address."""


class FetchedMedia:
    """`bot.media.MediaLine` over httpx."""

    def __init__(
        self,
        keepers: Mapping[str, Keeper],
        *,
        resolve: Resolve = by_system,
        may_connect: Callable[[Address], bool] = is_public,
        tls: ssl.SSLContext | None = None,
        largest_bytes: int = LARGEST_BYTES,
        longest_seconds: float = LONGEST_SECONDS,
    ) -> None:
        """
        Args:
            keepers: by channel id.
            resolve, may_connect, tls: what stands for the internet; other than the real one only in tests.
        """
        self._keepers = keepers
        self._resolve = resolve
        self._may_connect = may_connect
        self._tls = tls or ssl.create_default_context()
        self._largest_bytes = largest_bytes
        self._longest_seconds = longest_seconds

    @asynccontextmanager
    async def open(self, pointer: MediaPointer) -> AsyncIterator[OpenMedia]:
        """One file. Raises MediaRefused, MediaUnreachable."""
        keeper = self._keepers.get(pointer.channel)
        if keeper is None:
            raise MediaRefused(
                "the channel of this file is not configured any more", "قناة هذا الملف لم تعد مهيأة"
            )
        until = time.monotonic() + self._longest_seconds
        async with self._client() as client:
            try:
                async with asyncio.timeout(SILENCE_SECONDS * 2):
                    url = await self._address(client, keeper, pointer)
                    answer = await self._follow(client, keeper, url)
                try:
                    yield await self._opened(answer, until)
                finally:
                    await answer.aclose()
            except (httpx.HTTPError, TimeoutError) as failed:
                raise _unreachable(type(failed).__name__) from failed

    def _client(self) -> httpx.AsyncClient:
        # No proxy and no netrc of the machine: they would decide where the bytes come from.
        return httpx.AsyncClient(
            verify=self._tls,
            timeout=SILENCE_SECONDS,
            follow_redirects=False,
            trust_env=False,
            # A connection was proved for one name; another name at the same address proves itself anew.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def _address(self, client: httpx.AsyncClient, keeper: Keeper, pointer: MediaPointer) -> str:
        """Where the file lies; a message that carries only an id is looked up at the provider."""
        if not keeper.lookup_url:
            return pointer.url
        if not (pointer.provider_media_id.isascii() and pointer.provider_media_id.isalnum()):
            raise MediaRefused("the id of this file is none", "معرّف الملف غير صالح")
        answer = await self._follow(client, keeper, keeper.lookup_url.format(id=pointer.provider_media_id))
        try:
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise _unreachable("answer too long")
        finally:
            await answer.aclose()
        try:
            url = httpx.Response(200, content=body).json()["url"]
        except (ValueError, KeyError, TypeError) as strange:
            raise _unreachable("answer without an address") from strange
        return str(url)

    async def _follow(self, client: httpx.AsyncClient, keeper: Keeper, url: str) -> httpx.Response:
        """The answer at the end of a chain of allowed places. The caller closes it."""
        first = ""
        for _ in range(MOST_HOPS):
            place = await place_of(url, keeper.hosts, self._resolve, self._may_connect)
            first = first or place.url.host
            answer = await client.send(self._request(client, keeper, place, first), stream=True)
            if answer.status_code == httpx.codes.OK:
                return answer
            await answer.aclose()
            if not answer.has_redirect_location:
                raise _unreachable(f"HTTP {answer.status_code}")
            url = str(place.url.join(answer.headers["location"]))
        raise MediaRefused("the address of the file leads round and round", "عنوان الملف يدور في حلقة")

    def _request(self, client: httpx.AsyncClient, keeper: Keeper, place: Place, first: str) -> httpx.Request:
        """Call the checked address under the name it was checked for."""
        pinned = place.url.copy_with(host=str(place.address))
        headers = {"host": place.url.netloc.decode("ascii"), "accept-encoding": "identity"}
        if keeper.token and place.url.host == first and place.url.host in keeper.token_hosts:
            headers["authorization"] = f"Bearer {keeper.token}"
        request = client.build_request("GET", pinned, headers=headers)
        request.extensions["sni_hostname"] = place.url.host
        return request

    async def _opened(self, answer: httpx.Response, until: float) -> OpenMedia:
        announced = answer.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._largest_bytes:
            raise _too_large(self._largest_bytes)
        parts = self._parts(answer, until)
        head = b""
        async for part in parts:
            head += part
            if len(head) >= HEAD_BYTES:
                break
        kind = kind_of(head)
        if kind is None:
            raise MediaRefused(
                "this file is of a kind that is not handed on; look at it on the phone, with care",
                "نوع هذا الملف لا يُعرض هنا؛ افتحه من الجوال بحذر",
            )
        return OpenMedia(*kind, _after(head, parts))

    async def _parts(self, answer: httpx.Response, until: float) -> AsyncIterator[bytes]:
        """The bytes, as long as there are neither too many nor too slow ones."""
        size = 0
        async for part in answer.aiter_raw():
            size += len(part)
            if size > self._largest_bytes:
                raise _too_large(self._largest_bytes)
            if time.monotonic() > until:
                raise _unreachable("too slow")
            yield part


async def _after(head: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for part in parts:
        yield part


def _too_large(limit: int) -> MediaRefused:
    return MediaRefused(f"the file has more than {limit} bytes", f"حجم الملف أكبر من {limit} بايت")


def _unreachable(why: str) -> MediaUnreachable:
    return MediaUnreachable(
        f"the provider did not give the file ({why}); it may be too old, or try again later",
        "لم يسلّم المزوّد الملف؛ ربما انتهت مدته، أو حاول لاحقًا",
    )
