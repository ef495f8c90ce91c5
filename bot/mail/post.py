"""
The one way to a mailbox.

Rule 1: the intent is written before the server is called. A letter that is `sending` and not ours is unknown:
        it is never sent again by itself, and the approvers are told.
Rule 2: an answer after the letter was handed over that does not come, or cannot be read, is unknown too.
Rule 3: a certain refusal ends it; one for a while is tried again by whoever asked.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.actions.action import Seen, Watcher
from bot.alerts import Alerts
from bot.mail.letter import Letter, LetterRows
from bot.mail.port import Mailbox, MailOutcome, MailResult, message_id_of

KEY = "mail"

_SEEN_AS: dict[MailOutcome, Seen] = {
    "accepted": "ok",
    "refused": "refused",
    "later": "refused",
    "auth_failed": "auth_failed",
    "unknown": "timeout",
}


class Post:
    """Sends letters, each once."""

    def __init__(
        self,
        rows: LetterRows,
        mailbox: Mailbox | None,
        watcher: Watcher,
        alerts: Alerts,
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._mailbox = mailbox
        self._alerts = alerts
        self._now = now
        self._watcher = watcher

    def is_configured(self, tenant_id: str) -> bool:
        return self._mailbox is not None and self._mailbox.of(tenant_id) is not None

    async def is_disabled(self, tenant_id: str) -> bool:
        return await self._watcher.is_disabled(tenant_id, KEY)

    async def send(self, letter: Letter) -> MailResult:
        """
        Send it, or say what became of it when it was sent before.

        The caller asked `is_configured`. `later` may be asked for again; everything else is final.
        """
        mail = self._mailbox.of(letter.tenant_id) if self._mailbox else None
        assert self._mailbox is not None and mail is not None, "nobody asked whether mail is configured"
        stored = await self._stored(letter)
        if stored.status in ("accepted", "refused", "unknown"):
            return MailResult(stored.status, stored.detail)
        if stored.status == "sending":
            return await self._ended(stored, MailResult("unknown", "process_died"))
        begun = replace(stored, status="sending", attachments=letter.attachments)
        if not await self._rows.write(begun):
            return MailResult("later", "in_other_hands")
        begun = replace(begun, v=begun.v + 1)
        result = await mail.send(begun)
        await self._watcher.saw(letter.tenant_id, KEY, _SEEN_AS[result.outcome], result.latency_ms)
        return await self._ended(begun, result)

    async def _stored(self, letter: Letter) -> Letter:
        assert self._mailbox is not None
        named = replace(letter, message_id=message_id_of(letter.id, self._mailbox.sender))
        if await self._rows.add(named):
            return named
        stored = await self._rows.read(letter.tenant_id, letter.id)
        return stored or named

    async def _ended(self, letter: Letter, result: MailResult) -> MailResult:
        status = _STATUS_OF[result.outcome]
        sent_at = self._now() if result.outcome == "accepted" else None
        await self._rows.write(replace(letter, status=status, detail=result.detail, sent_at=sent_at))
        if result.outcome in ("unknown", "auth_failed"):
            await self._tell(letter, result)
        return result

    async def _tell(self, letter: Letter, result: MailResult) -> None:
        if result.outcome == "unknown":
            en = "An e-mail may or may not have left; look into the mailbox before it is sent again"
            ar = "لا نعرف هل خرجت رسالة البريد؛ راجع صندوق الصادر قبل إعادة إرسالها"
            key = f"letter:{letter.id}:unknown"
        else:
            en = "The mail server does not accept our password; set DEALIX_SMTP_PASSWORD"
            ar = "خادم البريد لا يقبل كلمة المرور؛ عيّن DEALIX_SMTP_PASSWORD"
            key = f"mail_auth_failed:{self._now():%Y-%m-%d}"
        await self._alerts.tell(
            letter.tenant_id,
            f"mail_{result.outcome}",
            en,
            ar,
            result.detail,
            key,
            audience=("admin", "approver"),
            about=letter.conversation_id,
        )


_STATUS_OF: dict[MailOutcome, str] = {
    "accepted": "accepted",
    "refused": "refused",
    "later": "prepared",
    "auth_failed": "prepared",
    "unknown": "unknown",
}
