"""Places and systems that contacts name: our name for each, and theirs, in letters as they type them."""

CITIES: dict[str, tuple[str, ...]] = {
    "riyadh": ("الرياض", "رياض", "riyadh", "riyad"),
    "jeddah": ("جدة", "jeddah", "jedda"),
    "makkah": ("مكة", "مكه المكرمة", "makkah", "mecca"),
    "madinah": ("المدينة المنورة", "المدينه", "madinah", "medina"),
    "dammam": ("الدمام", "دمام", "dammam"),
    "khobar": ("الخبر", "khobar", "alkhobar"),
    "dhahran": ("الظهران", "dhahran"),
    "jubail": ("الجبيل", "jubail"),
    "ahsa": ("الاحساء", "الهفوف", "ahsa", "hofuf"),
    "qassim": ("القصيم", "بريدة", "عنيزة", "qassim", "buraydah"),
    "tabuk": ("تبوك", "tabuk"),
    "hail": ("حائل", "hail"),
    "abha": ("ابها", "خميس مشيط", "abha"),
    "jazan": ("جازان", "جيزان", "jazan", "jizan"),
    "najran": ("نجران", "najran"),
    "taif": ("الطائف", "taif"),
    "yanbu": ("ينبع", "yanbu"),
}

SYSTEMS: dict[str, tuple[str, ...]] = {
    "hubspot": ("هبسبوت", "هب سبوت", "هوب سبوت", "hubspot", "hub spot"),
    "salesforce": ("سيلزفورس", "سيلز فورس", "salesforce", "sales force"),
    "zoho": ("زوهو", "zoho"),
    "odoo": ("اودو", "odoo"),
    "sap": ("ساب", "sap"),
    "pipedrive": ("بايب درايف", "pipedrive"),
    "dynamics": ("داينمكس", "dynamics", "dynamics 365"),
    "monday": ("منداي", "monday.com"),
    "freshsales": ("فريش سيلز", "freshsales", "freshworks"),
    "excel": ("اكسل", "excel", "google sheets", "جوجل شيت"),
}

# «الخبر» is the news as often as the town, «ساب» a bank, «hail» weather: these count only where a place or a
# system is spoken of.
NEEDS_A_SIGN = frozenset(
    {"الخبر", "رياض", "المدينه", "المدينة المنورة", "hail", "ساب", "sap", "excel", "اكسل", "ahsa"}
)

PLACE_SIGNS = (
    "في",
    "من",
    "فرع",
    "مقرنا",
    "موقعنا",
    "مدينة",
    "بمدينة",
    "in",
    "from",
    "based",
    "branch",
    "city",
    "at",
)
SYSTEM_SIGNS = (
    *("نستخدم", "استخدم", "نستعمل", "عندنا", "عندي", "معنا", "شغالين", "نشتغل", "على", "نظام", "سي", "برنامج"),
    *("use", "using", "have", "on", "crm", "with", "system"),
)
DENIALS = (
    "ما",
    "مو",
    "لا",
    "مب",
    "مهو",
    "ليس",
    "ليست",
    "لسنا",
    "لست",
    "مش",
    "موب",
    "بدون",
    "غير",
    "تركنا",
    "وقفنا",
)
DENIALS += ("not", "no", "dont", "don't", "doesn't", "never", "without", "stopped", "left", "isn't", "aren't")

# Whose place or system it is stands close before the name.
NEAR_WORDS = 3
