"""
Which updates of Telegram were dealt with.

Rule 1: an update is noted after its effects. Dying between the two repeats it, and every effect is safe to
        repeat: a decision is a conditional write, an edit or a message of one's own recognises itself, and the
        rest only shows something again.
Rule 2: one short list is kept, longer than anything Telegram could bring again before it is confirmed. Several
        processes may note at once, where Telegram brings the updates by itself.
"""

from bot.store import Marks

# Telegram keeps at most 100 updates per answer and 24 hours; people who tap by hand make fewer than this a day.
KEPT = 500


class Handled:
    """The latest update ids of one bot: Telegram numbers them per bot, whoever they are for."""

    def __init__(self, marks: Marks, bot_id: int) -> None:
        self._marks = marks
        self._name = f"telegram_handled:{bot_id}"

    async def has(self, update_id: int) -> bool:
        return update_id in (await self._marks.read(self._name) or ())

    async def add(self, update_id: int) -> None:
        await self._marks.append(self._name, update_id, keep=KEPT)
