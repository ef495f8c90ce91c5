"""
From cells to one row: who it is about, what they wrote and when. Pure.

Rule 1: what is wrong with a row is said in Arabic and English, by field, and never repeats what stood in it: an
        error stays when its contact has been forgotten.
Rule 2: a row is known by its source and its id there; without an id, by what it says.
Rule 3: a time without a zone is Riyadh's; a day is written before its month, as here.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from bot.bulk.table import Cells
from bot.phones import BadPhone, normalise
from bot.storable import TEXT_LIMIT, well_formed
from rules.policies.zones import RIYADH

Source = Literal[
    "whatsapp_inbound",
    "website_form",
    "linkedin_reply",
    "email_reply",
    "outreach_reply",
    "referral",
    "partner",
    "manual",
]
SOURCES: Sequence[str] = get_args(Source)

# A clock of another system may be ahead of ours by a little; more is a day and a month that changed places.
AHEAD_AT_MOST = timedelta(minutes=5)

# Nobody's backlog begins before WhatsApp.
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_SECONDS = re.compile(r"\d{10}(?:\d{3})?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a row."""

    code: str
    field: str
    message_en: str
    message_ar: str


class Row(BaseModel):
    """One row that can be handled."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    phone: str = Field("", max_length=60)
    lead_id: str = Field("", max_length=200)
    name: str = Field("", max_length=200)
    company: str = Field("", max_length=200)
    sector: str = Field("", max_length=200)
    email: str = Field("", max_length=200)
    message: str = Field("", max_length=TEXT_LIMIT)
    button_id: str = Field("", max_length=200)
    external_id: str = Field("", max_length=200)
    source: Source = "whatsapp_inbound"
    sent_at: datetime | None = None

    @field_validator(
        *("phone", "lead_id", "name", "company", "sector", "email", "message", "button_id", "external_id"),
        mode="before",
    )
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """What spreadsheets and programs write where a text is meant."""
        match value:
            case None:
                return ""
            case bool() | list() | dict():
                raise PydanticCustomError("not_text", "expected a text", {})
            case float() if value.is_integer():
                return str(int(value))  # a phone that went through a spreadsheet
            case int() | float():
                return str(value)
            case str():
                return well_formed(value).replace("\x00", "")
        return value

    @field_validator("phone", mode="after")
    @classmethod
    def _one_phone_form(cls, value: str) -> str:
        if not value:
            return ""
        try:
            return normalise(value.lstrip("'"))  # the apostrophe by which a spreadsheet keeps the first zero
        except BadPhone as refused:
            raise PydanticCustomError(
                "bad_phone", "{en}", {"en": refused.message_en, "ar": refused.message_ar}
            ) from refused

    @field_validator("source", mode="before")
    @classmethod
    def _known_source(cls, value: Any) -> Any:
        named = str(value or "").strip().casefold().replace(" ", "_").replace("-", "_")
        return {"": "whatsapp_inbound", "whatsapp": "whatsapp_inbound", "website": "website_form"}.get(
            named, named
        )

    @field_validator("sent_at", mode="before")
    @classmethod
    def _read_time(cls, value: Any) -> datetime | None:
        if value in ("", None):
            return None
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(RIYADH))
        found = time_of(str(value))
        if found is None or found < _EARLIEST:
            raise PydanticCustomError("bad_time", "", {})
        return found.astimezone(UTC)

    @property
    def says_something(self) -> bool:
        """Whether the contact wrote or pressed something; a row may also only name a lead."""
        return bool(self.message or self.button_id)

    @property
    def contact(self) -> str:
        """The key by which rows of one contact belong together."""
        return f"phone:{self.phone}" if self.phone else self.lead_id

    def key(self, origin: str) -> str:
        """The same for the same row, however often it is imported."""
        if self.external_id:
            told: tuple[str, ...] = ("id", origin, self.external_id)
        else:
            at = self.sent_at.isoformat() if self.sent_at else ""
            told = ("words", self.contact, at, self.button_id, self.message)
        return hashlib.sha256("\0".join(f"{len(part)}:{part}" for part in told).encode()).hexdigest()


def read_row(cells: Cells, now: datetime) -> Row | tuple[Fault, ...]:
    """One row, or everything that is wrong with it."""
    if cells.fault:
        return (_fault(cells.fault, ""),)
    return row_of(cells.values, now)


def row_of(values: Mapping[str, Any], now: datetime) -> Row | tuple[Fault, ...]:
    """The same, for values by the names of our fields."""
    try:
        row = Row.model_validate(dict(values))
    except ValidationError as invalid:
        return tuple(_told(error) for error in invalid.errors(include_input=False, include_url=False))
    if not row.contact:
        return (_fault("no_contact", "phone"),)
    if row.sent_at is not None and row.sent_at > now + AHEAD_AT_MOST:
        return (_fault("in_the_future", "sent_at"),)
    return row


def time_of(text: str) -> datetime | None:
    """A time as people and programs write it; None when it is none."""
    plain = " ".join(text.translate(_DIGITS).split())
    if _SECONDS.fullmatch(plain):
        return datetime.fromtimestamp(int(plain[:10]), UTC)
    found = _DAY_FIRST.fullmatch(plain)
    try:
        if found:
            day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
            at = datetime(year, month, day, hour, minute, second)
        else:
            at = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(RIYADH))


FAULTS: Mapping[str, tuple[str, str]] = {
    "too_many_cells": (
        "the row has more cells than the heading has columns; put quotation marks around texts with separators",
        "في الصف خلايا أكثر من أعمدة العناوين؛ ضع النص الذي فيه فواصل بين علامتي اقتباس",
    ),
    "not_a_row": ("this is not a row of named fields", "هذا ليس صفًا بحقول مسماة"),
    "unreadable": (
        "the row cannot be read; perhaps a quotation mark was not closed",
        "تعذرت قراءة الصف؛ ربما بقيت علامة اقتباس مفتوحة",
    ),
    "no_contact": (
        "say who it is about: a phone, or the id of a contact that exists",
        "حدد العميل: رقم الجوال، أو معرّف عميل موجود",
    ),
    "in_the_future": (
        "this time has not come yet; write the day before the month, or 2026-11-23 14:05",
        "هذا الوقت لم يأت بعد؛ اكتب اليوم قبل الشهر، أو 2026-11-23 14:05",
    ),
    "bad_time": (
        "this is not a time; write 2026-11-23 14:05 or 23/11/2026 14:05",
        "هذا ليس وقتًا؛ اكتب 2026-11-23 14:05 أو 23/11/2026 14:05",
    ),
    "too_long": ("this text is too long", "النص أطول من المسموح"),
    "not_text": ("expected a text here", "المتوقع نص هنا"),
    "bad_source": (
        f"this source is not known; use one of {', '.join(SOURCES)}",
        f"مصدر غير معروف؛ استعمل أحد: {', '.join(SOURCES)}",
    ),
    "unknown_contact": (
        "there is no contact of this id here; give a phone",
        "لا يوجد عميل بهذا المعرّف هنا؛ اكتب رقم الجوال",
    ),
    "contact_full": (
        "too much waits for this contact already; import it again later",
        "ينتظر هذا العميل أكثر مما يُحتمل؛ أعد استيراده لاحقًا",
    ),
    "not_handled": (
        "the row could not be handled; it is in the log under its job and line",
        "تعذرت معالجة الصف؛ التفاصيل في السجل برقم العملية والسطر",
    ),
    "wrong": ("this cannot be used as it is written", "لا يمكن استعمال هذا كما كُتب"),
}
"""What can be wrong, in words: code -> (English, Arabic)."""

_OURS = {"string_too_long": "too_long", "literal_error": "bad_source", "string_type": "not_text"}


def fault(code: str, of_field: str = "") -> Fault:
    """A fault by its code."""
    return Fault(code, of_field, *FAULTS[code])


_fault = fault


def _told(error: Any) -> Fault:
    name = str(error["loc"][0]) if error["loc"] else ""
    context = error.get("ctx") or {}
    if "ar" in context:
        return Fault(str(error["type"]), name, str(context["en"]), str(context["ar"]))
    kind = str(error["type"])
    return fault(kind if kind in FAULTS else _OURS.get(kind, "wrong"), name)
