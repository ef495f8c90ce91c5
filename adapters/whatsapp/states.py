"""
What a probe that got no good answer says about a channel.

Rule: `ok` is never concluded from here; it needs the provider's own word.
"""

from datetime import datetime

from adapters.whatsapp import causes
from adapters.whatsapp.call import Answer, Silence, cause_of_status
from adapters.whatsapp.causes import Cause
from bot.ports import Health

_TROUBLE = "The provider answers with an error of its own ({status}).\nالمزوّد يرد بخطأ من عنده ({status})."
_NO_STATE = "The provider's answer does not name a state.\nرد المزوّد لا يذكر أي حالة."


def health_of_silence(silence: Silence, now: datetime) -> Health:
    """A provider that does not answer a question is down, whatever the reason."""
    cause = causes.UNREACHABLE if silence.cause is causes.UNREACHABLE else causes.NO_ANSWER
    words = "The provider does not answer.\nالمزوّد لا يرد."
    return Health("down", cause.detail if cause is causes.UNREACHABLE else words, now)


def health_of_status(answer: Answer, now: datetime) -> Health:
    """Judge an answer that does not name a state by its HTTP status."""
    if answer.is_success:
        return Health("down", _NO_STATE, now)
    if answer.status >= 500:
        return Health("down", _TROUBLE.format(status=answer.status), now)
    return health_of_cause(cause_of_status(answer.status), now)


def health_of_cause(cause: Cause, now: datetime) -> Health:
    """Judge a refusal of the probe itself."""
    if cause in (causes.BAD_CREDENTIALS, causes.NO_PERMISSION):
        return Health("auth_failed", cause.detail, now)
    # Being told to ask less often says nothing bad about sending.
    return Health("degraded" if cause is causes.TOO_MANY_REQUESTS else "down", cause.detail, now)
