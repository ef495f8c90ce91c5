"""
The action send_email: a letter that somebody wrote, to an address that somebody knows, after somebody agreed.

Rule 1: what is agreed to is the whole letter, shown in the request; nothing of it changes afterwards.
Rule 2: in doubt it ends as `unknown`, and is told; nobody sends it a second time by himself.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.actions.action import Action, Words
from bot.actions.outcome import ended
from bot.mail.letter import Letter
from bot.mail.port import MailResult
from bot.mail.post import KEY, Post
from bot.runs.flow import Flow, Next, Step, Turn, again, done

# A mail server that says "later" is asked again after these; a greylisting server wants some minutes.
LATER_SECONDS = (60.0, 300.0, 1_200.0, 3_600.0)

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")

NO_MAIL = Words(
    "no mail server is configured: set DEALIX_SMTP_HOST and DEALIX_MAIL_FROM (docs/actions.md)",
    "لم يُهيأ خادم بريد: عيّن DEALIX_SMTP_HOST وDEALIX_MAIL_FROM",
)


def address(value: str) -> str:
    """An e-mail address. Raises ValueError."""
    if len(value) > 254 or not _ADDRESS.fullmatch(value):
        raise ValueError("this is no e-mail address; write name@example.com")
    return value


def address_in(text: str) -> str:
    """The one e-mail address in what somebody wrote; empty when there is none, or more than one."""
    found = {match[0] for match in _ADDRESS.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def one_line(value: str) -> str:
    """What may stand in a header: one line, by every sign that ends one. Raises ValueError."""
    if len(value.splitlines()) > 1 or "\0" in value:
        raise ValueError("a subject is one line")
    return value


Address = Annotated[str, AfterValidator(address)]


class EmailFacts(BaseModel):
    """The letter."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    to: Address
    subject: Annotated[str, AfterValidator(one_line)] = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=3_500)


def send_email(post: Post) -> Action:
    """The action."""

    async def prepared(turn: Turn) -> Next:
        return done() if turn.state["facts"] else ended("failed", *_NOTHING_TO_SAY)

    async def send(turn: Turn) -> Next:
        facts = turn.state["facts"]
        letter = Letter(
            id=turn.dedupe_key,
            tenant_id=turn.tenant_id,
            conversation_id=turn.state["conversation_id"],
            to=facts["to"],
            subject=facts["subject"],
            text=facts["text"],
            created_at=turn.now,
        )
        return after(await post.send(letter), int(turn.state.get("tries", 0)))

    return Action(
        "send_email",
        Flow(
            "send_email",
            1,
            (
                Step("prepare", prepared, title_en="The letter is there", title_ar="نص الرسالة"),
                Step("send", send, title_en="Send it", title_ar="الإرسال"),
            ),
            title_en="Send an e-mail",
            title_ar="إرسال بريد إلكتروني",
        ),
        facts=EmailFacts,
        missing=lambda tenant_id: None if post.is_configured(tenant_id) else NO_MAIL,
        connector=KEY,
    )


def after(result: MailResult, tries: int) -> Next:
    """What follows from one try."""
    match result.outcome:
        case "accepted":
            return ended("done", mail="accepted")
        case "unknown":
            return ended("unknown", *_UNKNOWN, mail=result.detail)
        case "later" if tries < len(LATER_SECONDS):
            return again(LATER_SECONDS[tries], tries=tries + 1)
        case "auth_failed":
            return ended("failed", *_AUTH, mail=result.detail)
        case "later":
            return ended("failed", *_GAVE_UP, mail=result.detail)
        case "refused":
            return ended("failed", *_REFUSED, mail=result.detail)
    raise AssertionError(f"a letter ended as {result.outcome}")


_NOTHING_TO_SAY = (
    "a rule asked for an e-mail, and no rule says which one; a person must write it",
    "طلبت إحدى القواعد بريدًا دون نص؛ يلزم أن يكتبه إنسان",
)
_UNKNOWN = (
    "the mail server took the letter and did not say whether it will carry it; look into the mailbox",
    "استلم خادم البريد الرسالة ولم يؤكد إرسالها؛ راجع صندوق الصادر",
)
_AUTH = (
    "the mail server does not accept our password; set DEALIX_SMTP_PASSWORD",
    "خادم البريد لا يقبل كلمة المرور؛ عيّن DEALIX_SMTP_PASSWORD",
)
_GAVE_UP = ("the mail server kept asking us to come later", "ظل خادم البريد يطلب المحاولة لاحقًا")
_REFUSED = (
    "the mail server refused the letter; is the address right?",
    "رفض خادم البريد الرسالة؛ هل العنوان صحيح؟",
)
