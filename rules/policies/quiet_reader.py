"""
Reads `policies/quiet_hours.yml` and its layers.

Rule 1: a layer may make more of the week quiet, never less: it adds holidays and cities and widens every span. By
        which clock the hours count is the book's own.
Rule 2: a policy that would leave hardly a moment to send is refused: a waiting message must find its time.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

from rules.layers import layer_of
from rules.notes import Notes
from rules.policies.fields import WEEKDAYS, Fields
from rules.policies.holidays import KEYS as HOLIDAY_KEYS
from rules.policies.holidays import MOST_HOLIDAYS, read_holiday
from rules.policies.prayers import NAMES, City
from rules.policies.quiet_hours import Daily, PrayerQuiet, QuietHours, RamadanQuiet
from rules.policies.zones import read_zone
from rules.sheet import Sheet

KEYS = ("timezone", "city", "cities", "night", "friday", "weekend", "prayer", "ramadan", "holidays")
SPAN_KEYS = ("from", "until")
DAY = timedelta(days=1)

# Prayers (an hour each, three of them in these hours) and the breaking of the fast (four) take seven at most;
# what is left must be worth waiting for.
LEAST_OPEN = timedelta(hours=8)
LONGEST_FRIDAY = timedelta(hours=5)
MOST_WEEKEND_DAYS = 3
MOST_MINUTES_BEFORE_PRAYER = 15
MOST_MINUTES_AFTER_PRAYER = 45
MOST_IFTAR_MINUTES = 120

# The Saudi cities lie between these; the sun rises and sets there every day.
LATITUDES, LONGITUDES = (-60.0, 60.0), (-180.0, 180.0)

# A layer adds towns of the Kingdom: those of elsewhere would pray at other hours than the contacts do.
SAUDI_LATITUDES, SAUDI_LONGITUDES = (16.0, 33.0), (34.0, 56.0)


def read_quiet_hours(sheets: list[Sheet], notes: dict[str, Notes]) -> QuietHours:
    """Read the policy; every layer is laid over what stood before."""
    policy = QuietHours()
    for sheet in sheets:
        top = Fields(notes[sheet.file], sheet.content, 1, KEYS, "the file quiet_hours.yml")
        laid = _laid_over(policy, top)
        if layer_of(sheet.file):
            _check_only_widened(policy, laid, top)
        _check_room(laid, top)
        policy = laid
    return policy


def _laid_over(before: QuietHours, top: Fields) -> QuietHours:
    laid = replace(before, zone=read_zone(top, "timezone", before.zone))
    if "cities" in top:
        laid = replace(laid, cities=_cities(top, before))
    if "city" in top:
        laid = replace(laid, city=top.word("city", tuple(city.id for city in laid.cities), before.city))
    if "night" in top:
        laid = replace(laid, night=_span(top.inner("night", SPAN_KEYS), before.night))
    if "friday" in top:
        laid = replace(
            laid, friday=_span(top.inner("friday", SPAN_KEYS), before.friday or Daily(time(0), time(0)))
        )
    if "weekend" in top:
        weekend = top.inner("weekend", ("days", "is_quiet"))
        laid = replace(
            laid,
            weekend=weekend.words("days", WEEKDAYS, before.weekend),
            weekend_is_quiet=weekend.truth("is_quiet", default=before.weekend_is_quiet),
        )
    if "prayer" in top:
        laid = replace(laid, prayer=_prayer(top.inner("prayer", ("names", "minutes_before", "minutes_after"))))
    if "ramadan" in top:
        laid = replace(laid, ramadan=_ramadan(top))
    found = [read_holiday(entry) for entry in top.listed("holidays", HOLIDAY_KEYS, "a holiday")]
    return replace(laid, holidays=(*before.holidays, *(holiday for holiday in found if holiday)))


def _span(entry: Fields, before: Daily) -> Daily:
    entry.need(*SPAN_KEYS)
    span = Daily(entry.clock("from", before.start), entry.clock("until", before.end))
    if span.start == span.end:
        entry.notes.problem(entry.line, f"{entry.what} begins when it ends. Change one of them.")
        return before
    return span


def _prayer(entry: Fields) -> PrayerQuiet:
    return PrayerQuiet(
        entry.words("names", NAMES),
        entry.whole("minutes_before", 0, 0, MOST_MINUTES_BEFORE_PRAYER),
        entry.whole("minutes_after", 0, 0, MOST_MINUTES_AFTER_PRAYER),
    )


def _ramadan(top: Fields) -> RamadanQuiet:
    entry = top.inner("ramadan", ("morning_until", "minutes_before_maghrib", "minutes_after_maghrib"))
    return RamadanQuiet(
        entry.clock("morning_until", time(0)) if "morning_until" in entry else None,
        entry.whole("minutes_before_maghrib", 0, 0, MOST_IFTAR_MINUTES),
        entry.whole("minutes_after_maghrib", 0, 0, MOST_IFTAR_MINUTES),
    )


def _cities(top: Fields, before: QuietHours) -> tuple[City, ...]:
    is_laid = bool(layer_of(top.notes.file))
    latitudes, longitudes = (SAUDI_LATITUDES, SAUDI_LONGITUDES) if is_laid else (LATITUDES, LONGITUDES)
    cities = {} if not layer_of(top.notes.file) else {city.id: city for city in before.cities}
    known = set(cities)
    for name, entry in top.entries("cities", ("name_ar", "name_en", "latitude", "longitude"), "the city"):
        entry.need("name_ar", "name_en", "latitude", "longitude")
        if name in known:
            entry.notes.problem(entry.line, f'the city "{name}" is in the book already. Leave it out.')
            continue
        cities[name] = City(
            name,
            entry.text("name_ar"),
            entry.text("name_en"),
            _degrees(entry, "latitude", latitudes),
            _degrees(entry, "longitude", longitudes),
        )
    return tuple(cities.values())


def _degrees(entry: Fields, key: str, bounds: tuple[float, float]) -> float:
    value = entry.map.get(key, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not bounds[0] <= value <= bounds[1]:
        entry.problem(
            key, f'"{key}" is in degrees from {bounds[0]:g} to {bounds[1]:g}, such as 24.71. Change it.'
        )
        return 0.0
    return float(value)


def _check_only_widened(before: QuietHours, laid: QuietHours, top: Fields) -> None:
    """Note everything that a layer makes less quiet than the book."""
    if "timezone" in top and laid.zone != before.zone:
        top.problem("timezone", "the book says by which clock quiet hours count. Leave timezone out.")
    narrowed: dict[str, Callable[[], bool]] = {
        "night": lambda: not _covers(laid.night, before.night),
        "friday": lambda: before.friday is not None and not _covers(laid.friday or before.friday, before.friday),
        "weekend": lambda: (
            before.weekend_is_quiet and not (laid.weekend_is_quiet and set(before.weekend) <= set(laid.weekend))
        ),
        "prayer": lambda: _is_less_prayer(laid.prayer, before.prayer),
        "ramadan": lambda: _is_less_ramadan(laid.ramadan, before.ramadan),
    }
    for key, is_narrowed in narrowed.items():
        if key in top and is_narrowed():
            top.problem(key, f'"{key}" is quiet for less than in the book. A layer may widen it, not narrow it.')


def _is_less_prayer(laid: PrayerQuiet, before: PrayerQuiet) -> bool:
    return not (
        set(before.names) <= set(laid.names)
        and laid.minutes_before >= before.minutes_before
        and laid.minutes_after >= before.minutes_after
    )


def _is_less_ramadan(laid: RamadanQuiet, before: RamadanQuiet) -> bool:
    return not (
        (laid.morning_until or time(0)) >= (before.morning_until or time(0))
        and laid.minutes_before_maghrib >= before.minutes_before_maghrib
        and laid.minutes_after_maghrib >= before.minutes_after_maghrib
    )


def _check_room(policy: QuietHours, top: Fields) -> None:
    """Note what would leave no time to send."""
    night = policy.night
    opens = max(night.end, policy.ramadan.morning_until or time(0)) if night.end < night.start else night.end
    is_open = (
        _minutes_between(opens, night.start) if opens < night.start or night.end > night.start else timedelta(0)
    )
    if is_open < LEAST_OPEN:
        top.problem("night", "nights and mornings leave less than eight hours of a day. Shorten one of them.")
    if policy.friday is not None and _length(policy.friday) > LONGEST_FRIDAY:
        top.problem("friday", "Friday is quiet for more than five hours. Use the weekend for whole days.")
    if len(policy.weekend) > MOST_WEEKEND_DAYS:
        top.problem("weekend", f"a weekend has at most {MOST_WEEKEND_DAYS} days. Name fewer.")
    if len(policy.holidays) > MOST_HOLIDAYS:
        top.problem("holidays", f"more than {MOST_HOLIDAYS} holidays. Remove those that have passed.")


def _covers(wide: Daily, narrow: Daily) -> bool:
    return _minutes_between(wide.start, narrow.start) % DAY + _length(narrow) <= _length(wide)


def _length(span: Daily) -> timedelta:
    return _minutes_between(span.start, span.end) or DAY


def _minutes_between(start: time, end: time) -> timedelta:
    """From one time of day to another, over midnight if need be."""
    return (
        timedelta(hours=end.hour, minutes=end.minute) - timedelta(hours=start.hour, minutes=start.minute)
    ) % DAY
