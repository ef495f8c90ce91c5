"""The pages that stand before the console: the house is still starting, and you cannot come in."""

from html import escape

# Arabic first, then English: (title, why, what to do).
_REASONS = {
    "from_elsewhere": (
        (
            "هذه الصفحة تفتح على هذا الجهاز فقط",
            "صفحة المحاكاة تتصرف باسم سامي بلا كلمة مرور، لذلك لا تُفتح من جهاز آخر ولا عبر وسيط.",
            "افتحها على الجهاز الذي يعمل عليه Dealix: ‎http://localhost:{port}/console/simulator",
        ),
        (
            "This page opens on this machine only",
            "The simulator acts as Sami without a password, so it opens neither from another machine nor through"
            " a proxy.",
            "Open it on the machine where Dealix runs: http://localhost:{port}/console/simulator",
        ),
    ),
    "foreign_name": (
        (
            "هذا العنوان ليس عنوان هذه الصفحات",
            "وصل الطلب باسم غير localhost، وقد تكون صفحة غريبة تحاول التصرف باسم سامي.",
            "افتحها بالاسم localhost أو 127.0.0.1.",
        ),
        (
            "This is not the address of these pages",
            "The request came under a name that is not localhost; a foreign page may be trying to act as Sami.",
            "Open it as localhost or 127.0.0.1.",
        ),
    ),
    "foreign_site": (
        (
            "موقع آخر حاول فتح هذه الصفحات",
            "لا تستقبل هذه الصفحات طلبات من مواقع أخرى.",
            "افتحها مباشرة بكتابة عنوانها في المتصفح.",
        ),
        (
            "Another site tried to open these pages",
            "They take no requests from other sites.",
            "Open them directly, by typing their address into the browser.",
        ),
    ),
    "no_simulator": (
        (
            "المحاكاة مغلقة لأن واتساب حقيقي مُعدّ هنا",
            "عند ضبط مزود حقيقي تُغلق المحاكاة، ويعتمد سامي الردود في تيليجرام.",
            "لتشغيلها مع ذلك: عيّن DEALIX_SIMULATOR=on ثم أعد التشغيل.",
        ),
        (
            "The simulator is off, because a real WhatsApp provider is configured here",
            "With a real provider the simulator is closed, and Sami approves replies in Telegram.",
            "To have it all the same, set DEALIX_SIMULATOR=on and start again.",
        ),
    ),
}

_NO_KEY = (
    (
        "تحتاج رابط دخول",
        "هذه الصفحات تغيّر ما يقوله البوت للناس، لذلك تُفتح لأشخاص معروفين فقط.",
        "اطلب ممن يدير الخادم أن يشغّل: dealix login اسمك --role rules_editor، ثم افتح الرابط الذي يطبعه.",
    ),
    (
        "You need a link to come in",
        "These pages change what the bot says to people, so they open to people whom we know.",
        "Ask whoever runs the server for: dealix login YOUR-NAME --role rules_editor, and open the link.",
    ),
)

_SIGN_IN = (
    ("سجّل الدخول", "هذه الصفحات لأشخاص معروفين فقط. سجّل الدخول بحساب منشأتك.", "تسجيل الدخول"),
    ("Sign in", "These pages are for people whom we know. Sign in with the account of your business.", "Sign in"),
)

_NOT_SIGNED_IN = (
    (
        "لم يكتمل تسجيل الدخول",
        "انتهت مدة المحاولة، أو لا أحد هنا يعرفك بعد.",
        "حاول مرة أخرى، أو اطلب من مدير منشأتك أن يضيفك مستخدمًا.",
    ),
    (
        "You are not signed in",
        "The attempt took too long, or nobody here knows you yet.",
        "Try again, or ask an admin of your tenant to add you as a user.",
    ),
)

_PROVIDER_AWAY = (
    ("مزوّد الهوية لا يستجيب", "لا نستطيع معرفة من أنت الآن.", "حاول بعد دقيقة."),
    ("The identity provider does not answer", "We cannot learn who you are now.", "Try again in a minute."),
)

_LOCKED_OUT = (
    ("محاولات خاطئة كثيرة", "جاءت من هذا العنوان مفاتيح خاطئة كثيرة.", "حاول بعد {minutes} دقيقة."),
    (
        "Too many wrong tries",
        "Too many wrong keys came from this address.",
        "Try again in {minutes} minutes.",
    ),
)

_USED_KEY = (
    (
        "هذا الرابط لم يعد صالحًا",
        "الرابط يُدخل مرة واحدة، وخلال عشر دقائق من طباعته.",
        "اطلب رابطًا جديدًا: dealix login اسمك --role rules_editor",
    ),
    (
        "This link is no longer valid",
        "A link lets somebody in once, within ten minutes after it was printed.",
        "Ask for a new one: dealix login YOUR-NAME --role rules_editor",
    ),
)

_STARTING = (
    ("Dealix يبدأ الآن", "تُفتح قاعدة البيانات ويُقرأ كتاب القواعد. تفتح الصفحة وحدها خلال ثوانٍ."),
    ("Dealix is starting", "The database opens and the rule book is read. This page opens by itself in seconds."),
)

# Given with the page: the browser would ask for one at an address where nothing stands.
_FAVICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' "
    "height='32' rx='9' fill='%230b6e5a'/%3E%3Cpath d='M9 8h7a8 8 0 0 1 0 16H9z' fill='none' stroke='%23fff' "
    "stroke-width='3.4'/%3E%3C/svg%3E"
)

_STYLE = """
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.7 "IBM Plex Sans Arabic",system-ui,
sans-serif;background:#f4f6f5;color:#16211f}
main{max-width:34rem;margin:1.5rem;padding:2rem 2.25rem;background:#fff;border:1px solid #dfe5e3;
border-radius:18px}
h1{font-size:1.2rem;margin:.2rem 0 .6rem}p{margin:.4rem 0}
section+section{margin-top:1.4rem;padding-top:1.4rem;border-top:1px solid #dfe5e3}
strong{color:#0b6e5a}
i{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;background:#0b6e5a;
animation:b 1s infinite alternate}
@keyframes b{to{opacity:.2}}
@media(prefers-color-scheme:dark){body{background:#0e1514;color:#e6eeec}main{background:#16201e;border-color:#293633}
section+section{border-color:#293633}strong{color:#4fd1b3}i{background:#4fd1b3}}
@media(prefers-reduced-motion:reduce){i{animation:none}}
form{display:grid;gap:14px;margin-top:14px}label{display:grid;gap:4px;font-size:.95rem}
input[type=text],select{font:inherit;padding:.55rem .8rem;border:1px solid #cfd8d5;border-radius:11px;
background:transparent;color:inherit;min-width:0}
fieldset{border:0;margin:0;padding:0;display:grid;gap:8px}legend{padding:0;margin-bottom:6px;font-size:.95rem}
.role{display:grid;grid-template-columns:auto 1fr;gap:0 12px;align-items:center;padding:.55rem .9rem;
border:1px solid #dfe5e3;border-radius:12px;cursor:pointer}
.role:has(:checked){border-color:#0b6e5a;background:#e3f1ec}.role input{accent-color:#0b6e5a;grid-row:1/3}
.role b{font-weight:600}.role small{color:#5c6863}
button{font:inherit;font-weight:600;min-height:46px;border:0;border-radius:12px;background:#0b6e5a;color:#fff;
cursor:pointer}button:hover{background:#075444}:focus-visible{outline:3px solid #46c3a4;outline-offset:2px}
.wrong{color:#b3372b;font-weight:600}.other{margin-top:1.2rem;font-size:.9rem}a{color:#0b6e5a}
@media(prefers-color-scheme:dark){input[type=text],select,.role{border-color:#34433f}select{background:#16201e}
.role:has(:checked){background:#15332c;border-color:#46c3a4}.role small{color:#9aaaa4}a{color:#4fd1b3}
button{background:#46c3a4;color:#06231c}button:hover{background:#7fdcc5}.wrong{color:#f08a7c}}
@media(max-width:420px){main{margin:.7rem;padding:1.3rem 1.2rem}}
"""


def refused(reason: str, port: int) -> str:
    """Why the page does not open, and what to do."""
    return _reasons(*((title, why, what.format(port=port)) for title, why, what in _REASONS[reason]))


def no_key() -> str:
    """Nobody we know, and here nobody is believed without a link."""
    return _reasons(*_NO_KEY)


def used_key() -> str:
    """A link that was used, is too old, or is none of ours."""
    return _reasons(*_USED_KEY)


def sign_in(address: str) -> str:
    """One link, to the identity provider."""
    told = (
        f'<h1>{escape(title)}</h1><p>{escape(why)}</p><p><a href="{escape(address)}">{escape(link)}</a></p>'
        for title, why, link in _SIGN_IN
    )
    return page(*told)


def not_signed_in() -> str:
    """The way to the identity provider and back did not end well."""
    return _reasons(*_NOT_SIGNED_IN)


def provider_away() -> str:
    """Nobody can be signed in now."""
    return _reasons(*_PROVIDER_AWAY)


def locked_out(seconds: int) -> str:
    """Too many wrong tries from one address."""
    minutes = str(max(1, round(seconds / 60)))
    return _reasons(*((title, why, what.format(minutes=minutes)) for title, why, what in _LOCKED_OUT))


def onward(there: str) -> str:
    """Nothing to read: the way on, begun by a page of our own so that the browser sends our cookie along."""
    return page("<i></i>", "", f'<meta http-equiv="refresh" content="0;url={escape(there)}">')


def again() -> str:
    """Nothing to read: the same visit once more, this time our own."""
    return page("<i></i>", "", '<meta http-equiv="refresh" content="0">')


def starting() -> str:
    """Shown until everything is ready; it asks again every second."""
    arabic, english = (f"<h1>{escape(title)}</h1><p>{escape(text)}</p>" for title, text in _STARTING)
    return page(f"<i></i>{arabic}", english, '<meta http-equiv="refresh" content="1">')


def _reasons(arabic: tuple[str, str, str], english: tuple[str, str, str]) -> str:
    told = (
        f"<h1>{escape(title)}</h1><p>{escape(why)}</p><p><strong>{escape(what)}</strong></p>"
        for title, why, what in (arabic, english)
    )
    return page(*told)


def page(arabic: str, english: str, head: str = "") -> str:
    """A whole page; Arabic first, English below it."""
    below = f'<section lang="en" dir="ltr">{english}</section>' if english else ""
    return whole("ar", f"<section>{arabic}</section>{below}", head)


def whole(language: str, body: str, head: str = "") -> str:
    """A whole page in one language."""
    direction = "rtl" if language == "ar" else "ltr"
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<title>Dealix</title><link rel="icon" href="{_FAVICON}">{head}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
