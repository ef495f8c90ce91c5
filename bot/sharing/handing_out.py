"""
How a file leaves: once, to whoever holds its key, before it is too old.

Rule 1: only the hash of a key is kept; a later key makes an earlier one worthless.
Rule 2: that the file was fetched is written before a byte leaves: of two who fetch at once, one does.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from bot.errors import AlreadyDecided, BadRequest, Expired, NotFound
from bot.people import Human
from bot.sharing.ledger import SharingLedger
from bot.sharing.request import ExportedFile, Link, SharingRequest, SharingStatus

# A link goes through a mail or a chat to somebody who waits for it.
LINK_LASTS = timedelta(hours=24)

# Long enough that a broken download can be noticed; a file that was fetched is not ours to keep.
AFTER_DOWNLOAD = timedelta(hours=1)


class LinkUsed(AlreadyDecided):
    """The file was fetched already."""

    code, status = "link_used", 409


class LinkExpired(Expired):
    """The key, or the file behind it, is too old."""

    code, status = "link_expired", 410


class HandingOut:
    """Makes keys, and takes them."""

    def __init__(self, ledger: SharingLedger, now: Callable[[], datetime], new_secret: Callable[[], str]) -> None:
        """`new_secret` makes the keys: random, and long enough that nobody guesses one."""
        self._ledger = ledger
        self._now = now
        self._new_secret = new_secret

    async def open_link(self, tenant_id: str, request_id: str, by: Human) -> tuple[SharingRequest, str]:
        """
        Make the key that fetches the file once; one that was made before is worth nothing then.

        Raises NotFound, LinkUsed, LinkExpired, BadRequest.
        """
        request = await self._ledger.get(tenant_id, request_id)
        file = self._fetchable(request)
        key, now = self._new_secret(), self._now()
        link = Link(_hashed(key), by.id, now, min(now + LINK_LASTS, file.expires_at))
        opened = replace(request, link=link, updated_at=now)
        if not await self._ledger.rows.write(opened):
            raise _changed()
        await self._ledger.note("sharing_link_opened", opened, by, link_expires_at=link.expires_at)
        return replace(opened, v=opened.v + 1), key

    async def download(
        self, tenant_id: str, request_id: str, key: str, by: Human
    ) -> tuple[SharingRequest, bytes]:
        """Fetch the file, once. Raises NotFound, LinkUsed, LinkExpired, BadRequest."""
        request = await self._ledger.get(tenant_id, request_id)
        file = self._fetchable(request)
        link = request.link
        if link is None or not compare_digest(link.key_sha256, _hashed(key)):
            raise NotFound("there is no such link", "لا يوجد رابط بهذا المفتاح")
        now = self._now()
        if link.expires_at <= now:
            raise LinkExpired("this link is too old; open a new one", "انتهت مدة هذا الرابط؛ اطلب رابطًا جديدًا")
        content = await self._ledger.rows.file(tenant_id, request_id, file.sha256)
        if content is None or sha256(content).hexdigest() != file.sha256:
            raise LinkExpired(
                "the file is not there any more: it was deleted, or a contact in it asked to be forgotten",
                "الملف لم يعد موجودًا: حُذف أو طلب أحد العملاء فيه حذف بياناته",
            )
        ends = min(file.expires_at, now + AFTER_DOWNLOAD)
        fetched = replace(
            request, downloaded_by=by.id, downloaded_at=now, link=None, file=replace(file, expires_at=ends)
        )
        # Written before a byte leaves: of two who fetch at once, one does.
        done = await self._ledger.try_step(fetched, SharingStatus.DOWNLOADED)
        if done is None:
            raise LinkUsed("this file was fetched already", "سبق تنزيل هذا الملف")
        await self._ledger.note("sharing_downloaded", done, by)
        return done, content

    def _fetchable(self, request: SharingRequest) -> ExportedFile:
        if request.status is SharingStatus.DOWNLOADED or (
            request.status is SharingStatus.DELETED and request.downloaded_at is not None
        ):
            raise LinkUsed(
                "this file was fetched already; whoever needs another asks again",
                "سبق تنزيل هذا الملف؛ قدّم طلبًا جديدًا لملف آخر",
            )
        if request.status is SharingStatus.DELETED or (request.file and request.file.expires_at <= self._now()):
            raise LinkExpired("this file is too old and gone; ask again", "انتهت مدة الملف وحُذف؛ قدّم طلبًا جديدًا")
        if request.status is not SharingStatus.EXPORTED or request.file is None:
            raise BadRequest(
                f"there is no file yet: the request is {request.status}", "لا يوجد ملف بعد لهذا الطلب"
            )
        return request.file


def _hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _changed() -> AlreadyDecided:
    return AlreadyDecided(
        "somebody changed this request at the same moment; look again",
        "عدّل شخص آخر هذا الطلب للتو؛ راجعه من جديد",
    )
