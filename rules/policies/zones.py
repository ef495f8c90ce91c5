"""Time zones by name; the places of the world come from the machine, or from the package tzdata."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.policies.fields import Fields

RIYADH = "Asia/Riyadh"


def read_zone(entry: Fields, key: str, default: str) -> str:
    """The name of a time zone that exists."""
    name = entry.text(key, default)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        entry.problem(key, f'there is no time zone "{name}". Write it as Asia/Riyadh.')
        return default
    return name
