"""What the fake providers took, kept in memory and, when asked, line by line in a file."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.fakes.whatsapp.history import History


@dataclass(frozen=True, slots=True)
class Entry:
    """One message that a provider took."""

    provider: str
    recipient: str
    """As the provider was told: `9665…@c.us`, `+9665…`, `9665…`, or a business-scoped user id."""
    text: str
    reference: str
    """Our draft id where the provider carries it, else empty."""
    id: str
    """The provider's id of the message."""
    at: float
    """Unix seconds."""
    reply_to: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    queued: bool = False
    """True when the phone was not linked: it will leave later."""
    by_api: bool = True
    """False when a human typed it on the phone."""


class Ledger:
    """An append-only list of entries; a line is on disk before anybody is told."""

    def __init__(self, record: Path | None = None) -> None:
        self._record = record
        self.history = History()
        self.entries: list[Entry] = []
        self._cleared = 0
        if record is not None and record.exists():
            self.entries = [_entry(line) for line in record.read_text("utf-8").splitlines() if line]

    def add(self, entry: Entry) -> None:
        if self._record is not None:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
        self.entries.append(entry)

    @property
    def taken(self) -> int:
        """How many messages were ever taken; no provider numbers two alike because a test began anew."""
        return self._cleared + len(self.entries)

    def clear(self) -> None:
        self.history.clear()
        self._cleared += len(self.entries)
        self.entries = []
        if self._record is not None and self._record.exists():
            self._record.write_text("")


def _entry(line: str) -> Entry:
    fields = json.loads(line)
    buttons = tuple((name, title) for name, title in fields.pop("buttons"))
    return Entry(**fields, buttons=buttons)
