"""
Which rules a page may be asked to look at besides today's: a change under way, or an edition that was published.

Rule 1: a choice is named by its key in the address (`change:01J…`, `edition:3`), so that a link shows the same.
Rule 2: what is chosen is read anew whenever it was saved since; nobody looks at yesterday's text of a change.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.console.draw import put
from admin.console.place import Place
from admin.console.rooms import House
from bot.errors import BadRequest
from bot.playbook import Playbook
from bot.workbench.editions import Change, Edition, How

# Editions older than these are on the Versions page.
EDITIONS_TO_CHOOSE = 12

NOTHING = ""
SHIPPED = "edition:0"


@dataclass(frozen=True, slots=True)
class Choice:
    """Rules that somebody may choose."""

    key: str
    title: str
    who: str
    at: datetime | None
    stamp: str
    """Another one whenever its content may be another."""

    @property
    def is_change(self) -> bool:
        return self.key.startswith("change:")

    @property
    def change_id(self) -> str:
        return self.key.removeprefix("change:") if self.is_change else ""

    @property
    def number(self) -> int:
        return 0 if self.is_change else int(self.key.removeprefix("edition:"))


async def choices(place: Place) -> tuple[Choice, ...]:
    """Changes under way, then editions, newest first, then what we ship."""
    bench = place.house.workbench
    changes = await bench.changes(place.tenant_id)
    editions = await bench.history(place.tenant_id, EDITIONS_TO_CHOOSE)
    return (
        *(_of_change(place, change) for change in changes),
        *(_of_edition(place, edition) for edition in editions),
        Choice(SHIPPED, place.say("shipped"), "", None, place.house.playbooks.shipped.version),
    )


def wanted_key(change: str, edition: str) -> str:
    """The key that an address asks for; empty when it asks for none."""
    if change:
        return f"change:{change}"
    return f"edition:{int(edition)}" if edition.isascii() and edition.isdigit() else NOTHING


def chosen(found: Sequence[Choice], key: str) -> Choice | None:
    return next((choice for choice in found if choice.key == key), None)


async def playbook_of(house: House, tenant_id: str, choice: Choice) -> Playbook:
    """The rules of a choice, complete. Raises RulesRefused, NotFound."""
    if choice.is_change:
        return await house.workbench.playbook_of(await house.workbench.change(tenant_id, choice.change_id))
    own = await house.workbench.own_files(tenant_id, choice.number)
    return await asyncio.to_thread(house.playbooks.compose, tenant_id, own)


async def change_of(place: Place, choice: Choice | None) -> Change:
    """The change that is chosen. Raises BadRequest when none is, NotFound when it is gone."""
    if choice is None or not choice.is_change:
        raise BadRequest("choose a change under way first", "اختر تعديلًا جاريًا أولًا")
    return await place.house.workbench.change(place.tenant_id, choice.change_id)


def draw_options(place: Place, found: Sequence[Choice], key: str) -> None:
    """The choices inside a `select`, in their two groups."""
    for group, members in (
        ("group_changes", [c for c in found if c.is_change]),
        ("group_editions", [c for c in found if not c.is_change]),
    ):
        if not members:
            continue
        with put("optgroup", label=place.say(group)):
            for choice in members:
                words = (
                    place.say("change_by", title=choice.title, name=choice.who) if choice.who else choice.title
                )
                option = put("option", text=words, value=choice.key)
                if choice.key == key:
                    option.props.update({"selected": True})


def _of_change(place: Place, change: Change) -> Choice:
    title = change.title or place.say("untitled")
    return Choice(f"change:{change.id}", title, change.author.name, change.updated_at, f"{change.id}:{change.v}")


def _of_edition(place: Place, edition: Edition) -> Choice:
    is_back = edition.how is How.ROLLED_BACK
    title = edition.title or (place.say("edition_rolled_back", n=edition.of_number) if is_back else "")
    words = (
        place.say("edition_n", n=edition.number, title=title)
        if title
        else place.say("today_edition", n=edition.number)
    )
    return Choice(f"edition:{edition.number}", words, edition.by.name, edition.at, str(edition.number))
