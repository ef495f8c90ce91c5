"""
May one more leave this number now? Answered from memory nearly always; the database gives slices of the rate.

Rule 1: a limit holds over all processes (`slices.py`). What one takes and does not use comes back, or runs out.
Rule 2: busy numbers take larger slices, quiet ones keep a small one for long, so that an ordinary reply costs no
        question, and a busy number one question for many.
Rule 3: whoever comes too early is told when to come again, each at a time of his own, in the order of coming;
        whoever comes later stands behind them.
Rule 4: while the database is away nobody is let through: what may leave could not be written down either.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from bot.departures.limit_terms import Rate
from bot.departures.slices import LONGEST_HOLD_MS, Ask, Given, Slice, Window, give, room_at

SECOND_MS = 1_000
MINUTE_MS = 60_000

# A slice that is this small a part of the limit may be kept for long: twenty processes leave room enough.
SMALL_PART = 20
# A slice is never more than this part of a limit. It counts in full until its last send is out of sight, so this
# is also the part of a full rate that is lost; and a busy number asks once for so many.
LARGE_PART = 8
SHORT_HOLD_MS = 2_000
# A single send is used at once; this is for the way to the database and back.
SINGLE_HOLD_MS = 250

# Whoever was promised a time and does not come (the contact opted out) loses the place after this.
MISSED_AFTER_MS = 5_000


class PaceRows(Protocol):
    """Where slices are counted."""

    async def give(self, tenant_id: str, key: str, windows: Sequence[Window], ask: Ask) -> Given:
        """`bot.departures.slices.give` in one atomic write."""


class OwnPaceRows:
    """For the one process that has the database to itself: nobody else counts, so nothing is asked."""

    def __init__(self) -> None:
        self._slices: dict[tuple[str, str], tuple[Slice, ...]] = {}

    async def give(self, tenant_id: str, key: str, windows: Sequence[Window], ask: Ask) -> Given:
        given = give(self._slices.get((tenant_id, key), ()), windows, ask)
        self._slices[tenant_id, key] = given.slices
        return given


@dataclass(slots=True)
class _Line:
    """One number's slice in this process, and who waits for the next one."""

    windows: tuple[Window, ...]
    slice: Slice | None = None
    used: int = 0
    last_use_ms: int = 0
    told_back: Slice | None = None
    want: int = 1
    shut_until_ms: int = 0
    promised: dict[str, int] = field(default_factory=dict)
    """Who waits -> when to come again."""
    last_promised_ms: int = 0
    tidied_ms: int = 0
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def least(self) -> int:
        return min(window.most for window in self.windows)

    @property
    def small(self) -> int:
        return max(1, self.least // SMALL_PART)

    @property
    def step_ms(self) -> int:
        """The time between two sends at the full rate."""
        return max(1, max(-(-window.ms // max(1, window.most)) for window in self.windows))

    def forget_who_missed(self, now_ms: int, who: str) -> None:
        """Whoever did not come loses the place; so does a promise of a clock that has been set back since."""
        furthest = now_ms + (len(self.promised) + 2) * self.step_ms + MINUTE_MS + LONGEST_HOLD_MS
        kept = {
            name: at
            for name, at in self.promised.items()
            if at <= furthest and (name == who or at >= now_ms - MISSED_AFTER_MS)
        }
        self.promised, self.last_promised_ms = kept, max(kept.values(), default=0)


class Pacer:
    """Counts what leaves; one per process."""

    def __init__(self, rows: PaceRows, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._rows = rows
        self._now = now
        self._new_id = new_id
        self._lines: dict[tuple[str, str], _Line] = {}

    async def take(self, tenant_id: str, key: str, rate: Rate, who: str) -> datetime | None:
        """
        Let one more through: None. Otherwise when `who` may ask again.

        Raises what the store raises while it is away.
        """
        line = self._line(tenant_id, key, rate)
        is_turn = self._is_turn_of(line, who)
        if is_turn and (self._from_slice(line) or await self._from_rows(tenant_id, key, line)):
            line.promised.pop(who, None)
            return None
        return self._promise(line, who)

    async def is_let_through(self, tenant_id: str, key: str, rate: Rate) -> bool:
        """Whether one more may pass; whoever may not goes away and does not wait."""
        line = self._line(tenant_id, key, rate)
        return self._from_slice(line) or await self._from_rows(tenant_id, key, line)

    def give_back(self, tenant_id: str, key: str) -> None:
        """What was let through last does not leave after all."""
        line = self._lines.get((tenant_id, key))
        if line is not None and line.slice is not None and line.used > 0:
            line.used -= 1

    def _line(self, tenant_id: str, key: str, rate: Rate) -> _Line:
        line = self._lines.get((tenant_id, key))
        if line is None:
            windows = (Window(SECOND_MS, rate.a_second), Window(MINUTE_MS, rate.a_minute))
            line = self._lines[tenant_id, key] = _Line(windows)
            line.want = line.small
        return line

    def _is_turn_of(self, line: _Line, who: str) -> bool:
        """Nobody passes those who were promised a time, and those do not come before it."""
        now = _ms(self._now())
        if not 0 <= now - line.tidied_ms < SECOND_MS:  # a clock set back is looked at again as well
            line.tidied_ms = now
            line.forget_who_missed(now, who)
        mine = line.promised.get(who)
        return mine <= now if mine is not None else not line.promised

    def _from_slice(self, line: _Line) -> bool:
        now = _ms(self._now())
        mine = line.slice
        if mine is None or line.used >= mine.n or not 0 < mine.until_ms - now <= LONGEST_HOLD_MS:
            return False
        line.used += 1
        line.last_use_ms = max(line.last_use_ms, now)
        return True

    async def _from_rows(self, tenant_id: str, key: str, line: _Line) -> bool:
        async with line.asking:
            hold = 0
            while not self._from_slice(line):  # somebody else may have brought one while we waited
                now = _ms(self._now())
                if now < line.shut_until_ms <= now + MINUTE_MS + LONGEST_HOLD_MS:
                    return False
                self._close(line, now)
                hold = max(2 * hold, self._hold_for(line.want, line))
                ask = Ask(self._new_id(), line.want, now, hold, line.told_back)
                given = await self._rows.give(tenant_id, key, line.windows, ask)
                line.told_back = None
                if given.n == 0:
                    line.shut_until_ms = room_at(given.slices, line.windows, now)
                    return False
                line.slice = Slice(ask.id, given.n, now + min(hold, LONGEST_HOLD_MS))
                line.used, line.last_use_ms = 0, now
            return True

    def _close(self, line: _Line, now: int) -> None:
        """Tell the old slice back as it was used, and want more after one that was used up in its time."""
        old = line.slice
        if old is None:
            return
        was_used_up = line.used >= old.n and now < old.until_ms
        most = max(line.small, line.least // LARGE_PART)
        line.want = min(2 * line.want, most) if was_used_up else max(line.small, line.want // 2)
        line.told_back = Slice(old.id, line.used, min(old.until_ms, line.last_use_ms))
        line.slice = None

    def _hold_for(self, want: int, line: _Line) -> int:
        if want * SMALL_PART <= line.least:
            return LONGEST_HOLD_MS
        return SHORT_HOLD_MS if want > 1 else SINGLE_HOLD_MS

    def _promise(self, line: _Line, who: str) -> datetime:
        """A time of one's own; whoever was promised one that is still to come keeps it."""
        now = _ms(self._now())
        mine = line.promised.get(who)
        if mine is None or mine <= now:
            free = line.shut_until_ms if line.shut_until_ms <= now + MINUTE_MS + LONGEST_HOLD_MS else now
            # Whoever came at the promised time and found nothing keeps the place; others stand at the end.
            last = line.last_promised_ms if line.promised else 0
            behind = 0 if mine is not None else last + line.step_ms
            mine = line.promised[who] = max(now + 1, free, behind)
            line.last_promised_ms = max(last, mine)
        return datetime.fromtimestamp(mine / 1_000, UTC)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1_000)
