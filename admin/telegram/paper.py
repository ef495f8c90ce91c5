"""
Whose message it is: the name above it, the sign on its buttons.

Rule 1: a person of several tenants reads the tenant's name first; whoever has one tenant is not bothered with it.
Rule 2: every button carries a short sign of its tenant, so that a tap is decided where its card belongs. The sign
        is no secret and proves nothing: who may decide is looked up anew for every tap.
"""

import hashlib
from collections.abc import Callable

from aiogram.types import InlineKeyboardMarkup

from admin.telegram.plain import LINE_STARTS, quoted
from admin.telegram.post import Markup
from bot.tenant import Tenant

NAME_AT_MOST = 40

# The heading around a name of this length: picture, space, isolates, direction mark, line end, and some air.
HEADING_UNITS = NAME_AT_MOST + 16

_SIGN = "@"
_TAG_SIGNS = 5


class TenantPaper:
    """The paper of one tenant."""

    def __init__(self, tenant: Tenant, has_several: Callable[[int], bool]) -> None:
        """`has_several` answers whether the person of a chat belongs to more tenants than this one."""
        self.tag = tag_of(tenant.id)
        self._heading = f"{LINE_STARTS['ar']}🏢 {quoted(tenant.name, NAME_AT_MOST)}\n"
        self._has_several = has_several

    def heading(self, chat_id: int) -> str:
        return self._heading if self._has_several(chat_id) else ""

    def stamped(self, markup: Markup) -> Markup:
        if not isinstance(markup, InlineKeyboardMarkup):
            return markup
        rows = [
            [
                button.model_copy(update={"callback_data": f"{button.callback_data}{_SIGN}{self.tag}"})
                if button.callback_data
                else button
                for button in row
            ]
            for row in markup.inline_keyboard
        ]
        return InlineKeyboardMarkup(inline_keyboard=rows)


def tag_of(tenant_id: str) -> str:
    """A short sign of a tenant, the same in every process; two tenants of one house may share it by chance."""
    return hashlib.sha256(tenant_id.encode()).hexdigest()[:_TAG_SIGNS]


def parted(data: str) -> tuple[str, str]:
    """What a button says and whose it is; a button from before there were signs is nobody's."""
    bare, sign, tag = data.rpartition(_SIGN)
    return (bare, tag) if sign else (data, "")
