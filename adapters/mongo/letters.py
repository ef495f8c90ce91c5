"""Letters by e-mail, from the intent to what the server said."""

from dataclasses import replace

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import DAY_SECONDS, Erasure, Index, Shelf
from bot.mail.letter import Letter

SHELF = Shelf(
    "letters",
    "e-mails to contacts: what was written, and whether the server took it",
    ("tenant_id", "letter_id", "conversation_id", "status", "created_at", "v"),
    (
        Index(
            "which letters has this contact?",
            (("tenant_id", 1), ("conversation_id", 1), ("created_at", -1)),
            (("name", "by_conversation"),),
        ),
        Index(
            "garbage (all tenants)",
            (("created_at", 1),),
            (("expireAfterSeconds", 400 * DAY_SECONDS), ("name", "old")),
        ),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

_LETTER = TypeAdapter(Letter)


class MongoLetters:
    """`bot.mail.letter.LetterRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, letter: Letter) -> bool:
        try:
            await self._rows.of(letter.tenant_id).insert_one(_row(letter))
        except Duplicate:
            return False
        return True

    async def read(self, tenant_id: str, letter_id: str) -> Letter | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{letter_id}"})
        return _LETTER.validate_python({**row, "id": row["letter_id"]}) if row else None

    async def write(self, letter: Letter) -> bool:
        row = _row(replace(letter, v=letter.v + 1))
        query = {"_id": row.pop("_id"), "v": letter.v}
        return bool(await self._rows.of(letter.tenant_id).update_one(query, {"$set": row}))


def _row(letter: Letter) -> Document:
    row = _LETTER.dump_python(replace(letter, attachments=()))
    kept = {name: value for name, value in row.items() if name not in ("tenant_id", "id", "attachments")}
    return {"_id": f"{letter.tenant_id}:{letter.id}", "letter_id": letter.id, **kept}
