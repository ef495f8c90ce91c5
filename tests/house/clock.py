"""A clock that a test can move forwards."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Runs like every clock, ahead of the true time by as much as it was moved."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def moves(self, by: timedelta) -> None:
        assert by >= timedelta(0), "time only goes on"
        self._ahead += by

    def jumps(self, by: timedelta) -> None:
        """Somebody sets the machine's clock, in either direction."""
        self._ahead += by
