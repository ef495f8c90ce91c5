"""
Fonnte's codes: refusals come with HTTP 200 and a `reason`.

Sources: docs.fonnte.com/api-send-message, docs.fonnte.com/message-status.
"""

from adapters.whatsapp import causes
from adapters.whatsapp.causes import Cause
from bot.events import DeliveryStatus

# reason in lower case -> cause; a reason that is not here was still a refusal
REFUSALS: dict[str, Cause] = {
    "token invalid": causes.BAD_CREDENTIALS,
    "insufficient quota": causes.QUOTA_USED_UP,
    "request invalid on disconnected device": causes.PHONE_NOT_LINKED,
    # We have checked the number before, so Fonnte means that WhatsApp does not know it.
    "target invalid": causes.NOT_ON_WHATSAPP,
    "input invalid": causes.BAD_REQUEST,
    "json format invalid": causes.BAD_REQUEST,
    "url invalid": causes.BAD_REQUEST,
    "url unreachable": causes.BAD_REQUEST,
    "file format not supported": causes.MEDIA_PROBLEM,
    "file size must under 4mb": causes.MEDIA_PROBLEM,
    "request timeout": causes.NO_ANSWER,
}

PROGRESS: dict[str, DeliveryStatus] = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
}

FAILURES: dict[str, Cause] = {
    "invalid": causes.NOT_ON_WHATSAPP,
    "failed": causes.FAILED_LATER,
    "expired": causes.GAVE_UP_IN_QUEUE,
    "url unreachable": causes.BAD_REQUEST,
}
