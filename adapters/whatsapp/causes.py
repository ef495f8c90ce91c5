"""
Why a send ended as it did, once for all providers, in the two languages of the people who read it.

A provider's table maps its codes and reasons to these. `detail` is two lines: English, then Arabic.
"""

from dataclasses import dataclass

from bot.events import SendClass as C
from bot.ports import SendResult

# No provider says how long "too many" lasts. Green API's page asks for a second, Meta's for some; the pause
# doubles while it goes on being asked for.
_A_MOMENT_SECONDS = 4.0
# A quota of a month or a limit because of reports does not pass in a minute; one trial an hour finds out when.
_AN_HOUR_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, what it means for other providers, and whether somebody must act."""

    send_class: C
    english: str
    arabic: str
    needs_alert: bool = False
    pause_seconds: float = 0.0
    """How long the whole number is left alone after it, where the provider does not say; 0: it is not."""

    @property
    def detail(self) -> str:
        return f"{self.english}\n{self.arabic}"


ACCEPTED = Cause(C.ACCEPTED, "The provider took the message.", "استلم المزوّد الرسالة.")
SIMULATED = Cause(C.SIMULATED, "Shown on the simulated phone only.", "ظهرت على الهاتف التجريبي فقط.")

# Surely not sent, the provider's or the account's fault
UNREACHABLE = Cause(
    C.NOT_SENT_FALLBACK,
    "The provider could not be reached; nothing was sent.",
    "تعذر الوصول إلى المزوّد، ولم يُرسل شيء.",
)
BUSY_HERE = Cause(
    C.NOT_SENT_FALLBACK, "All our connections to the provider are in use.", "كل اتصالاتنا بالمزوّد مشغولة الآن."
)
BAD_CREDENTIALS = Cause(
    C.NOT_SENT_FALLBACK,
    "The provider refuses our credentials; check the token and the instance.",
    "المزوّد يرفض بيانات الدخول؛ راجع الرمز ورقم المثيل.",
    needs_alert=True,
)
NO_PERMISSION = Cause(
    C.NOT_SENT_FALLBACK,
    "The provider says that our account may not do this; check its permissions.",
    "المزوّد يقول إن حسابنا لا يملك هذه الصلاحية؛ راجع الصلاحيات.",
    needs_alert=True,
)
UNPAID = Cause(
    C.NOT_SENT_FALLBACK,
    "The account at the provider is expired, unpaid or deleted; renew it there.",
    "الحساب لدى المزوّد منتهٍ أو غير مدفوع أو محذوف؛ جدده من هناك.",
    needs_alert=True,
)
QUOTA_USED_UP = Cause(
    C.NOT_SENT_FALLBACK,
    "The quota of the provider's plan is used up; renew or enlarge the plan.",
    "انتهت حصة الباقة لدى المزوّد؛ جدد الباقة أو كبّرها.",
    needs_alert=True,
    pause_seconds=_AN_HOUR_SECONDS,
)
QUOTA_OF_CONTACTS = Cause(
    C.NOT_SENT_FALLBACK,
    "The provider's plan allows no more contacts this month; renew or enlarge the plan.",
    "باقة المزوّد لا تسمح بجهات اتصال جديدة هذا الشهر؛ جدد الباقة أو كبّرها.",
    needs_alert=True,
)
ACCOUNT_RESTRICTED = Cause(
    C.NOT_SENT_FALLBACK,
    "The provider has blocked, locked or restricted the account; look at its page.",
    "المزوّد أوقف الحساب أو قيّده؛ راجع صفحته.",
    needs_alert=True,
)
PHONE_NOT_LINKED = Cause(
    C.NOT_SENT_FALLBACK,
    "The phone is not linked to the provider; scan the QR code again.",
    "الهاتف غير مرتبط بالمزوّد؛ امسح رمز QR من جديد.",
    needs_alert=True,
)
STARTING = Cause(
    C.NOT_SENT_FALLBACK,
    "The provider's instance is starting; it needs some minutes.",
    "المثيل لدى المزوّد قيد التشغيل ويحتاج دقائق.",
)
TOO_MANY_REQUESTS = Cause(
    C.NOT_SENT_FALLBACK,
    "Too many messages in a short time; the provider asks us to wait.",
    "رسائل كثيرة في وقت قصير؛ المزوّد يطلب الانتظار.",
    pause_seconds=_A_MOMENT_SECONDS,
)
SPAM_LIMIT = Cause(
    C.NOT_SENT_FALLBACK,
    "Meta limits this number because people reported or blocked it.",
    "ميتا تقيّد هذا الرقم بسبب بلاغات أو حظر من الناس.",
    needs_alert=True,
    pause_seconds=_AN_HOUR_SECONDS,
)
GAVE_UP_IN_QUEUE = Cause(
    C.NOT_SENT_FALLBACK,
    "The message waited too long at the provider and was dropped.",
    "انتظرت الرسالة طويلاً لدى المزوّد ثم أُسقطت.",
)
FAILED_LATER = Cause(
    C.NOT_SENT_FALLBACK,
    "The provider tried and could not send the message.",
    "حاول المزوّد ولم يستطع إرسال الرسالة.",
)
REFUSED = Cause(
    C.NOT_SENT_FALLBACK, "The provider refused the message before sending it.", "رفض المزوّد الرسالة قبل إرسالها."
)

# Surely not sent, our request or our settings
BAD_REQUEST = Cause(
    C.NOT_SENT_FIX_REQUEST,
    "The provider says that our request is wrong.",
    "المزوّد يقول إن طلبنا غير صحيح.",
    needs_alert=True,
)
TEMPLATE_PROBLEM = Cause(
    C.NOT_SENT_FIX_REQUEST,
    "The template is missing, paused or does not fit its parameters.",
    "القالب غير موجود أو موقوف أو لا يطابق متغيراته.",
    needs_alert=True,
)
NO_TEMPLATES = Cause(
    C.NOT_SENT_FIX_REQUEST,
    "This provider has no templates; only Meta carries them.",
    "لا قوالب لدى هذا المزوّد؛ ميتا وحدها ترسلها.",
)
MEDIA_PROBLEM = Cause(
    C.NOT_SENT_FIX_REQUEST,
    "The provider cannot carry this type of content.",
    "المزوّد لا يستطيع حمل هذا النوع من المحتوى.",
)
NO_ADDRESS = Cause(
    C.NOT_SENT_FIX_REQUEST,
    "This provider cannot address the contact: the number is hidden from it.",
    "هذا المزوّد لا يستطيع مخاطبة جهة الاتصال: رقمها مخفي عنه.",
)
TOO_LONG = Cause(
    C.NOT_SENT_FIX_REQUEST, "The text is longer than this provider carries.", "النص أطول مما يحمله هذا المزوّد."
)
NO_TEXT = Cause(
    C.NOT_SENT_FIX_REQUEST, "The message is empty or holds a broken character.", "الرسالة فارغة أو فيها رمز تالف."
)
WRONG_ADDRESS_SETTING = Cause(
    C.NOT_SENT_CONFIG,
    "The provider does not know this address, number or method; check the settings.",
    "المزوّد لا يعرف هذا العنوان أو الرقم أو الأمر؛ راجع الإعدادات.",
    needs_alert=True,
)
NOT_IN_TEST_LIST = Cause(
    C.NOT_SENT_CONFIG,
    "This test number may only write to numbers on its list; add the recipient at Meta.",
    "الرقم التجريبي يراسل الأرقام المسجلة فقط؛ أضف المستلم لدى ميتا.",
    needs_alert=True,
)

# Not sent, and nobody else should try, or not now
WINDOW_CLOSED = Cause(
    C.NOT_SENT_WINDOW_CLOSED,
    "More than 24 hours since the contact's last message: only an approved template may be sent.",
    "مضت أكثر من 24 ساعة على آخر رسالة من جهة الاتصال: لا يُسمح إلا بقالب معتمد.",
)
PAIR_LIMIT = Cause(
    C.NOT_SENT_WAIT_PAIR_LIMIT,
    "Too many messages to this one contact in a short time; wait and use the same provider.",
    "رسائل كثيرة لجهة الاتصال نفسها في وقت قصير؛ انتظر واستخدم المزوّد نفسه.",
)
USER_PROTECTION = Cause(
    C.NOT_SENT_DO_NOT_CIRCUMVENT,
    "Meta protects this person from more messages now; no other way may be used.",
    "ميتا تحمي هذا الشخص من رسائل إضافية الآن؛ لا يجوز استخدام طريق آخر.",
)
NOT_ON_WHATSAPP = Cause(
    C.PERMANENT_RECIPIENT,
    "This number cannot receive WhatsApp messages from us.",
    "هذا الرقم لا يستطيع استقبال رسائل واتساب منا.",
)
OPTED_OUT = Cause(
    C.PERMANENT_RECIPIENT_OPTED_OUT,
    "The contact stopped our messages at WhatsApp.",
    "أوقفت جهة الاتصال رسائلنا في واتساب.",
)
IDENTITY_CHANGED = Cause(
    C.NEEDS_OWNER,
    "The contact's WhatsApp identity changed; somebody must check who it is.",
    "تغيرت هوية جهة الاتصال في واتساب؛ يجب أن يتحقق أحد من صاحبها.",
    needs_alert=True,
)

# Perhaps sent
NO_ANSWER = Cause(
    C.AMBIGUOUS,
    "The provider did not answer after our request was written.",
    "لم يرد المزوّد بعد وصول طلبنا إليه.",
)
CUT_ANSWER = Cause(C.AMBIGUOUS, "The provider's answer broke off.", "انقطع رد المزوّد.")
STRANGE_ANSWER = Cause(
    C.AMBIGUOUS,
    "The provider's answer does not say whether the message was taken.",
    "رد المزوّد لا يبيّن هل استلم الرسالة.",
)
PROVIDER_TROUBLE = Cause(
    C.AMBIGUOUS,
    "The provider had an error of its own; the message may have been taken.",
    "حدث خطأ لدى المزوّد؛ ربما استلم الرسالة.",
)
WRONG_NUMBER = Cause(
    C.AMBIGUOUS,
    "The provider took the message for another number than the one we gave; look at its records.",
    "استلم المزوّد الرسالة لرقم غير الذي أعطيناه؛ راجع سجلاته.",
    needs_alert=True,
)


def is_about_credentials(result: SendResult) -> bool:
    """Say whether a send was refused because of who we are, so that every other send would be too."""
    return result.detail.startswith((BAD_CREDENTIALS.english, NO_PERMISSION.english))
