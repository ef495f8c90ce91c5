"""
Who a WhatsApp id means.

Rule 1: digits before `@lid` are not a phone number and never become one.
Rule 2: keys are given most stable first: `bsuid:`, `lid:`, `phone:`.
"""

import re
from dataclasses import dataclass

from bot import phones
from bot.ports import Recipient

# Meta's business-scoped user id: country, an optional ENT, and the id itself.
_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}")
_PERSON = re.compile(r"(?P<id>[0-9]{5,20})(:[0-9]{1,3})?@(?P<server>c\.us|s\.whatsapp\.net|lid)")


@dataclass(frozen=True, slots=True)
class Who:
    """One person, by every name that one event gave."""

    bsuid: str = ""
    lid: str = ""
    phone: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        named = (("bsuid", self.bsuid), ("lid", self.lid), ("phone", self.phone))
        return tuple(f"{name}:{value}" for name, value in named if value)


def who(*chat_ids: str) -> Who:
    """Read `9665…@c.us` and `1206…@lid` ids of one person; the first of each sort wins."""
    lid = phone = ""
    for chat_id in chat_ids:
        found = _PERSON.fullmatch(chat_id.strip())
        if found is None:
            continue
        if found["server"] == "lid":
            lid = lid or found["id"]
        else:
            phone = phone or phones.from_provider(found["id"])
    return Who(lid=lid, phone=phone)


def not_a_person(chat_id: str) -> str:
    """Say what sort of chat this is when it is not one person's, else an empty string."""
    address = chat_id.strip()
    if address.endswith("@g.us"):
        return "group"
    if address.endswith("@newsletter"):
        return "newsletter"
    if address.endswith("@broadcast"):
        return "status or broadcast"
    return "" if who(address).keys else "chat id of an unknown form"


def bsuid(text: str) -> str:
    """Give a well-formed business-scoped user id, else an empty string."""
    return text if _BSUID.fullmatch(text) else ""


def address_of(recipient: Recipient, sort: str) -> str:
    """Give the recipient's `lid` or `bsuid`, empty when there is none."""
    for key in recipient.contact_keys:
        name, _, value = key.partition(":")
        if name == sort:
            return value
    return ""


def phone_of(recipient: Recipient) -> str:
    """Give the recipient's E.164 digits, empty when the number is hidden."""
    return phones.from_provider(recipient.phone) or phones.from_provider(address_of(recipient, "phone"))
