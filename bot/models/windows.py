"""How long a look at the calls goes back: `24h`, `7d`."""

import re
from datetime import timedelta

from bot.errors import BadRequest

DEFAULT = "24h"
CHOICES = ("1h", "24h", "7d", "30d")
LONGEST = timedelta(days=90)

_SHAPE = re.compile(r"([1-9]\d{0,3})([hd])", re.ASCII)


def length_of(window: str) -> timedelta:
    """Raises BadRequest."""
    found = _SHAPE.fullmatch(window)
    length = timedelta(**{"hours" if found[2] == "h" else "days": int(found[1])}) if found else timedelta(0)
    if not timedelta(0) < length <= LONGEST:
        raise BadRequest(
            f"a window is so many hours or days, such as {', '.join(CHOICES)}, and at most 90d",
            "الفترة عدد ساعات أو أيام مثل 24h أو 7d، وأقصاها 90d",
        )
    return length
