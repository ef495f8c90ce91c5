"""
What a human vouches for where nothing can be measured.

Rule 1: it says who, when, until when and which paper proves it; after its end it proves nothing.
Rule 2: it never outweighs a measurement: it counts only where there is none.
Rule 3: it is never changed; a later one stands before an earlier one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.compliance.controls import Control
from bot.compliance.findings import Status
from bot.errors import BadRequest

# Whoever vouches looks again at least once a year.
LASTS_AT_MOST = timedelta(days=366)

ATTESTABLE = (Status.COMPLIANT, Status.PARTIAL, Status.NON_COMPLIANT, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Attestation:
    """Somebody vouches for one control."""

    id: str
    tenant_id: str
    control_id: str
    status: Status
    statement: str
    file_ref: str
    """Where the paper lies: a document number or an address, never the paper itself."""
    file_sha256: str
    """The hash of the paper, empty when it has none."""
    by: str
    by_name: str
    at: datetime
    expires_at: datetime

    def holds(self, at: datetime) -> bool:
        return self.at <= at < self.expires_at


def standing(attestations: Sequence[Attestation], control_id: str, at: datetime) -> Attestation | None:
    """The latest attestation of a control that holds at a time."""
    held = [a for a in attestations if a.control_id == control_id and a.holds(at)]
    return max(held, key=lambda a: (a.at, a.id), default=None)


def checked(control: Control, status: Status, expires_at: datetime, now: datetime) -> None:
    """Raises BadRequest for an attestation that nobody could rely on."""
    if status not in ATTESTABLE:
        known = ", ".join(ATTESTABLE)
        raise BadRequest(f"nobody can attest {status}: choose one of {known}", f"اختر حالة من: {known}")
    if not now < expires_at <= now + LASTS_AT_MOST:
        raise BadRequest(
            f"an attestation of {control.id} ends after now and within {LASTS_AT_MOST.days} days",
            f"تنتهي الشهادة على {control.id} بعد الآن وخلال {LASTS_AT_MOST.days} يومًا",
        )
