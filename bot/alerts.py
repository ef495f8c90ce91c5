"""
What people must be told beside conversations: a refused attempt, a broken seal, an approval nobody decides.

Rule 1: an alert is durable before anybody is told, so that a crash loses none.
Rule 2: the same key is told once, whoever finds it and however often; the second finder learns that it is known.
Rule 3: each reader (a chat, a person on the console, a token) has seen it or has not; nobody sees it for another.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.errors import NotFound

# More than a phone shows; whoever has more unread alerts than this reads them on the page.
AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody must know."""

    id: str
    tenant_id: str
    key: str
    """What makes it the same alert: `approval:<id>:level:2`."""
    kind: str
    """`action_forbidden | approval_escalated | draft_overdue | ...`"""
    title_en: str
    title_ar: str
    detail: str
    """Plain facts for staff: ids and codes, never a message or a secret."""
    at: datetime
    audience: tuple[str, ...] = ("admin",)
    """Roles that must know."""
    recipients: tuple[str, ...] = ()
    """Ids of people who must know besides their role: somebody who stands in for another."""
    level: int = 0
    about: str = ""
    """The id of the thing: an approval, a draft, a pack."""
    correlation_id: str = ""
    seen_by: tuple[str, ...] = ()

    def is_for(self, who: str, roles: Collection[str]) -> bool:
        """Whether somebody must know, by name or by role."""
        return who in self.recipients or not set(self.audience).isdisjoint(roles)

    def title(self, language: str) -> str:
        return self.title_ar if language == "ar" else self.title_en


class AlertRows(Protocol):
    """Where alerts are kept."""

    async def add(self, alert: Alert) -> bool:
        """Keep it; False when one of this tenant has the same key already."""

    async def read(self, tenant_id: str, alert_id: str) -> Alert | None: ...

    async def unseen(self, tenant_id: str, reader: str, limit: int) -> list[Alert]: ...

    async def latest(self, tenant_id: str, limit: int) -> list[Alert]: ...

    async def seen(self, tenant_id: str, alert_id: str, reader: str) -> bool:
        """Remember that a reader saw it; False when there is no such alert."""


class Alerts:
    """Tells each thing once, and remembers who has seen it."""

    def __init__(self, rows: AlertRows, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._rows = rows
        self._now = now
        self._new_id = new_id

    async def tell(
        self,
        tenant_id: str,
        kind: str,
        title_en: str,
        title_ar: str,
        detail: str,
        key: str,
        *,
        audience: tuple[str, ...] = ("admin",),
        recipients: tuple[str, ...] = (),
        level: int = 0,
        about: str = "",
        correlation_id: str = "",
    ) -> bool:
        """
        Raise an alert once per key; answers whether it is new.

        Args:
            detail: plain facts for staff, never a message or a secret.
            key: what makes two alerts the same one.
            audience: roles that must know.
            recipients: ids of people who must know besides.
        """
        alert = Alert(
            id=self._new_id(),
            tenant_id=tenant_id,
            key=key,
            kind=kind,
            title_en=title_en,
            title_ar=title_ar,
            detail=detail,
            at=self._now(),
            audience=audience,
            recipients=recipients,
            level=level,
            about=about,
            correlation_id=correlation_id,
        )
        return await self._rows.add(alert)

    async def unseen(self, tenant_id: str, reader: str, limit: int = AT_MOST) -> Sequence[Alert]:
        """What a reader (`telegram:<chat>`, `console:sami`, `api:noura`) has not seen yet, oldest first."""
        return await self._rows.unseen(tenant_id, reader, limit)

    async def latest(self, tenant_id: str, limit: int = AT_MOST) -> Sequence[Alert]:
        """Newest first, seen or not."""
        return await self._rows.latest(tenant_id, limit)

    async def addressed_to(
        self, tenant_id: str, who: str, roles: Collection[str], *, only_unseen: bool = False
    ) -> list[Alert]:
        """What somebody with these roles must know, newest first."""
        found = await self._rows.latest(tenant_id, AT_MOST)
        return [a for a in found if a.is_for(who, roles) and not (only_unseen and who in a.seen_by)]

    async def seen(self, tenant_id: str, alert_id: str, reader: str) -> None:
        """A reader has seen it. Raises NotFound."""
        if not await self._rows.seen(tenant_id, alert_id, reader):
            raise NotFound(f"there is no alert {alert_id}", "لا يوجد تنبيه بهذا المعرّف")
