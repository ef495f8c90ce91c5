"""
The file that a partner gets: only the fields that were asked for, of contacts who agreed. Pure.

Rule 1: a field that was not asked for is not in the file, not even empty.
Rule 2: a cell never becomes a formula.
Rule 3: a contact is named by a number of this file: our own ids stay ours.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from bot.compliance.table import csv_of
from bot.conversation import Conversation
from bot.sharing.catalogue import DataCategory

# A file of this size is thousands of contacts; one document of the database holds 16 MB.
LARGEST_BYTES = 8 * 1024 * 1024

LONGEST_LINE = 4_096

ROW_NUMBER = "row"


def _messages(conversation: Conversation) -> str:
    said = [line.text[:LONGEST_LINE] for line in conversation.recent if line.who == "contact"]
    return "\n".join(said)


def _answers(conversation: Conversation) -> str:
    return "; ".join(f"{name}: {slot.value}" for name, slot in sorted(conversation.slots.items()))


_READ: Mapping[str, Callable[[Conversation], str]] = MappingProxyType(
    {
        "nothing": lambda _: "",
        "stage": lambda c: c.stage,
        "language": lambda c: c.language,
        "name": lambda c: c.name,
        "answers": _answers,
        "phone": lambda c: c.phone,
        "messages": _messages,
    }
)


def columns_of(categories: Sequence[DataCategory]) -> tuple[str, ...]:
    """The columns of the file, in the order in which they were asked for."""
    return (ROW_NUMBER, *(category.id for category in categories))


def file_of(contacts: Sequence[Conversation], categories: Sequence[DataCategory], file_format: str) -> bytes:
    """The file as bytes, UTF-8."""
    rows = [
        [str(number), *(_READ[c.holds](contact) for c in categories)]
        for number, contact in enumerate(contacts, 1)
    ]
    columns = columns_of(categories)
    if file_format == "json":
        listed = [dict(zip(columns, row, strict=True)) for row in rows]
        return json.dumps({"contacts": listed}, ensure_ascii=False, indent=1).encode()
    return csv_of(columns, rows).encode()
