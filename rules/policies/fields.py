"""
Reads one map of a policy file key by key, and notes what is wrong with it.

Rule 1: an unknown key, a missing one and a value of the wrong kind are problems with their line; reading goes on.
Rule 2: money is whole halalas and time is written with its unit; a bare number for either is refused.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any

from rules.notes import Notes
from rules.problems import unknown
from rules.sheet import items, line_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_DURATION = re.compile(r"(\d{1,4}) (minute|hour|day)s?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class Fields:
    """One map, with the words that may stand in it."""

    def __init__(self, notes: Notes, holder: object, line: int, known: Collection[str], what: str) -> None:
        self.notes = notes
        self.line = line
        self.what = what
        self.map: Mapping[str, Any] = holder if isinstance(holder, Mapping) else {}
        if not isinstance(holder, Mapping):
            notes.problem(line, f"{what} must be a map with some of: {', '.join(known)}. Write one.")
        for key in self.map:
            if key not in known:
                notes.problem(line_of(self.map, key), unknown(f"key in {what}", key, known))

    def __contains__(self, key: str) -> bool:
        return key in self.map

    def at(self, key: str) -> int:
        """The line of a key, or of the whole map when the key is missing."""
        return line_of(self.map, key) if key in self.map else self.line

    def problem(self, key: str, what: str) -> None:
        """Note something to mend at a key."""
        self.notes.problem(self.at(key), what)

    def need(self, *keys: str) -> None:
        """Note every key that must be there and is not."""
        for key in keys:
            if key not in self.map:
                self.notes.problem(self.line, f'{self.what} lacks "{key}". Write it.')

    def text(self, key: str, default: str = "") -> str:
        """One sentence or word."""
        value = self.map.get(key, default)
        if key in self.map and (not isinstance(value, str) or not value.strip()):
            self.problem(key, f'"{key}" must be a sentence or a word. Write one.')
            return default
        return " ".join(str(value).split())

    def word(self, key: str, known: Collection[str], default: str = "") -> str:
        """One word of a closed list."""
        return self.notes.word(self.map, key, key, known) or default if key in self.map else default

    def words(self, key: str, known: Collection[str], default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Some words of a closed list."""
        return self.notes.words(self.map, key, key, known) if key in self.map else default

    def texts(self, key: str) -> tuple[tuple[str, int], ...]:
        """Free texts with their lines; an empty list is noted."""
        if key not in self.map:
            return ()
        found = []
        for item, line in items(self.map[key]):
            if isinstance(item, str | int) and not isinstance(item, bool) and str(item).strip():
                found.append((str(item), line or self.at(key)))
            else:
                self.notes.problem(line or self.at(key), f'an item of "{key}" must be words. Write them.')
        if not found:
            self.problem(key, f'"{key}" is empty. Write at least one.')
        return tuple(found)

    def truth(self, key: str, default: bool) -> bool:
        """`true` or `false`."""
        value = self.map.get(key, default)
        if not isinstance(value, bool):
            self.problem(key, f'"{key}" is true or false, nothing else. Write one of them.')
            return default
        return value

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number between two bounds."""
        value = self.map.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.problem(key, f'"{key}" must be a whole number from {least} to {most}, not "{value}". Change it.')
            return default
        return value

    def day(self, key: str) -> date | None:
        """A day written as 2027-01-31."""
        if key not in self.map:
            return None
        try:
            return date.fromisoformat(str(self.map[key]))
        except ValueError:
            self.problem(key, f'"{self.map[key]}" is not a day. Write it as 2027-01-31.')
            return None

    def clock(self, key: str, default: time) -> time:
        """A time of day written as "21:00"."""
        if key not in self.map:
            return default
        found = _CLOCK.fullmatch(str(self.map[key]))
        if found is None:
            self.problem(key, f'"{self.map[key]}" is not a time of day. Write it as "21:00", in quotation marks.')
            return default
        return time(int(found[1]), int(found[2]))

    def duration(self, key: str, default: timedelta, most: timedelta) -> timedelta:
        """A span written as "15 minutes", "20 hours" or "3 days"."""
        if key not in self.map:
            return default
        found = _DURATION.fullmatch(str(self.map[key]))
        if found is None or int(found[1]) == 0:
            self.problem(
                key, f'"{self.map[key]}" is not a span of time. Write it as 15 minutes, 20 hours or 3 days.'
            )
            return default
        span = int(found[1]) * _UNITS[found[2]]
        if span > most:
            self.problem(key, f'"{key}" is longer than {said(most)}, the most that is allowed. Shorten it.')
            return default
        return span

    def inner(self, key: str, known: Collection[str]) -> "Fields":
        """The map under a key; an empty one when there is none."""
        if key not in self.map:
            return Fields(self.notes, {}, self.line, known, f'"{key}"')
        return Fields(self.notes, self.map[key], self.at(key), known, f'"{key}"')

    def entries(self, key: str, known: Collection[str], what: str) -> Iterator[tuple[str, "Fields"]]:
        """Every entry of a map of entries, by its id."""
        holder = self.map.get(key, {})
        if not isinstance(holder, Mapping):
            self.problem(key, f'"{key}" must be a map from an id to its entry. Write {{}} for none.')
            return
        for name, entry in holder.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                self.notes.problem(
                    line_of(holder, name), f'the id "{name}" must be lower_case Latin letters, digits and _.'
                )
            yield name, Fields(self.notes, entry, line_of(holder, name), known, f'{what} "{name}"')

    def listed(self, key: str, known: Collection[str], what: str) -> Iterator["Fields"]:
        """Every map of a list of maps."""
        if key not in self.map:
            return
        holder = self.map[key]
        if not isinstance(holder, list):
            self.problem(key, f'"{key}" must be a list. Begin each item with a dash.')
            return
        for item, line in items(holder):
            yield Fields(self.notes, item, line, known, what)


def said(span: timedelta) -> str:
    """A span as an analyst writes it."""
    for unit in ("day", "hour", "minute"):
        size = _UNITS[unit]
        if span >= size and span % size == timedelta(0):
            count = span // size
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return str(span)
