"""What people call our columns, in Arabic and English. Pure."""

import re
from unicodedata import category, normalize

HEADINGS = {
    "phone": (
        *("phone", "mobile", "phone number", "mobile number", "whatsapp", "whatsapp number", "tel", "telephone"),
        *(
            "الجوال",
            "رقم الجوال",
            "جوال",
            "الهاتف",
            "رقم الهاتف",
            "هاتف",
            "الرقم",
            "رقم",
            "واتساب",
            "رقم الواتساب",
        ),
        *("الموبايل", "رقم الموبايل", "موبايل", "الواتساب"),
    ),
    "lead_id": ("lead_id", "lead", "contact id", "conversation id", "معرف العميل", "رقم العميل"),
    "name": (
        *("name", "full name", "contact", "contact name", "lead name", "customer", "customer name"),
        *("الاسم", "اسم", "اسم العميل", "العميل", "الاسم الكامل"),
    ),
    "company": (
        "company",
        "company name",
        "organisation",
        "organization",
        "الشركة",
        "اسم الشركة",
        "المنشأة",
        "شركة",
    ),
    "sector": ("sector", "industry", "القطاع", "النشاط", "المجال"),
    "email": ("email", "e mail", "mail", "البريد", "البريد الالكتروني", "الايميل"),
    "message": (
        *("message", "text", "body", "last message", "note", "notes", "what they wrote"),
        *("الرسالة", "رسالة", "النص", "نص الرسالة", "اخر رسالة", "الملاحظة", "ملاحظات", "كلام العميل"),
    ),
    "sent_at": (
        *(
            "sent_at",
            "sent",
            "date",
            "time",
            "datetime",
            "timestamp",
            "created_at",
            "received_at",
            "message date",
        ),
        *("التاريخ", "الوقت", "تاريخ", "وقت", "تاريخ الرسالة", "وقت الرسالة", "التاريخ والوقت", "تاريخ الارسال"),
    ),
    "external_id": (
        *("external_id", "event_id", "id", "reference", "ref", "message_id", "record id", "crm id"),
        *("المعرف", "معرف", "المرجع", "رقم المرجع", "رقم السجل", "معرف الرسالة"),
    ),
    "source": ("source", "channel", "المصدر", "القناة", "مصدر العميل"),
    "button_id": ("button_id", "button", "الزر"),
}
"""Our field -> what it may be called; upper case, blanks, vowels and the kinds of alif make no difference."""

_ALIKE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ة": "ه", "ى": "ي", "ـ": "", "_": " ", "-": " "})


def field_of(heading: str) -> str:
    """Which of our fields a heading means; empty when we know none."""
    return _MEANT.get(_folded(heading), "")


def _folded(heading: str) -> str:
    plain = "".join(sign for sign in normalize("NFKC", heading) if category(sign) not in ("Mn", "Cf"))
    return re.sub(r"\s+", " ", plain.translate(_ALIKE)).strip(" :*").casefold()


_MEANT = {_folded(name): meant for meant, names in HEADINGS.items() for name in names}
