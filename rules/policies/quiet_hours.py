"""
When nothing proactive may leave: nights, Friday noon, prayers, Ramadan evenings, holidays, and until when.

Rule 1: time comes in as an argument; a quiet span begins with its first moment and ends before its last.
Rule 2: `until` is the first moment at which nothing is quiet any more: asking again then gives None.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rules.policies.fields import WEEKDAYS
from rules.policies.holidays import Holiday
from rules.policies.prayers import City, is_ramadan, prayers
from rules.policies.zones import RIYADH

REASONS = ("night", "holiday", "weekend", "friday", "ramadan", "prayer")
"""In the order in which they are named when several hold: what lasts longer explains more."""

_AR = {
    "night": "الوقت خارج ساعات المراسلة",
    "friday": "وقت صلاة الجمعة",
    "prayer": "وقت الصلاة ({name})",
    "ramadan": "وقت هادئ في رمضان",
    "holiday": "إجازة رسمية ({name})",
    "weekend": "عطلة نهاية الأسبوع",
}
_EN = {
    "night": "It is outside the hours for messages",
    "friday": "It is the time of the Friday prayer",
    "prayer": "It is a time of prayer ({name})",
    "ramadan": "It is a quiet time in Ramadan",
    "holiday": "It is a public holiday ({name})",
    "weekend": "It is the weekend",
}
PRAYER_NAMES_AR = {"fajr": "الفجر", "dhuhr": "الظهر", "asr": "العصر", "maghrib": "المغرب", "isha": "العشاء"}

RIYADH_CITY = City("riyadh", "الرياض", "Riyadh", 24.7136, 46.6753)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Why nothing proactive leaves now."""

    reason: str
    """One of REASONS."""
    until: datetime
    """The first moment at which it may leave, in UTC."""
    ar: str
    en: str


@dataclass(frozen=True, slots=True)
class Daily:
    """A span of the day; when it ends earlier than it begins, it ends on the next day."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class PrayerQuiet:
    """How long around each prayer nothing leaves."""

    names: tuple[str, ...] = ()
    minutes_before: int = 0
    minutes_after: int = 0


@dataclass(frozen=True, slots=True)
class RamadanQuiet:
    """What is different in Ramadan: late mornings, and the hours around the breaking of the fast."""

    morning_until: time | None = None
    minutes_before_maghrib: int = 0
    minutes_after_maghrib: int = 0


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime
    reason: str
    name_ar: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The policy; a book without one has quiet nights and Friday noons."""

    zone: str = RIYADH
    night: Daily = Daily(time(21), time(8))
    friday: Daily | None = Daily(time(11, 30), time(14))
    weekend: tuple[str, ...] = ("friday", "saturday")
    weekend_is_quiet: bool = False
    holidays: tuple[Holiday, ...] = ()
    prayer: PrayerQuiet = PrayerQuiet()
    ramadan: RamadanQuiet = RamadanQuiet()
    cities: tuple[City, ...] = field(default=(RIYADH_CITY,))
    city: str = "riyadh"
    """The city that counts for a tenant whose city is not listed."""

    def allows(self, at: datetime, city: str = "") -> Quiet | None:
        """
        None when a proactive message may leave at this moment, else why not, and until when.

        Args:
            at: a moment with its time zone.
            city: id or name of a city of the policy, in any case; another one counts as the policy's own.

        Raises:
            ValueError: the moment has no time zone.
        """
        if at.tzinfo is None:
            raise ValueError("quiet hours need a moment with its time zone, not a bare time")
        where = self.city_named(city)
        held = self._covering(at, where)
        if not held:
            return None
        until = at
        while covering := self._covering(until, where):
            until = max(span.end for span in covering)
        return _quiet(min(held, key=lambda span: REASONS.index(span.reason)), until, self.zone)

    def prayers(self, day: date, city: str = "") -> tuple[tuple[str, datetime], ...]:
        """The five prayers of a day in a city, for pages that show them."""
        return prayers(self.city_named(city), day, self.zone)

    def city_named(self, name: str) -> City:
        """The city with this id or name, else the policy's own."""
        wanted = name.strip().casefold()
        for city in self.cities:
            if wanted in (city.id, city.name_ar, city.name_en.casefold()):
                return city
        return next((city for city in self.cities if city.id == self.city), RIYADH_CITY)

    def _covering(self, at: datetime, city: City) -> list[_Span]:
        day = at.astimezone(ZoneInfo(self.zone)).date()
        near = (day - timedelta(days=1), day)
        spans = (span for one in near for span in self._spans_of(one, city))
        return [span for span in (*spans, *self._holidays_at(day)) if span.start <= at < span.end]

    def _spans_of(self, day: date, city: City) -> Iterator[_Span]:
        yield self._daily(day, self.night, "night")
        weekday = WEEKDAYS[day.weekday()]
        if self.friday is not None and weekday == "friday":
            yield self._daily(day, self.friday, "friday")
        if self.weekend_is_quiet and weekday in self.weekend:
            yield _Span(self._moment(day, time(0)), self._moment(day + timedelta(days=1), time(0)), "weekend")
        if self.prayer.names:
            yield from self._around_prayers(day, city)
        if is_ramadan(day):
            yield from self._in_ramadan(day, city)

    def _around_prayers(self, day: date, city: City) -> Iterator[_Span]:
        before, after = (timedelta(minutes=m) for m in (self.prayer.minutes_before, self.prayer.minutes_after))
        for name, at in prayers(city, day, self.zone):
            if name in self.prayer.names:
                yield _Span(at - before, at + after, "prayer", PRAYER_NAMES_AR[name], name.capitalize())

    def _in_ramadan(self, day: date, city: City) -> Iterator[_Span]:
        rule = self.ramadan
        if rule.morning_until is not None:
            yield _Span(self._moment(day, time(0)), self._moment(day, rule.morning_until), "ramadan")
        if rule.minutes_before_maghrib or rule.minutes_after_maghrib:
            maghrib = dict(prayers(city, day, self.zone))["maghrib"]
            before, after = rule.minutes_before_maghrib, rule.minutes_after_maghrib
            yield _Span(maghrib - timedelta(minutes=before), maghrib + timedelta(minutes=after), "ramadan")

    def _holidays_at(self, day: date) -> Iterator[_Span]:
        for holiday in self.holidays:
            for first, after in holiday.spans_around(day):
                if first <= day < after:
                    yield _Span(
                        self._moment(first, time(0)),
                        self._moment(after, time(0)),
                        "holiday",
                        holiday.name_ar,
                        holiday.name_en,
                    )

    def _daily(self, day: date, span: Daily, reason: str) -> _Span:
        last = day if span.end > span.start else day + timedelta(days=1)
        return _Span(self._moment(day, span.start), self._moment(last, span.end), reason)

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, ZoneInfo(self.zone)).astimezone(UTC)


def _quiet(span: _Span, until: datetime, zone: str) -> Quiet:
    local = until.astimezone(ZoneInfo(zone))
    ar = _AR[span.reason].format(name=span.name_ar)
    en = _EN[span.reason].format(name=span.name_en)
    return Quiet(
        span.reason,
        until.astimezone(UTC),
        f"{ar}. يمكن الإرسال من {local:%Y-%m-%d %H:%M}.",
        f"{en}. It may leave from {local:%Y-%m-%d %H:%M}.",
    )
