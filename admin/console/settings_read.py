"""
What stands on the page of settings, read from the rooms: the numbers above, and the rows of one section.

Rule: a section is read for whoever may read the same over the API; for everybody else the rooms are not asked.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from admin.console import settings_facts, settings_keys, settings_lent
from admin.console.place import Place
from admin.console.settings_facts import Group
from admin.console.settings_keys import Key, NewKey, Secret
from admin.console.settings_lent import Lent
from admin.console.settings_people import NewPerson, Person
from admin.console.tiles import Tile
from bot.authority.mandates import Delegation

KEEPERS = ("admin",)
PEOPLE = ("admin", "approver", "dpo", "agent", "executive", "rules_editor")
WATCHERS = ("admin", "approver", "dpo", "executive")

# A section and who may read it: the same as its routes say.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "people": KEEPERS,
    "keys": KEEPERS,
    "standing_in": PEOPLE,
    "limits": ("admin", "executive"),
    "settled": PEOPLE,
}

Shown = Person | NewPerson | Key | NewKey | Secret | Lent | Group | str
"""`str`: a section that has nothing to show, and why."""

Rows = list[tuple[str, Shown]]


@dataclass(frozen=True, slots=True)
class Looking:
    """What the visitor has open."""

    form: int
    busy: str
    asked: Mapping[str, str]
    secret: Secret | None


async def tile(place: Place, name: str) -> Tile:
    """The number of a section, or that it is closed to this role."""
    say = place.say
    if not place.may(SECTIONS[name]):
        return Tile(name, say(f"section_{name}"), say("closed"), place.needs(SECTIONS[name]))
    return Tile(name, say(f"section_{name}"), await _counted(place, name), say(f"section_{name}_is"))


async def _counted(place: Place, name: str) -> str:
    trust, tenant_id, now = place.house.trust, place.tenant_id, place.now()
    if name == "people":
        return str(sum(user.is_active for user in (await trust.who.users.people(tenant_id)).users))
    if name == "keys":
        return str(sum(key.is_good(now) for key in await trust.who.keys.all(tenant_id)))
    if name == "standing_in":
        return str(sum(one.holds_at(now) for one in await trust.authority.delegations.list(tenant_id)))
    if name == "limits":
        budget = (await trust.limits.view(tenant_id)).budgets[0]
        return f"\u2066{budget.used} / {budget.limit}\u2069"
    posture = await place.house.desk.posture(tenant_id)
    return place.say("paused" if posture.is_paused else f"short_{posture.autonomy.value}")


async def section(place: Place, name: str, looking: Looking) -> Rows:
    """The rows of a section, each with its key."""
    if not place.may(SECTIONS[name]):
        return [("none", "not_yours")]
    rows = await _READS[name](place, looking)
    if looking.secret is None or name not in ("people", "keys"):
        return rows
    return [("secret", looking.secret), *rows]


async def _people(place: Place, looking: Looking) -> Rows:
    found = (await place.house.trust.who.users.people(place.tenant_id)).users
    has_telegram = place.house.settings.telegram_bot_token.get_secret_value()
    no_code = "" if has_telegram else place.say("no_telegram")
    users = sorted(found, key=lambda user: (not user.is_active, user.name.casefold()))
    rows: Rows = [("new", NewPerson(looking.form, not found))]
    for user in users:
        is_visitor, asked = user.human.id == place.visitor.id, looking.asked.get(user.id, "")
        rows.append((user.id, Person(user, is_visitor, asked, looking.busy == user.id, no_code)))
    return rows


async def _keys(place: Place, looking: Looking) -> Rows:
    now = place.now()
    found = await place.house.trust.who.keys.all(place.tenant_id)
    rows: Rows = [("new", NewKey(looking.form))]
    for key in sorted(found, key=lambda key: not key.is_good(now)):
        asked, is_busy = looking.asked.get(key.id, ""), looking.busy == key.id
        rows.append((key.id, Key(key, settings_keys.stands(key, now), asked, is_busy)))
    return rows if found else [*rows, ("none", "no_keys")]


async def _lent(place: Place, looking: Looking) -> Rows:
    now = place.now()
    found = await place.house.trust.authority.delegations.list(place.tenant_id)
    order = ("now", "later", "over", "ended")
    rows: Rows = []
    for one in sorted(found, key=lambda one: order.index(settings_lent.stands(one, now))):
        asked, is_busy = looking.asked.get(one.id, ""), looking.busy == one.id
        rows.append((one.id, Lent(one, settings_lent.stands(one, now), _may_end(place, one), asked, is_busy)))
    return rows or [("none", "no_lent")]


def _may_end(place: Place, lent: Delegation) -> bool:
    return place.visitor.id in (lent.lender.id, lent.borrower.id) or place.may(KEEPERS)


async def _limits(place: Place, _: Looking) -> Rows:
    view = await place.house.trust.limits.view(place.tenant_id)
    return [(group.key, group) for group in settings_facts.limits(place, view)]


async def _settled(place: Place, _: Looking) -> Rows:
    groups = [settings_facts.business(place, await place.house.desk.posture(place.tenant_id))]
    if place.may(WATCHERS):
        standings = await place.house.rooms.connectors.standings(place.tenant_id)
        groups.append(settings_facts.channels(place, standings))
    groups += [settings_facts.quiet(place), settings_facts.follow_ups(place)]
    if place.may(KEEPERS):
        groups.append(settings_facts.installation(place))
    return [(group.key, group) for group in groups]


_READS: Mapping[str, Callable[[Place, Looking], Awaitable[Rows]]] = {
    "people": _people,
    "keys": _keys,
    "standing_in": _lent,
    "limits": _limits,
    "settled": _settled,
}
