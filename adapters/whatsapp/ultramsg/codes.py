"""
Ultramsg's codes: errors come with HTTP 200, as a text, a list or an object under `error`.

Sources: docs.ultramsg.com/api/post/messages/chat, blog.ultramsg.com on queue management, and public code for the
texts of errors, which are not documented.
"""

from adapters.whatsapp import causes
from adapters.whatsapp.causes import Cause
from bot.events import DeliveryStatus

# part of the error in lower case -> cause; an error that is not here was still refused before queueing
REFUSALS: tuple[tuple[str, Cause], ...] = (
    ("wrong token", causes.BAD_CREDENTIALS),
    ("instance not found", causes.BAD_CREDENTIALS),
    ("non-payment", causes.UNPAID),
    ("is required", causes.BAD_REQUEST),
)

PROGRESS: dict[str, DeliveryStatus] = {
    "server": DeliveryStatus.SENT,
    "sent": DeliveryStatus.SENT,
    "device": DeliveryStatus.DELIVERED,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
}

FAILURES: dict[str, Cause] = {
    "invalid": causes.NOT_ON_WHATSAPP,
    "unsent": causes.FAILED_LATER,
    "expired": causes.GAVE_UP_IN_QUEUE,
}


def refusal_of(said: str) -> tuple[str, Cause] | None:
    """Find the row of an error, None when the table does not know it."""
    lower = said.lower()
    return next(((part, cause) for part, cause in REFUSALS if part in lower), None)
