"""Opens the memory of contacts."""

from typing import TYPE_CHECKING

from bot.memory.room import Memory

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Memory:
    """The memory of an installation."""

    def words(key: str, language: str) -> str:
        wordings = m.playbooks.shipped.wordings
        return wordings.render(key, language).text if key in wordings.keys else key

    return Memory(rows=m.store.memories, store=m.store, tenants=m.tenants, words=words, now=m.now)
