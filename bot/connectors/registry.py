"""
The connectors that this product really has, and the standard that each keeps to.

Rule 1: what is not here is no connector; nobody lists what nobody built.
Rule 2: a line says what holds in the code today: how long a call may take, what is tried again, what may leave
        without a human, and what the other side gets to see.
"""

from dataclasses import dataclass
from typing import Literal

from bot.errors import NotFound

Kind = Literal["whatsapp", "approval", "database", "calendar", "mail", "crm", "payments", "model"]
DataClass = Literal["personal", "personal_and_financial", "masked", "internal"]


@dataclass(frozen=True, slots=True)
class Connector:
    """One thing outside that we talk to."""

    key: str
    name_en: str
    name_ar: str
    kind: Kind
    version: str
    """Of the interface that we speak."""
    timeout_seconds: float
    """After which a call of ours is over."""
    slow_ms: float
    """Answers slower than this, at the 95th percentile, make it `degraded`."""
    retry_en: str
    retry_ar: str
    is_idempotent: bool
    """Whether the same call twice has the effect of one."""
    approval_en: str
    approval_ar: str
    data: DataClass
    audit_events: tuple[str, ...]
    """What the timeline says of its calls."""
    port: str = ""
    """The attribute of `bot.reach.Reach` behind it; empty for what stands elsewhere."""
    fixed_en: str = ""
    """Why it cannot be switched off here; empty when it can."""
    fixed_ar: str = ""

    def called(self, language: str) -> str:
        return self.name_ar if language == "ar" else self.name_en

    @property
    def can_be_disabled(self) -> bool:
        return not self.fixed_en


_SEND_RETRY = (
    "A certain refusal goes to the next provider; four rounds after 10 s, 60 s, 5 min and 20 min. Doubt is never "
    "sent again: it is looked up, then shown to a human.",
    "الرفض المؤكد ينتقل إلى المزوّد التالي؛ أربع جولات بعد ١٠ ثوانٍ ودقيقة و٥ دقائق و٢٠ دقيقة. "
    "والمشكوك فيه لا يعاد إرساله: يُبحث عنه ثم يُعرض على إنسان.",
)
_SEND_APPROVAL = (
    "Safe replies leave by themselves; everything else takes a yes for exactly that text.",
    "الردود الآمنة تخرج وحدها، وكل ما عداها يحتاج موافقة على النص نفسه.",
)
_SEND_EVENTS = ("attempt_started", "attempt_ended", "attempt_orphaned", "doubt_resolved", "send_given_up")
_RUN_RETRY = (
    "A durable step: tried again with growing pauses, under the same key; what cannot succeed waits for a human.",
    "خطوة دائمة: تُعاد بفواصل متزايدة وبالمفتاح نفسه، وما لا ينجح ينتظر إنسانًا.",
)
_ACTION_EVENTS = ("action_asked", "action_done", "action_failed")


def _whatsapp(key: str, name_en: str, name_ar: str, version: str, *, is_idempotent: bool = False) -> Connector:
    return Connector(
        key=key,
        name_en=name_en,
        name_ar=name_ar,
        kind="whatsapp",
        version=version,
        timeout_seconds=15.0,
        slow_ms=8_000.0,
        retry_en=_SEND_RETRY[0],
        retry_ar=_SEND_RETRY[1],
        is_idempotent=is_idempotent,
        approval_en=_SEND_APPROVAL[0],
        approval_ar=_SEND_APPROVAL[1],
        data="personal",
        audit_events=_SEND_EVENTS,
    )


def _port(
    key: str,
    port: str,
    names: tuple[str, str],
    kind: Kind,
    version: str,
    timeout: float,
    slow_ms: float,
    approval: tuple[str, str],
    data: DataClass,
    *,
    is_idempotent: bool,
    events: tuple[str, ...] = _ACTION_EVENTS,
) -> Connector:
    return Connector(
        key=key,
        name_en=names[0],
        name_ar=names[1],
        kind=kind,
        version=version,
        timeout_seconds=timeout,
        slow_ms=slow_ms,
        retry_en=_RUN_RETRY[0],
        retry_ar=_RUN_RETRY[1],
        is_idempotent=is_idempotent,
        approval_en=approval[0],
        approval_ar=approval[1],
        data=data,
        audit_events=events,
        port=port,
    )


_READS_ONLY = ("Reading needs no yes.", "القراءة لا تحتاج موافقة.")
_BY_POLICY = ("By the class of the action in rules/actions.yml.", "بحسب فئة الإجراء في rules/actions.yml.")
_ALWAYS = ("Always a yes of a human first.", "موافقة إنسان أولًا، دائمًا.")

CONNECTORS: tuple[Connector, ...] = (
    _whatsapp("green_api", "Green API", "جرين إي بي آي", "waInstance"),
    _whatsapp("ultramsg", "Ultramsg", "ألترا مسج", "instance"),
    _whatsapp("fonnte", "Fonnte", "فونتي", "send"),
    _whatsapp("meta_cloud", "Meta Cloud API", "واتساب من ميتا", "Graph v23.0"),
    Connector(
        key="telegram",
        name_en="Telegram",
        name_ar="تيليجرام",
        kind="approval",
        version="Bot API",
        timeout_seconds=10.0,
        slow_ms=4_000.0,
        retry_en="A card that did not arrive is drawn again; Telegram's own wish to wait is obeyed.",
        retry_ar="البطاقة التي لم تصل تُرسم من جديد، ويُحترم طلب تيليجرام للانتظار.",
        is_idempotent=False,
        approval_en="It is where people say yes; it sends to approvers only.",
        approval_ar="هو مكان الموافقة نفسه؛ لا يراسل إلا المعتمدين.",
        data="personal",
        audit_events=("draft_shown", "draft_decided"),
        port="telegram",
        fixed_en="Approvers would no longer hear what waits for them. Take TELEGRAM_BOT_TOKEN away instead.",
        fixed_ar="لن يعلم المعتمدون بما ينتظرهم. احذف TELEGRAM_BOT_TOKEN بدلًا من ذلك.",
    ),
    Connector(
        key="mongodb",
        name_en="MongoDB",
        name_ar="قاعدة البيانات",
        kind="database",
        version="8.0",
        timeout_seconds=10.0,
        slow_ms=500.0,
        retry_en="What came in is kept by its provider until it is durable; everything else is tried again.",
        retry_ar="الوارد يبقى لدى مزوّده حتى يُحفظ، وكل ما عداه يعاد.",
        is_idempotent=True,
        approval_en="None: it is our own memory.",
        approval_ar="لا يلزم: هي ذاكرتنا.",
        data="personal_and_financial",
        audit_events=(),
        fixed_en="Everything stands on it; stop the service instead.",
        fixed_ar="كل شيء قائم عليها؛ أوقف الخدمة بدلًا من ذلك.",
    ),
    _port(
        *("calendar", "calendar", ("Calendar", "التقويم"), "calendar", "iCalendar (RFC 5545)", 10.0, 4_000.0),
        *(_READS_ONLY, "internal"),
        is_idempotent=True,
    ),
    _port(
        *("calendly", "calendly", ("Calendly", "كالندلي"), "calendar", "API v2", 10.0, 4_000.0),
        *(_BY_POLICY, "personal"),
        is_idempotent=False,
    ),
    _port(
        *("mail", "mail", ("E-mail", "البريد"), "mail", "SMTP", 20.0, 10_000.0),
        *(_BY_POLICY, "personal"),
        is_idempotent=False,
    ),
    _port(
        *("hubspot", "crm", ("HubSpot", "هبسبوت"), "crm", "CRM v3", 15.0, 5_000.0),
        *(_BY_POLICY, "personal"),
        is_idempotent=True,
    ),
    _port(
        *("payments", "payments", ("Payments", "المدفوعات"), "payments", "v1", 15.0, 5_000.0),
        *(_ALWAYS, "personal_and_financial"),
        is_idempotent=True,
    ),
    _port(
        *("model", "model", ("Language model", "نموذج اللغة"), "model", "chat completions", 30.0, 15_000.0),
        *(("It proposes and never sends.", "يقترح ولا يرسل."), "masked"),
        is_idempotent=True,
        events=("model_called",),
    ),
)

BY_KEY = {connector.key: connector for connector in CONNECTORS}


def known(key: str) -> Connector:
    """Raises NotFound."""
    found = BY_KEY.get(key)
    if found is None:
        raise NotFound(
            f"there is no connector {key[:60]!r} here; there are: {', '.join(BY_KEY)}",
            f"لا يوجد موصل بهذا المعرّف هنا؛ الموجود: {'، '.join(BY_KEY)}",
        )
    return found
