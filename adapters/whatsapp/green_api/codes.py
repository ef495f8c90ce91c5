"""
Green API's codes: what a refusal, a late status or a state of the instance means.

Sources: green-api.com/en/docs/api/common-errors and 466-error-example-body; the JSON around the texts is not
published, so a refusal is known by its status first and by a part of its text second.
"""

from adapters.whatsapp import causes
from adapters.whatsapp.causes import Cause
from bot.events import DeliveryStatus

# (HTTP status, part of the body in lower case) -> cause; an empty part matches every body of that status
REFUSALS: tuple[tuple[int, str, Cause], ...] = (
    (400, "instance in starting process", causes.STARTING),
    (400, "starting or not authorized", causes.PHONE_NOT_LINKED),
    (400, "not authorized", causes.PHONE_NOT_LINKED),
    (400, "account is expired", causes.UNPAID),
    (400, "instance is deleted", causes.UNPAID),
    (400, "", causes.BAD_REQUEST),
    (401, "", causes.BAD_CREDENTIALS),
    (403, "", causes.BAD_CREDENTIALS),
    (404, "", causes.WRONG_ADDRESS_SETTING),
    (429, "", causes.TOO_MANY_REQUESTS),
    # A plan for few contacts goes on working for those it knows; only this one is refused.
    (466, "correspondents_quo", causes.QUOTA_OF_CONTACTS),
    # Quota bodies say QUOTE_EXCEEDED, webhooks QUOTA_EXCEEDED; the status is enough.
    (466, "", causes.QUOTA_USED_UP),
    (500, "100 mb", causes.MEDIA_PROBLEM),
)

PROGRESS: dict[str, DeliveryStatus] = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
}

FAILURES: dict[str, Cause] = {
    "failed": causes.FAILED_LATER,
    "fail": causes.FAILED_LATER,  # the spelling of the 2021 documentation
    "noAccount": causes.NOT_ON_WHATSAPP,
    "notInGroup": causes.NOT_ON_WHATSAPP,
}

# state of the instance -> (English, Arabic); only `authorized` can send
STATES: dict[str, tuple[str, str]] = {
    "authorized": ("The phone is linked.", "الهاتف مرتبط."),
    "notAuthorized": (
        "The phone is not linked; scan the QR code in the Green API console.",
        "الهاتف غير مرتبط؛ امسح رمز QR من لوحة Green API.",
    ),
    "blocked": ("WhatsApp has blocked this number.", "واتساب حظر هذا الرقم."),
    "sleepMode": ("The phone is switched off or offline.", "الهاتف مغلق أو غير متصل."),
    "starting": (
        "The instance is starting; this takes up to five minutes.",
        "المثيل قيد التشغيل؛ يحتاج حتى خمس دقائق.",
    ),
    "yellowCard": (
        "WhatsApp suspects spam and has suspended sending.",
        "واتساب يشتبه في رسائل مزعجة وأوقف الإرسال.",
    ),
    "suspended": ("WhatsApp has suspended this number.", "واتساب أوقف هذا الرقم."),
}


def refusal_of(status: int, body: str) -> Cause | None:
    """Find the row of a refusal, None when the table does not know it."""
    said = body.lower()
    return next((cause for known, part, cause in REFUSALS if known == status and part in said), None)


def state_detail(state: str) -> str:
    """Say in two lines what a state of the instance means."""
    unknown = (f"Green API reports the state {state[:40] or '?'}.", f"حالة Green API: {state[:40] or '?'}.")
    return "\n".join(STATES.get(state, unknown))
