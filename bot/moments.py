"""A moment that a caller names: with its zone, in a year that exists in every zone."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        # The first hours of the year 1 in Riyadh, and the last of 9999 in Hawaii, have no name in UTC.
        raise ValueError("no such moment / لا توجد لحظة كهذه") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""In UTC; what is refused is a 422."""
