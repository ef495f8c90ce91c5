"""
How a tenant is paid: by transfer to an account, by a link of a payment provider.

Rule 1: an account number is an IBAN whose check digits hold: a typing mistake never reaches a customer.
Rule 2: who changed it, and what it was, is in the audit, and every admin is told: an account that changes quietly
        is how money is stolen.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.errors import BadRequest
from bot.people import NOBODY, Human

Method = Literal["bank_transfer", "payment_link"]
METHODS: tuple[Method, ...] = ("bank_transfer", "payment_link")

# How long an IBAN is in the countries of the Gulf; elsewhere 15 to 34 signs, as ISO 13616 says.
_LENGTHS = {"SA": 24, "AE": 23, "BH": 22, "KW": 30, "OM": 23, "QA": 29}
_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where a transfer goes."""

    bank: str
    holder: str
    iban: str

    @property
    def spaced(self) -> str:
        """The IBAN in groups of four, as people type it."""
        return " ".join(self.iban[at : at + 4] for at in range(0, len(self.iban), 4))

    @property
    def masked(self) -> str:
        """For alerts and lists of changes: the country and the last four."""
        return f"{self.iban[:2]}••{self.iban[-4:]}"


@dataclass(frozen=True, slots=True)
class PaymentMethods:
    """What a tenant has settled."""

    tenant_id: str
    account: BankAccount | None = None
    preferred: Method = "bank_transfer"
    """Which one is used where nobody says."""
    set_by: Human = NOBODY
    set_at: datetime | None = None
    v: int = 0


class MethodRows(Protocol):
    """Where they are kept."""

    async def methods(self, tenant_id: str) -> PaymentMethods | None: ...

    async def set_methods(self, methods: PaymentMethods) -> bool:
        """Write them at `v` + 1 if they are still at `v`; False when somebody was faster."""


def iban_of(typed: str) -> str:
    """An IBAN without blanks, in capitals. Raises BadRequest when it cannot be one."""
    iban = re.sub(r"[\s\u200e\u200f\u202a-\u202e\u2066-\u2069-]", "", typed).upper()
    if not _SHAPE.fullmatch(iban) or len(iban) != _LENGTHS.get(iban[:2], len(iban)):
        raise BadRequest(
            "this is no IBAN: a Saudi one is SA and 22 digits",
            "هذا ليس رقم آيبان: الآيبان السعودي يبدأ بـ SA ويتبعه 22 رقمًا",
        )
    if not _holds(iban):
        raise BadRequest(
            "the check digits of this IBAN do not hold: one of its digits is wrong; copy it from your bank",
            "أرقام التحقق في الآيبان غير صحيحة: أحد أرقامه خطأ؛ انسخه من البنك",
        )
    return iban


def _holds(iban: str) -> bool:
    """ISO 7064 mod 97-10: the first four signs go to the end, letters count from ten."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1
