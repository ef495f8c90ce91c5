"""
How many calls of providers are under way: one slow number never takes what the others need.

Rule 1: a number may use as many places as are still free for everybody else. So one alone gets half of them, a
        second one half of the rest, and so on: however many hang, some are left.
Rule 2: every number always gets a few.
Rule 3: a call under way holds no place among those who decide.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# One number alone may have half of these under way: 16, which at a fifth of a second each is 80 a second, and is
# what a kill can leave in doubt on one number.
PLACES = 32

# With twenty numbers hanging at once, the twenty-first still works.
ALWAYS = 2


class InFlight:
    """The calls of this process."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._waiting: dict[str, OrderedDict[tuple[str, str], None]] = {}
        self._changed: Callable[[], None] = lambda: None
        self._wake: Callable[[tuple[str, str]], None] = lambda _: None

    def told_to(self, changed: Callable[[], None], wake: Callable[[tuple[str, str]], None]) -> None:
        """Who wants to know that a call began or ended, and who looks again at a contact that waited for one."""
        self._changed, self._wake = changed, wake

    @property
    def calls(self) -> int:
        return self._calls.total()

    def is_crowded(self, channel: str) -> bool:
        """Whether this number must let the others pass."""
        of_channel = self._calls[channel]
        return of_channel >= ALWAYS and of_channel >= PLACES - self.calls

    def waits(self, channel: str, name: tuple[str, str]) -> None:
        """A contact stands in line for this number; it is woken when a call of it has ended."""
        self._waiting.setdefault(channel, OrderedDict())[name] = None

    @contextmanager
    def calling(self, channel: str) -> Iterator[None]:
        """Count one call for as long as it lasts."""
        self._calls[channel] += 1
        self._changed()
        try:
            yield
        finally:
            self._calls[channel] -= 1
            if not self._calls[channel]:
                del self._calls[channel]
            self._let_in(channel)
            self._changed()

    def _let_in(self, channel: str) -> None:
        line = self._waiting.get(channel)
        if not line:
            return
        name, _ = line.popitem(last=False)
        if not line:
            del self._waiting[channel]
        self._wake(name)
