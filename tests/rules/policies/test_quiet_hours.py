"""When nothing proactive leaves, and until when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.policies import Policies
from rules.policies.quiet_hours import REASONS, QuietHours
from tests.rules.policies.conftest import over_the_book, reads

RIYADH = ZoneInfo("Asia/Riyadh")
SHIPPED = over_the_book().policies.quiet_hours


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIYADH)


@pytest.mark.parametrize(
    ("at", "reason", "until"),
    [
        ("2026-11-23 21:00", "night", "2026-11-24 08:00"),
        ("2026-11-24 07:59", "night", "2026-11-24 08:00"),
        ("2026-11-23 03:00", "night", "2026-11-23 08:00"),
        ("2026-11-27 11:30", "friday", "2026-11-27 14:00"),
        ("2026-11-27 13:59", "friday", "2026-11-27 14:00"),
        # Asr in Riyadh is at 14:43 on this day, Maghrib at 17:05, Isha at 18:35.
        ("2026-11-23 14:50", "prayer", None),
        ("2026-11-23 17:10", "prayer", None),
        ("2027-02-09 09:30", "ramadan", "2027-02-09 10:00"),
        ("2027-02-22 12:30", "holiday", "2027-02-23 10:00"),  # Founding Day, in Ramadan
        ("2026-09-23 10:00", "holiday", "2026-09-24 08:00"),
        ("2026-05-26 10:00", "holiday", "2026-05-30 08:00"),  # Arafah and Eid al-Adha 1447
        ("2026-03-20 10:00", "holiday", "2026-03-23 08:00"),  # Eid al-Fitr 1447
    ],
)
def test_a_quiet_moment_has_its_reason_and_its_end(at: str, reason: str, until: str | None) -> None:
    found = SHIPPED.allows(local(at))

    assert found is not None
    assert found.reason == reason
    if until is not None:
        assert found.until == local(until)
    assert SHIPPED.allows(found.until) is None


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-23 08:00",
        "2026-11-23 10:00",
        "2026-11-23 20:59",
        "2026-11-27 11:14",
        "2026-11-28 10:00",  # Saturday: a weekend, and not quiet by the shipped policy
        "2026-09-24 10:00",
        "2027-02-09 10:00",
    ],
)
def test_other_moments_are_open(at: str) -> None:
    assert SHIPPED.allows(local(at)) is None


def test_the_city_decides_when_it_is_prayer_time() -> None:
    # Maghrib on this day: 17:39 in Jeddah, 16:44 in Dammam.
    at = local("2026-11-23 16:50")

    assert SHIPPED.allows(at, "Dammam") is not None
    assert SHIPPED.allows(at, "الدمام") is not None
    assert SHIPPED.allows(at, "jeddah") is None


def test_an_unknown_city_counts_as_the_policy_s_own() -> None:
    assert SHIPPED.city_named("Atlantis") == SHIPPED.city_named("Riyadh")


def test_the_sentences_say_why_and_until_when_in_both_languages() -> None:
    found = SHIPPED.allows(local("2026-09-23 10:00"))

    assert found is not None
    assert "اليوم الوطني" in found.ar
    assert "2026-09-24 08:00" in found.ar
    assert "National Day" in found.en
    assert "2026-09-24 08:00" in found.en


def test_a_moment_without_its_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SHIPPED.allows(datetime(2026, 11, 23, 10))


def test_a_book_without_the_policy_has_quiet_nights_and_friday_noons() -> None:
    quiet = reads().policies.quiet_hours

    assert quiet.allows(local("2026-11-23 23:00")) is not None
    assert quiet.allows(local("2026-11-27 12:00")) is not None
    assert quiet.allows(local("2026-11-23 14:50")) is None


moments = st.datetimes(
    min_value=datetime(2024, 1, 1), max_value=datetime(2035, 12, 31), timezones=st.sampled_from([UTC, RIYADH])
)


@given(at=moments, city=st.sampled_from(["riyadh", "jeddah", "makkah", "tabuk", "nowhere"]))
def test_whatever_is_quiet_ends_and_then_it_is_open(at: datetime, city: str) -> None:
    found = SHIPPED.allows(at, city)
    if found is None:
        return

    assert found.reason in REASONS
    assert at < found.until <= at + timedelta(days=20)
    assert SHIPPED.allows(found.until, city) is None
    assert SHIPPED.allows(found.until - timedelta(seconds=1), city) is not None


@given(at=moments)
def test_the_zone_in_which_a_moment_is_written_changes_nothing(at: datetime) -> None:
    assert SHIPPED.allows(at) == SHIPPED.allows(at.astimezone(ZoneInfo("America/New_York")))


def test_weekends_are_quiet_when_the_policy_says_so() -> None:
    quiet = reads(quiet_hours="weekend: {days: [friday, saturday], is_quiet: true}").policies.quiet_hours

    found = quiet.allows(local("2026-11-28 10:00"))

    assert found is not None
    assert (found.reason, found.until) == ("weekend", local("2026-11-29 08:00"))


def test_an_announced_holiday_is_quiet_on_its_days() -> None:
    own = """
holidays:
  - {name_ar: إجازة, name_en: A day off, from: 2026-12-01, days: 2, source: a notice, reviewed: 2026-11-20}
"""
    quiet = over_the_book(quiet_hours=own).policies.quiet_hours

    found = quiet.allows(local("2026-12-01 09:00"))

    assert found is not None
    assert found.until == local("2026-12-03 08:00")
    assert quiet.allows(local("2027-12-01 09:00")) is None


# The file


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ('night: {from: "9pm", until: "08:00"}', "is not a time of day"),
        ('night: {from: "21:00", until: "21:00"}', "begins when it ends"),
        ('night: {from: "10:00", until: "08:00"}', "less than eight hours"),
        ('friday: {from: "06:00", until: "20:00"}', "more than five hours"),
        ("timezone: Asia/Riyad", "there is no time zone"),
        ("city: paris", "unknown city"),
        ("prayer: {names: [zuhr]}", "unknown names"),
        ("prayer: {names: [dhuhr], minutes_after: 90}", "from 0 to 45"),
        ("weekend: {days: [monday, tuesday, friday, saturday], is_quiet: true}", "at most 3 days"),
        ("holidays: {a: b}", "must be a list"),
        ("holidays: [{name_ar: أ, name_en: A, source: s, reviewed: 2026-01-01}]", "begins in one of these ways"),
        (
            'holidays: [{name_ar: أ, name_en: A, source: s, reviewed: 2026-01-01, every_year_on: "02-30"}]',
            "there is no day",
        ),
        (
            'holidays: [{name_ar: أ, name_en: A, source: s, reviewed: 2026-01-01, hijri_day: "09-30"}]',
            "not every Hijri month",
        ),
        (
            'holidays: [{name_ar: أ, name_en: A, source: s, reviewed: soon, every_year_on: "02-22"}]',
            "is not a day",
        ),
        ("cities: {jubail: {name_ar: ا, name_en: J, latitude: 95, longitude: 49}}", "in degrees"),
        ("nihgt: 1", "Did you mean"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(file: str, words: str) -> None:
    found = reads(quiet_hours=file)

    problem = found.problem_with(words)
    assert problem.file == "policies/quiet_hours.yml"
    assert problem.line == 1


@pytest.mark.parametrize(
    "own",
    [
        'night: {from: "22:00", until: "08:00"}',
        'night: {from: "21:00", until: "07:00"}',
        'friday: {from: "12:00", until: "13:00"}',
        "prayer: {names: [maghrib], minutes_before: 5, minutes_after: 25}",
        "prayer: {names: [dhuhr, asr, maghrib, isha], minutes_after: 25}",
        'ramadan: {morning_until: "09:00", minutes_before_maghrib: 45, minutes_after_maghrib: 60}',
    ],
)
def test_a_tenant_cannot_make_a_quiet_time_shorter(own: str) -> None:
    found = over_the_book(quiet_hours=own)

    assert found.problem_with("may widen it, not narrow it").file == "tenant:policies/quiet_hours.yml"


@pytest.mark.parametrize(
    "own",
    [
        'night: {from: "20:00", until: "09:00"}',
        'friday: {from: "11:00", until: "15:00"}',
        "weekend: {days: [friday, saturday], is_quiet: true}",
        "prayer: {names: [fajr, dhuhr, asr, maghrib, isha], minutes_before: 10, minutes_after: 30}",
        "city: jeddah",
        "cities: {arar: {name_ar: عرعر, name_en: Arar, latitude: 30.98, longitude: 41.04}}",
    ],
)
def test_a_tenant_may_make_more_time_quiet(own: str) -> None:
    assert over_the_book(quiet_hours=own).problems == ()


def test_a_tenant_cannot_narrow_what_holds_without_a_policy_either() -> None:
    found = reads(tenant__quiet_hours='night: {from: "23:00", until: "06:00"}')

    found.problem_with("may widen it, not narrow it")


def test_a_tenant_keeps_the_holidays_and_cities_of_the_book(shipped: Policies) -> None:
    own = """
cities: {arar: {name_ar: عرعر, name_en: Arar, latitude: 30.98, longitude: 41.04}}
holidays: [{name_ar: أ, name_en: A, source: s, reviewed: 2026-01-01, every_year_on: "12-01"}]
"""
    quiet: QuietHours = over_the_book(quiet_hours=own).policies.quiet_hours

    assert set(shipped.quiet_hours.cities) < set(quiet.cities)
    assert set(shipped.quiet_hours.holidays) < set(quiet.holidays)


clocks = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
days = st.lists(
    st.sampled_from(["friday", "saturday", "sunday", "monday", "thursday"]), min_size=1, max_size=4, unique=True
)


@given(
    night=st.tuples(clocks, clocks),
    friday=st.tuples(clocks, clocks),
    weekend=days,
    before=st.integers(0, 20),
    after=st.integers(0, 50),
    morning=clocks,
    iftar=st.tuples(st.integers(0, 130), st.integers(0, 130)),
    at=moments,
)
@settings(max_examples=60)
def test_whatever_policy_is_accepted_leaves_a_moment_to_send(
    night: tuple[str, str],
    friday: tuple[str, str],
    weekend: list[str],
    before: int,
    after: int,
    morning: str,
    iftar: tuple[int, int],
    at: datetime,
) -> None:
    found = reads(
        quiet_hours=f"""
night: {{from: "{night[0]}", until: "{night[1]}"}}
friday: {{from: "{friday[0]}", until: "{friday[1]}"}}
weekend: {{days: [{", ".join(weekend)}], is_quiet: true}}
prayer: {{names: [fajr, dhuhr, asr, maghrib, isha], minutes_before: {before}, minutes_after: {after}}}
ramadan:
  morning_until: "{morning}"
  minutes_before_maghrib: {iftar[0]}
  minutes_after_maghrib: {iftar[1]}
"""
    )
    if found.problems:
        return
    quiet = found.policies.quiet_hours

    said = quiet.allows(at)

    if said is not None:
        assert at < said.until <= at + timedelta(days=8)
        assert quiet.allows(said.until) is None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_layer_moves_no_clock(zone: str) -> None:
    found = over_the_book(quiet_hours=f"timezone: {zone}\n").problem_with("Leave timezone out")

    assert (found.file, found.line) == ("tenant:policies/quiet_hours.yml", 1)
    assert over_the_book(quiet_hours="timezone: Asia/Riyadh\n").problems == ()


@pytest.mark.parametrize(("latitude", "longitude", "is_near"), [(27.5, 41.7, True), (55.7, 12.6, False)])
def test_a_layer_adds_only_towns_that_pray_with_the_contacts(latitude, longitude, is_near) -> None:
    town = f"{{name_ar: بلدة, name_en: Town, latitude: {latitude}, longitude: {longitude}}}"
    found = over_the_book(quiet_hours=f"cities:\n  town: {town}\ncity: town\n").problems

    assert (found == ()) == is_near
    assert all("is in degrees from" in problem.what for problem in found)
