"""The number of the format of what is stored: checked before anything is touched, written by whoever is first."""

from adapters.mongo import marks
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import SERVICE
from bot.stored_format import FORMAT, FORMAT_NOTE, HALF_RESTORED_NOTE, check_format, check_whole


async def check(door: Door | Doors) -> bool:
    """Answers whether the number is written down. Raises Misconfigured for newer data, and for half a restore."""
    notes = Rows(door, marks.SHELF).of(SERVICE)
    found = await notes.find({"_id": {"$in": [FORMAT_NOTE, HALF_RESTORED_NOTE]}})
    told = {row["_id"]: row.get("value") for row in found}
    check_whole(str(told.get(HALF_RESTORED_NOTE) or ""))
    check_format(int(told.get(FORMAT_NOTE) or FORMAT))
    return FORMAT_NOTE in told


async def note(door: Door | Doors) -> None:
    """Write the number down where there is none."""
    await Rows(door, marks.SHELF).of(SERVICE).insert_missing([{"_id": FORMAT_NOTE, "value": FORMAT}])
