"""
Addresses that open one thing to whoever holds them, until a day: the download of a proposal, the way to pay.

Rule 1: an address says what it opens and until when, and is signed; a changed one opens nothing.
Rule 2: an address that is too old says so; one that was never made looks like one to something that is gone.
Rule 3: what an address opens is read afresh: a contact who was forgotten leaves no open door behind.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.errors import Expired, NotFound

# 128 bits of the signature: nobody guesses them, and an address stays short enough for a chat.
SIGNATURE_CHARACTERS = 32

LONGEST_TOKEN = 400


class LinkExpired(Expired):
    """An address whose day has passed."""

    code, status = "link_expired", 410

    def __init__(self) -> None:
        super().__init__(
            "this link has expired; ask whoever sent it to you for a new one",
            "انتهت صلاحية هذا الرابط؛ اطلب رابطًا جديدًا ممن أرسله إليك",
        )


@dataclass(frozen=True, slots=True)
class Opens:
    """What an address opens."""

    kind: str
    """`offer | pay`"""
    tenant_id: str
    id: str
    until: datetime


class Links:
    """Makes such addresses and reads them again."""

    def __init__(self, public_url: str, sign: Callable[[str], str]) -> None:
        """
        Args:
            public_url: where this installation is found from outside; empty when nobody has said.
            sign: the signature of a text with a key of this installation, in hex.
        """
        self._public_url = public_url.rstrip("/")
        self._sign = sign

    @property
    def can_be_made(self) -> bool:
        """Whether anybody outside could open one."""
        return bool(self._public_url)

    def token(self, opens: Opens) -> str:
        """The signed text that stands at the end of an address."""
        told = "|".join((opens.kind, opens.tenant_id, opens.id, str(int(opens.until.timestamp()))))
        return f"{base64.urlsafe_b64encode(told.encode()).decode().rstrip('=')}.{self._signed(told)}"

    def address(self, opens: Opens) -> str:
        """The whole address, for a message."""
        return f"{self._public_url}/{_FOLDERS[opens.kind]}/{self.token(opens)}"

    def read(self, kind: str, token: str, now: datetime) -> Opens:
        """What a token opens. Raises NotFound, LinkExpired."""
        told = _decoded(token.partition(".")[0])
        signature = token.partition(".")[2]
        parts = told.split("|")
        # Compared also where the parts are wrong: how long a refusal takes tells nothing.
        is_ours = hmac.compare_digest(self._signed(told).encode(), signature.encode("utf-8", "replace"))
        if not is_ours or len(parts) != 4 or parts[0] != kind:
            raise NotFound("there is nothing at this address", "لا يوجد شيء في هذا العنوان")
        until = datetime.fromtimestamp(int(parts[3]), UTC)
        if until <= now:
            raise LinkExpired
        return Opens(kind, parts[1], parts[2], until)

    def _signed(self, told: str) -> str:
        return self._sign(f"link|{told}")[-SIGNATURE_CHARACTERS:]


_FOLDERS = {"offer": "offers", "pay": "offers/pay"}


def _decoded(encoded: str) -> str:
    if len(encoded) > LONGEST_TOKEN:
        return ""
    try:
        raw = base64.urlsafe_b64decode(f"{encoded}{'=' * (-len(encoded) % 4)}".encode("ascii"))
        return raw.decode()
    except (binascii.Error, UnicodeError):
        return ""
