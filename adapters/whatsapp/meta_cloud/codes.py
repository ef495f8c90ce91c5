"""
Meta's error codes: the same table judges the answer to a send and a later `failed` status.

Meta asks to branch on `code` and `details`, never on titles; the HTTP status of a code is not dependable.
Source: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (May 2026).
"""

from adapters.whatsapp import causes
from adapters.whatsapp.causes import Cause
from bot.events import DeliveryStatus, SendClass

ERRORS: dict[int, Cause] = {
    **dict.fromkeys((0, 190, 104), causes.BAD_CREDENTIALS),
    **dict.fromkeys((3, 10, 131005), causes.NO_PERMISSION),
    **dict.fromkeys(range(200, 300), causes.NO_PERMISSION),
    **dict.fromkeys((4, 17, 80007, 130429, 131064), causes.TOO_MANY_REQUESTS),
    131048: causes.SPAM_LIMIT,
    131056: causes.PAIR_LIMIT,
    **dict.fromkeys((368, 131031, 130497, 131037, 133010), causes.ACCOUNT_RESTRICTED),
    131042: causes.UNPAID,
    **dict.fromkeys((131045, 131057), causes.ACCOUNT_RESTRICTED),
    131047: causes.WINDOW_CLOSED,
    **dict.fromkeys((131049, 130472), causes.USER_PROTECTION),
    131050: causes.OPTED_OUT,
    # Also seen when the person blocked the business, so no other channel may be used to get round it.
    **dict.fromkeys((131026, 131021), causes.NOT_ON_WHATSAPP),
    131030: causes.NOT_IN_TEST_LIST,
    **dict.fromkeys((131008, 131009, 100, 33), causes.BAD_REQUEST),
    **dict.fromkeys(
        (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069),
        causes.TEMPLATE_PROBLEM,
    ),
    **dict.fromkeys((131051, 131052, 131053), causes.MEDIA_PROBLEM),
    131062: causes.NO_ADDRESS,
    137000: causes.IDENTITY_CHANGED,
    131043: causes.GAVE_UP_IN_QUEUE,
    **dict.fromkeys((131000, 131016, 135000, 1, 2), causes.PROVIDER_TROUBLE),
}

PROGRESS: dict[str, DeliveryStatus] = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
}

# can_send_message -> state of Health
SENDING: dict[str, str] = {"AVAILABLE": "ok", "LIMITED": "degraded", "BLOCKED": "down"}


def refusal_of(code: int, *, subcode: int | None, status: int, message: str) -> Cause | None:
    """Find the row of an error in the answer to a call, None when the table does not know it."""
    said = message.lower()
    if code in (100, 803) and status == 404 and "template" not in said:
        # "Phone number not found": our phone number id is wrong, or the token may not see it.
        return causes.BAD_CREDENTIALS
    if 33 in (code, subcode):
        return causes.WRONG_ADDRESS_SETTING
    if 200 <= code < 300 and "template" in said:
        return causes.TEMPLATE_PROBLEM
    return ERRORS.get(code)


def failure_of(code: int | None) -> SendClass:
    """Say what a `failed` status means: it proves that the message is not on its way any more."""
    cause = ERRORS.get(code, causes.FAILED_LATER) if code is not None else causes.FAILED_LATER
    is_doubtful = cause.send_class is SendClass.AMBIGUOUS
    return SendClass.NOT_SENT_FALLBACK if is_doubtful else cause.send_class
