"""
What a tenant has settled, and how much may leave: each value with what it means and where it is changed.

Rule 1: nothing here is changed on this page: the value that is in force is shown, and the place that holds it is
        named. Where several tenants share an installation that place is the tenants file.
Rule 2: no secret, no phone and no address of a server is shown; what is set is only said to be set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from admin.console.draw import put
from admin.console.place import Place
from admin.console.times import day_and_clock, span
from bot.connectors.standings import Standing
from bot.connectors.states import TROUBLE, State
from bot.departures.limits import BudgetView, ChannelView, LimitsView
from bot.store import Posture
from bot.tenant import Autonomy
from bot.version import VERSION
from rules.policies.follow_ups import Cadence
from rules.policies.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True)
class Fact:
    """One setting."""

    key: str
    """Of its name and its meaning among the sentences."""
    value: str
    where: str = ""
    """Its name where it is changed; empty where the group says it for all."""
    chip: str = ""
    is_warned_of: bool = False
    name: str = ""
    """Instead of the sentence, for what has a name of its own."""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together."""

    key: str
    facts: tuple[Fact, ...]
    where: str
    """In which place these are changed, in words."""
    leaf: str = ""
    """The page that has more of them, or on which they are changed."""
    page: str = ""
    done: int | None = None
    """How full the day is, in per cent, where the group has a bar."""


def draw(place: Place, group: Group) -> None:
    """The group as a sheet."""
    say = place.say
    with put("section", "sheet setting-group", data_group_of=group.key):
        with put("div", "sheet-head"):
            put("h2", text=say(f"group_of_{group.key}"))
        put("p", "faint", say(f"group_of_{group.key}_is"))
        with put("p", "setting-where tiny", data_where=""):
            put("span", text=group.where)
            if group.leaf:
                query = {"page": group.page} if group.page else {}
                words = say("open_page", page=say(f"to_{group.leaf}"))
                put("a", text=words, href=place.address(group.leaf, **query))
        if group.done is not None:
            bar = put(
                "div",
                "setting-meter",
                role="progressbar",
                aria_valuenow=str(group.done),
                aria_valuemin="0",
                aria_valuemax="100",
                aria_label=say("name_used"),
            )
            with bar:
                put("span").style(f"--done:{group.done}%")
        for fact in group.facts:
            _draw_fact(place, fact)


def _draw_fact(place: Place, fact: Fact) -> None:
    say = place.say
    with put("div", "setting-fact", data_setting=fact.name or fact.key):
        with put("div", "setting-name"):
            put("h3", text=fact.name or say(f"name_{fact.key}"), dir="auto")
            put("p", "faint tiny", say(f"means_{fact.key}"))
        with put("div", "setting-value"):
            put("p", "setting-now", fact.value, dir="auto", data_value="")
            if fact.chip:
                put("span", f"chip-is {fact.chip}", say("look_here" if fact.is_warned_of else "all_well"))
            if fact.where:
                put("code", "setting-key", fact.where, dir="ltr")


# How much may leave.


def limits(place: Place, view: LimitsView) -> tuple[Group, ...]:
    """Today's use, what one contact may hear, and how fast each number sends."""
    each = place.say("each_contact", day=view.contact_a_day, month=view.contact_in_30_days)
    contact = Group("contact", (Fact("contact", each),), *_by_rules(place, "follow_ups"))
    days = [_day(place, budget) for budget in view.budgets]
    paces = tuple(_pace(place, one) for one in view.channels)
    return (*days, contact, *((Group("pace", paces, _of_tenant(place)),) if paces else ()))


def _day(place: Place, budget: BudgetView) -> Group:
    say, is_spent = place.say, budget.left == 0
    facts = (
        Fact(
            "used",
            say(
                "used_of",
                used=budget.used,
                limit=budget.limit,
                left=budget.left,
                until=day_and_clock(budget.until),
            ),
            _named(place, "WHATSAPP_DAILY_LIMIT", "limits.unasked_for_a_day"),
            chip="gold" if is_spent else "",
            is_warned_of=is_spent,
        ),
        Fact(
            "above",
            str(budget.approval_above),
            _named(place, "DEALIX_APPROVAL_ABOVE_A_DAY", "limits.approval_above"),
        ),
    )
    done = min(100, round(100 * budget.used / budget.limit)) if budget.limit else 100
    return Group("day", facts, _of_tenant(place), done=done)


def _pace(place: Place, one: ChannelView) -> Fact:
    say, pace = place.say, one.pace
    words = say(
        "pace_is",
        second=pace.every.a_second,
        minute=pace.every.a_minute,
        own_second=pace.unasked_for.a_second,
        own_minute=pace.unasked_for.a_minute,
    )
    is_paused = one.paused_until is not None
    if one.paused_until is not None:
        words = f"{words} · {say('paused_until', at=day_and_clock(one.paused_until))}"
    where = _named(place, "WHATSAPP_RATE_LIMIT_PER_SECOND, WHATSAPP_RATE_LIMIT_PER_MINUTE", "channels[].pace")
    return Fact("pace", words, where, "gold" if is_paused else "", is_paused, name=place.channel(one.channel))


# What is settled.


def business(place: Place, posture: Posture) -> Group:
    """How the bot answers."""
    tenant, say = place.house.tenants[place.tenant_id], place.say
    autonomy = say(f"autonomy_{posture.autonomy.value}")
    if posture.is_paused:
        at = day_and_clock(posture.paused_at) if posture.paused_at else ""
        autonomy = f"{autonomy} · {say('paused_by', name=place.name_of(posture.paused_by), at=at)}"
    is_held = posture.is_paused or posture.autonomy is not Autonomy.SAFE_REPLIES
    price = tenant.public_price.get(place.language, "") or say("no_public_price")
    may_change = say("yes" if tenant.may_change_number else "no")
    facts = (
        Fact("tenant", tenant.name, _named(place, "DEALIX_TENANT_NAME", "name")),
        Fact(
            "autonomy", autonomy, _named(place, "DEALIX_AUTONOMY", "autonomy"), "gold" if is_held else "", is_held
        ),
        Fact("price", price, _named(place, "DEALIX_PUBLIC_PRICE_AR, DEALIX_PUBLIC_PRICE_EN", "public_price")),
        Fact("burst", say("seconds_n", n=f"{tenant.pace.burst_quiet.total_seconds():g}"), "DEALIX_BURST_SECONDS"),
        Fact("late", span(tenant.pace.late_after, place.language), "DEALIX_LATE_MINUTES"),
        Fact("number", may_change, _named(place, "DEALIX_MAY_CHANGE_NUMBER", "may_change_number")),
        Fact("tests", str(len(tenant.test_numbers)), _named(place, "DEALIX_TEST_NUMBERS", "test_numbers")),
    )
    return Group("business", facts, _of_tenant(place))


def channels(place: Place, standings: Sequence[Standing]) -> Group:
    """Each number in the order in which they are tried, and how the way to it stands."""
    tenant, say = place.house.tenants[place.tenant_id], place.say
    facts = []
    for number, channel in enumerate(tenant.channels, start=1):
        standing = next((one for one in standings if channel in one.channels), None)
        state = standing.state.value if standing else "simulated"
        chip = "good" if state == State.OK else "bad" if state in TROUBLE else ""
        words = f"{number} · {say(f'stands_{state}')}"
        facts.append(Fact("channel", words, chip=chip, is_warned_of=chip == "bad", name=place.channel(channel)))
    where = say("set_by_order", name=f"\u2066{_named(place, 'DEALIX_CHANNEL_ORDER', 'channels')}\u2069")
    return Group("channels", tuple(facts), where, "connectors")


def quiet(place: Place) -> Group:
    """When nothing unasked for leaves, and whether that is now."""
    tenant, is_arabic = place.house.tenants[place.tenant_id], place.language == "ar"
    policy = place.house.playbooks.policies_of(place.tenant_id).quiet_hours
    now = policy.allows(place.now(), tenant.city)
    city = policy.city_named(tenant.city)
    told = place.say("may_leave_now") if now is None else now.ar if is_arabic else now.en
    facts = (
        Fact("quiet_now", told),
        Fact("night", _hours(place, policy.night.start, policy.night.end)),
        Fact("friday", _friday(place, policy)),
        Fact("prayer", _prayer(place, policy)),
        Fact("holidays", _holidays(place, policy)),
        Fact("city", city.name_ar if is_arabic else city.name_en),
    )
    return Group("quiet", facts, *_by_rules(place, "quiet_hours"))


def follow_ups(place: Place) -> Group:
    """What is said to somebody who fell silent, and when no more."""
    policy, say = place.house.playbooks.policies_of(place.tenant_id).follow_ups, place.say
    facts = [Fact("caps", say("caps_are", month=policy.caps.messages_in_30_days, row=policy.caps.in_a_row))]
    facts += [Fact("cadence", _steps(place, one), name=_of_stages(place, one)) for one in policy.cadences]
    if not policy.cadences:
        facts.append(Fact("cadence", say("no_cadence")))
    return Group("follow_ups", tuple(facts), *_by_rules(place, "follow_ups"))


def installation(place: Place) -> Group:
    """What runs here; for admins."""
    settings, say = place.house.settings, place.say

    def is_set(value: object) -> str:
        return say("is_set" if value else "is_not_set")

    own = bool(settings.mongodb_uri.get_secret_value())
    facts = (
        Fact("version", f"\u2066{VERSION}\u2069"),
        Fact("database", say("db_own" if own else "db_embedded"), "MONGODB_URI"),
        *_folder(place),
        Fact("tenants_file", is_set(settings.tenants_file), "DEALIX_TENANTS_FILE"),
        Fact("sign_in", is_set(settings.oidc_issuer), "DEALIX_OIDC_ISSUER"),
        Fact("telegram", is_set(settings.telegram_bot_token.get_secret_value()), "TELEGRAM_BOT_TOKEN"),
    )
    return Group("installation", facts, say("set_by_environment"), "operations")


def _folder(place: Place) -> tuple[Fact, ...]:
    """Whoever shares an installation with others has no business in its folders."""
    if len(place.house.tenants) > 1:
        return ()
    return (Fact("data_dir", f"\u2066{place.house.settings.data_dir}\u2069", "DEALIX_DATA_DIR"),)


# Words.


def _of_tenant(place: Place) -> str:
    """Where a value of a tenant stands: the environment for the only one, the file where there is one."""
    return place.say("set_by_file" if place.house.settings.tenants_file is not None else "set_by_environment")


def _named(place: Place, variables: str, field: str) -> str:
    """Its name there."""
    return field if place.house.settings.tenants_file is not None else variables


def _by_rules(place: Place, name: str) -> tuple[str, str, str]:
    """The place, the page that leads there, and the file on it."""
    path = f"policies/{name}.yml"
    return place.say("set_by_rules", file=f"\u2066{path}\u2069"), "book", path


def _hours(place: Place, start: time, end: time) -> str:
    return place.say("from_until", start=f"\u2066{start:%H:%M}\u2069", end=f"\u2066{end:%H:%M}\u2069")


def _friday(place: Place, policy: QuietHours) -> str:
    return _hours(place, policy.friday.start, policy.friday.end) if policy.friday else place.say("not_quiet")


def _prayer(place: Place, policy: QuietHours) -> str:
    prayer, say = policy.prayer, place.say
    if not prayer.names:
        return say("not_quiet")
    names = _listed(place, [say(f"prayer_{name}") for name in prayer.names])
    return say("around_prayers", names=names, before=prayer.minutes_before, after=prayer.minutes_after)


def _holidays(place: Place, policy: QuietHours) -> str:
    named = [one.name_ar if place.language == "ar" else one.name_en for one in policy.holidays]
    return _listed(place, named) or place.say("none_listed")


def _of_stages(place: Place, cadence: Cadence) -> str:
    return _listed(place, [place.words("stage", stage) for stage in cadence.stages])


def _steps(place: Place, cadence: Cadence) -> str:
    steps = _listed(place, [_after(place, step.after) for step in cadence.steps])
    return place.say("after_silence_of", steps=steps)


def _after(place: Place, length: timedelta) -> str:
    days = length / timedelta(days=1)
    return place.say("day_n", n=int(days)) if days == int(days) else span(length, place.language)


def _listed(place: Place, words: Sequence[str]) -> str:
    return ("، " if place.language == "ar" else ", ").join(words)
