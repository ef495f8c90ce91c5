"""What is in a backup: the list of contents that stands at its end, with the hash of everything."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

# The form of the file. A reader refuses a higher number than its own, and reads every lower one.
FORM = 1


class Counted(BaseModel):
    """One collection, or one file."""

    model_config = ConfigDict(frozen=True)

    rows: int = Field(0, ge=0)
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """
    The list of contents.

    A field more, of a later version, is read over: what makes a reader refuse is `form` and `data_format`.
    """

    model_config = ConfigDict(frozen=True)

    form: int
    id: str
    made_at: datetime
    dealix: str
    """The version that made it."""
    data_format: int
    """Which format the rows are in; see `bot/stored_format.py`."""
    server: str = ""
    tenants: tuple[str, ...] = ()
    collections: dict[str, Counted] = {}
    files: dict[str, Counted] = {}

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.collections.values())

    @property
    def size(self) -> int:
        return sum(one.size for one in self.collections.values())


@dataclass(slots=True)
class Tally:
    """Counts while the bytes pass."""

    rows: int = 0
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, content: bytes, rows: int = 0) -> None:
        self.rows += rows
        self.size += len(content)
        self.digest.update(content)

    @property
    def counted(self) -> Counted:
        return Counted(rows=self.rows, size=self.size, sha256=self.digest.hexdigest())


def rows_of(batch: bytes) -> list[bytes]:
    """BSON documents that stand one after the other; each begins with its length. Raises ValueError."""
    found, at = [], 0
    while at < len(batch):
        length = int.from_bytes(batch[at : at + 4], "little")
        if length < 5 or at + length > len(batch):
            raise ValueError("a row ends in the middle")
        found.append(batch[at : at + length])
        at += length
    return found
