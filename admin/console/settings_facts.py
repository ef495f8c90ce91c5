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
from bot.limits import BudgetView, ChannelView, LimitsView
from bot.store import Posture
from bot.tenant import Autonomy
from bot.version import VERSION
from rules.policies.follow_ups import Cadence
from rules.policies.quiet_hours import QuietHours

_GOOD, _BAD = ("ok",), ("down", "auth_failed", "paused", "blocked")


@dataclass(frozen=True, slots=True)
class Fact:
    """One setting."""

    key: str
    """Of its name and its meaning among the sentences."""
    value: str
    where: str
    """Where it is changed, in words."""
    chip: str = ""
    is_warned_of: bool = False
    name: str = ""
    """Instead of the sentence, for what has a name of its own."""
    leaf: str = ""
    """The page that has more of it, or on which it is changed."""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together."""

    key: str
    facts: tuple[Fact, ...]
    done: int | None = None
    """How full the day is, in per cent, where the group has a bar."""


def draw(place: Place, group: Group) -> None:
    """The group as a sheet."""
    say = place.say
    with put("section", "sheet setting-group", data_group_of=group.key):
        with put("div", "sheet-head"):
            put("h2", text=say(f"group_of_{group.key}"))
        put("p", "faint tiny", say(f"group_of_{group.key}_is"))
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
            put("p", "faint tiny", fact.where, dir="auto")
            if fact.leaf:
                query = {"page": fact.page} if fact.page else {}
                words = say("open_page", page=say(f"to_{fact.leaf}"))
                put("a", "tiny", words, href=place.address(fact.leaf, **query))


# How much may leave.


def limits(place: Place, view: LimitsView) -> tuple[Group, ...]:
    """Today's use, what one contact may hear, and how fast each number sends."""
    groups = [_day(place, budget) for budget in view.budgets]
    each = place.say("each_contact", day=view.contact_a_day, month=view.contact_in_30_days)
    rules = _by_rules(place, "follow_ups")
    groups.append(Group("contact", (Fact("contact", each, rules, leaf="book", page="policies/follow_ups.yml"),)))
    if view.channels:
        groups.append(Group("pace", tuple(_pace(place, one) for one in view.channels)))
    return tuple(groups)


def _day(place: Place, budget: BudgetView) -> Group:
    say = place.say
    used = Fact(
        "used",
        say("used_of", used=budget.used, limit=budget.limit, left=budget.left, until=day_and_clock(budget.until)),
        _set_by(place, "WHATSAPP_DAILY_LIMIT", "limits.unasked_for_a_day"),
        chip="gold" if budget.left == 0 else "",
        is_warned_of=budget.left == 0,
    )
    above = Fact(
        "above",
        str(budget.approval_above),
        _set_by(place, "DEALIX_APPROVAL_ABOVE_A_DAY", "limits.approval_above"),
    )
    done = min(100, round(100 * budget.used / budget.limit)) if budget.limit else 100
    return Group("day", (used, above), done)


def _pace(place: Place, one: ChannelView) -> Fact:
    say, pace = place.say, one.pace
    words = say(
        "pace_is",
        second=pace.every.a_second,
        minute=pace.every.a_minute,
        own_second=pace.unasked_for.a_second,
        own_minute=pace.unasked_for.a_minute,
    )
    if one.paused_until is not None:
        words = f"{words} · {say('paused_until', at=day_and_clock(one.paused_until))}"
    where = _set_by(place, "WHATSAPP_RATE_LIMIT_PER_SECOND, WHATSAPP_RATE_LIMIT_PER_MINUTE", "channels[].pace")
    is_paused = one.paused_until is not None
    return Fact("pace", words, where, "gold" if is_paused else "", is_paused, name=place.channel(one.channel))


# What is settled.


def business(place: Place, posture: Posture) -> Group:
    """How the bot answers."""
    tenant, say = place.house.tenants[place.tenant_id], place.say
    autonomy = say(f"autonomy_{posture.autonomy.value}")
    if posture.is_paused:
        at = day_and_clock(posture.paused_at) if posture.paused_at else ""
        autonomy = f"{autonomy} · {say('paused_by', name=place.name_of(posture.paused_by), at=at)}"
    is_free = posture.autonomy is Autonomy.SAFE_REPLIES and not posture.is_paused
    seconds = f"{tenant.pace.burst_quiet.total_seconds():g}"
    price = tenant.public_price.get(place.language, "") or say("no_public_price")
    return Group(
        "business",
        (
            Fact("tenant", tenant.name, _set_by(place, "DEALIX_TENANT_NAME", "name")),
            Fact(
                "autonomy",
                autonomy,
                _set_by(place, "DEALIX_AUTONOMY", "autonomy"),
                "" if is_free else "gold",
                not is_free,
            ),
            Fact(
                "price",
                price,
                _set_by(place, "DEALIX_PUBLIC_PRICE_AR, DEALIX_PUBLIC_PRICE_EN", "public_price"),
            ),
            Fact("burst", say("seconds_n", n=seconds), _environment(place, "DEALIX_BURST_SECONDS")),
            Fact(
                "late",
                span(tenant.pace.late_after, place.language),
                _environment(place, "DEALIX_LATE_MINUTES"),
            ),
            Fact(
                "number",
                say("yes" if tenant.may_change_number else "no"),
                _set_by(place, "DEALIX_MAY_CHANGE_NUMBER", "may_change_number"),
            ),
            Fact(
                "tests",
                str(len(tenant.test_numbers)),
                _set_by(place, "DEALIX_TEST_NUMBERS", "test_numbers"),
            ),
        ),
    )


def channels(place: Place, standings: Sequence[Standing]) -> Group:
    """Each number in the order in which they are tried, and how the way to it stands."""
    tenant, say = place.house.tenants[place.tenant_id], place.say
    where = _set_by(place, "DEALIX_CHANNEL_ORDER", "channels")
    facts = []
    for number, channel in enumerate(tenant.channels, start=1):
        standing = next((one for one in standings if channel in one.channels), None)
        state = standing.state.value if standing else "simulated"
        chip = "good" if state in _GOOD else "bad" if state in _BAD else ""
        facts.append(
            Fact(
                "channel",
                f"{number} · {say(f'stands_{state}')}",
                where,
                chip=chip,
                is_warned_of=chip == "bad",
                name=place.channel(channel),
                leaf="connectors",
            )
        )
    return Group("channels", tuple(facts))


def quiet(place: Place) -> Group:
    """When nothing unasked for leaves, and whether that is now."""
    tenant, say, now = place.house.tenants[place.tenant_id], place.say, place.now()
    policy = place.house.playbooks.policies_of(place.tenant_id).quiet_hours
    is_now = policy.allows(now, tenant.city)
    rules = _by_rules(place, "quiet_hours")
    city = policy.city_named(tenant.city)
    told = say("may_leave_now")
    if is_now is not None:
        why = is_now.ar if place.language == "ar" else is_now.en
        told = say("quiet_now", why=why, until=day_and_clock(is_now.until))
    named = city.name_ar if place.language == "ar" else city.name_en
    page = "policies/quiet_hours.yml"
    return Group(
        "quiet",
        (
            Fact("quiet_now", told, rules, leaf="book", page=page),
            Fact("night", _hours(place, policy.night.start, policy.night.end), rules),
            Fact("friday", _friday(place, policy), rules),
            Fact("prayer", _prayer(place, policy), rules),
            Fact("holidays", _holidays(place, policy), rules),
            Fact("city", named, _by_file(place, "city")),
        ),
    )


def follow_ups(place: Place) -> Group:
    """What is said to somebody who fell silent, and when no more."""
    policy = place.house.playbooks.policies_of(place.tenant_id).follow_ups
    say, rules = place.say, _by_rules(place, "follow_ups")
    caps = say("caps_are", month=policy.caps.messages_in_30_days, row=policy.caps.in_a_row)
    page = "policies/follow_ups.yml"
    facts = [Fact("caps", caps, rules, leaf="book", page=page)]
    facts += [Fact("cadence", _steps(place, one), rules, name=_of_stages(place, one)) for one in policy.cadences]
    if not policy.cadences:
        facts.append(Fact("cadence", say("no_cadence"), rules))
    return Group("follow_ups", tuple(facts))


def installation(place: Place) -> Group:
    """What runs here; for admins."""
    settings, say = place.house.settings, place.say
    own = bool(settings.mongodb_uri.get_secret_value())
    signs_in = say("is_set" if settings.oidc_issuer else "is_not_set")
    telegram = say("is_set" if settings.telegram_bot_token.get_secret_value() else "is_not_set")
    file = say("is_set" if settings.tenants_file else "is_not_set")
    return Group(
        "installation",
        (
            Fact("version", f"\u2066{VERSION}\u2069", say("by_release"), leaf="operations"),
            Fact("database", say("db_own" if own else "db_embedded"), _environment(place, "MONGODB_URI")),
            Fact("data_dir", f"\u2066{settings.data_dir}\u2069", _environment(place, "DEALIX_DATA_DIR")),
            Fact("tenants_file", file, _environment(place, "DEALIX_TENANTS_FILE")),
            Fact("sign_in", signs_in, _environment(place, "DEALIX_OIDC_ISSUER, DEALIX_OIDC_CLIENT_ID")),
            Fact("telegram", telegram, _environment(place, "TELEGRAM_BOT_TOKEN, TELEGRAM_APPROVER_IDS")),
        ),
    )


# Words.


def _environment(place: Place, names: str) -> str:
    return place.say("set_by_environment", names=f"\u2066{names}\u2069")


def _by_file(place: Place, field: str) -> str:
    return place.say("set_by_file", field=f"\u2066{field}\u2069")


def _set_by(place: Place, names: str, field: str) -> str:
    """A value of a tenant: of the environment for the only one, of the file where there is one."""
    is_in_file = place.house.settings.tenants_file is not None
    return _by_file(place, field) if is_in_file else _environment(place, names)


def _by_rules(place: Place, name: str) -> str:
    return place.say("set_by_rules", file=f"\u2066policies/{name}.yml\u2069")


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
