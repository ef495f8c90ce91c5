"""
`bot.proposals.paper.Paper` with Typst: one template for every sheet, in Arabic from right to left or in English.

Rule 1: what people wrote reaches the template as data and is never read as markup: no sheet can run anything.
Rule 2: nothing of the machine is used: our own fonts only, the sheet's own date, no network.
Rule 3: the same sheet is the same bytes.
"""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

import typst

from bot.proposals.paper import Sheet

_HERE = Path(__file__).parent
TEMPLATE = _HERE / "sheet.typ"
FONTS = _HERE / "fonts"


class Press:
    """Prints sheets; one takes about 30 ms, beside the event loop."""

    async def print(self, sheet: Sheet) -> bytes:
        """A PDF with tags, so that a reader for the blind finds its order."""
        return await asyncio.to_thread(printed, sheet)


def printed(sheet: Sheet) -> bytes:
    """The bytes of one sheet."""
    content = typst.compile(
        str(TEMPLATE),
        root=str(_HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"sheet": json.dumps(_plain(sheet), ensure_ascii=False, sort_keys=True)},
        timestamp=int(sheet.made_at.timestamp()),
    )
    assert isinstance(content, bytes)
    return content


def _plain(sheet: Sheet) -> dict[str, Any]:
    told = asdict(sheet)
    told["made_at"] = sheet.made_at.astimezone(UTC).isoformat()
    return told
