"""In which of their tenants a person acts when nothing else says so; kept for good."""

from admin.telegram.staff import Member
from bot.store import Marks


class Current:
    """What `/tenant` chose."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    async def of(self, members: tuple[Member, ...]) -> Member:
        """The chosen one of these, else the first."""
        if len(members) == 1:
            return members[0]
        chosen = await self._marks.read(_name(members[0].chat_id))
        return next((m for m in members if m.tenant_id == chosen), members[0])

    async def choose(self, member: Member) -> None:
        await self._marks.write(_name(member.chat_id), member.tenant_id)


def _name(chat_id: int) -> str:
    return f"telegram_tenant:{chat_id}"
