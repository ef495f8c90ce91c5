"""What happens when somebody presses a button of a page that acts."""

from collections.abc import Awaitable, Callable
from typing import Any

from admin.console.place import Place


class Pressing:
    """
    One deed at a time, and the page shows which.

    What a visitor may do is asked again behind each press, and the page is looked at anew before and after.
    """

    def __init__(
        self, place: Place, look: Callable[[], Awaitable[None]], put_away: Callable[[str], object]
    ) -> None:
        """`put_away` takes the question that was open about a name, once its deed is done."""
        self._place = place
        self._look = look
        self._put_away = put_away
        self.busy = ""
        """The name of what is being done, empty while nothing is."""

    async def do(
        self, name: str, work: Callable[[], Awaitable[Any]], done: str, roles: tuple[str, ...] = ()
    ) -> None:
        """
        Do it, unless something is being done already.

        Args:
            name: of what is pressed, as the page tells its cards apart.
            done: the sentence that says it is done.
            roles: who may; everybody who may see the page when empty.
        """
        if self.busy:
            return

        async def doing() -> None:
            self._place.require(*roles)
            await work()

        self.busy = name
        await self._place.act(self._look())
        try:
            if await self._place.act(doing(), done):
                self._put_away(name)
        finally:
            self.busy = ""
        await self._place.act(self._look())
