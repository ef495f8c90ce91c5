"""What is in force, what is under way, what was."""

from starlette.datastructures import QueryParams

from admin.console.draw import put
from admin.console.place import Place


class VersionsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._query = query

    def build(self) -> None:
        """The frame of the page."""
        put("h1", "page-title", self._place.say("versions"))

    async def open(self) -> None:
        """Show them."""
