"""The room of sales: the pack as it stands now, on a page or on paper."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bot.errors import NotAllowed
from bot.playbook import Playbook
from bot.sales import pages
from bot.sales.pack import ClaimView, Pack, pack_of, registry
from bot.tenant import Tenant

Printing = Callable[[Pack], Awaitable[bytes]]
"""Puts the one-pager on paper."""


class NoPaper(NotAllowed):
    """Nothing prints here; the page can be printed from a browser instead."""

    code, status = "not_configured", 409


class Sales:
    """The room."""

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        playbook_of: Callable[[str], Playbook],
        print_one_pager: Printing | None,
        now: Callable[[], datetime],
    ) -> None:
        self._tenants = tenants
        self._playbook_of = playbook_of
        self._print = print_one_pager
        self._now = now

    @property
    def prints(self) -> bool:
        """Whether a PDF can be made here."""
        return self._print is not None

    def pack(self, tenant_id: str, language: str) -> Pack:
        """What may be said today."""
        return pack_of(self._tenants[tenant_id], self._playbook_of(tenant_id), language, self._now())

    def claims(self, tenant_id: str, language: str) -> tuple[ClaimView, ...]:
        """The whole registry, forbidden claims too: for staff."""
        return registry(self._playbook_of(tenant_id), language, self._now())

    def one_pager(self, tenant_id: str, language: str) -> str:
        return pages.one_pager(self.pack(tenant_id, language))

    def hub(self, tenant_id: str, language: str) -> str:
        return pages.hub(self.pack(tenant_id, language))

    async def printed(self, tenant_id: str, language: str) -> bytes:
        """The one-pager as a PDF. Raises NoPaper."""
        if self._print is None:
            raise NoPaper(
                "nothing here prints PDF; open the page as HTML and print it from your browser",
                "لا توجد طابعة PDF هنا؛ افتح الصفحة بصيغة HTML واطبعها من المتصفح",
            )
        return await self._print(self.pack(tenant_id, language))
