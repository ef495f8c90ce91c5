"""Names and values: what is half set, what is misspelt, what nobody reads, who else can read it."""

import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from rapidfuzz import fuzz, process

from bot.doctor.findings import Finding, ok, problem, warning
from bot.doctor.hands import Patient
from bot.errors import DealixError
from bot.settings import Settings

ENV_FILE = Path(".env")

# Whatever begins like this was meant for us.
_OURS = ("DEALIX_", "GREEN_API_", "ULTRAMSG_", "FONNTE_", "WHATSAPP_", "TELEGRAM_", "MONGODB_", "RULES_BACKEND")

# Two names as alike as this are one name and a slip: TELEGRAM_TOKEN is, HOME is not.
_ALIKE = 82.0
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


async def check(patient: Patient) -> list[Finding]:
    """Everything that can be seen in the settings themselves."""
    settings = patient.settings
    found = [*_misspelt(patient), *_env_file(), *_complete(settings), *_public_url(settings)]
    found += _secrets(patient)
    return found


def known_names() -> frozenset[str]:
    return frozenset(str(field.alias) for field in Settings.model_fields.values())


def slips(names: Collection[str], allowed: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """(name, what it was meant to be or ""), for names that look like ours and are not."""
    known = known_names()
    for name in sorted(set(names) - known - set(allowed)):
        alike = process.extractOne(name, known, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        if name.startswith(_OURS):
            closest = alike or process.extractOne(name, known, scorer=fuzz.WRatio, score_cutoff=_ALIKE)
            yield name, closest[0] if closest else ""
        elif alike:
            yield name, alike[0]


def _misspelt(patient: Patient) -> Iterator[Finding]:
    names = {*patient.environment, *patient.env_file}
    found = list(slips(names, _named_in_tenants_file(patient.settings.tenants_file)))
    for name, meant in found:
        do = (
            (f"Rename it to {meant}.", f"غيّر اسمه إلى {meant}.")
            if meant
            else (
                "Remove it, or look in .env.example for the right name.",
                "احذفه أو ابحث عن الاسم في ‎.env.example‎.",
            )
        )
        yield warning(
            "settings.names",
            (f"{name} is set, and nothing reads it", f"عُيّن {name} ولا شيء يقرؤه"),
            ("What you meant to set is not set.", "ما أردت تعيينه لم يُعيَّن."),
            do,
        )
    if not found:
        yield ok("settings.names", "every name is known", "كل الأسماء معروفة")


def _named_in_tenants_file(file: Path | None) -> frozenset[str]:
    """What the tenants file takes from the environment by names of its own."""
    try:
        return frozenset(_VARIABLE.findall(file.read_text("utf-8"))) if file else frozenset()
    except (OSError, UnicodeDecodeError):
        return frozenset()  # what is wrong with the file is another finding


def _env_file() -> Iterator[Finding]:
    try:
        mode = ENV_FILE.stat().st_mode
    except FileNotFoundError:
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(
            "settings.env_file",
            (".env can be read by other users of this machine", "يستطيع مستخدمون آخرون قراءة ‎.env‎"),
            ("Every token in it is theirs too.", "كل رمز فيه يصبح متاحًا لهم."),
            ("chmod 600 .env", "chmod 600 .env"),
        )
    else:
        yield ok("settings.env_file", ".env is for its owner only", "الملف ‎.env‎ لصاحبه فقط")


def _complete(settings: Settings) -> Iterator[Finding]:
    try:
        settings.check()
    except DealixError as half:
        yield problem(
            "settings.complete",
            (half.message_en, half.message_ar),
            ("Dealix does not start like this.", "لا يبدأ Dealix هكذا."),
            ("Fill in what is missing, or take the rest away.", "أكمل الناقص أو احذف الباقي."),
        )
    else:
        yield ok("settings.complete", "nothing is half set", "لا إعداد ناقصًا")


def _public_url(settings: Settings) -> Iterator[Finding]:
    if not settings.public_url:
        return
    parts = urlsplit(settings.public_url)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "https" or is_here:
        yield ok("settings.public_url", "the public address is https", "العنوان العام https")
        return
    yield problem(
        "settings.public_url",
        ("DEALIX_PUBLIC_URL is not https", "العنوان DEALIX_PUBLIC_URL ليس https"),
        (
            "Telegram brings nothing there, and links to the console show who comes in to everybody on the way.",
            "لا يوصل تيليجرام إليه شيئًا، وروابط اللوحة مكشوفة لكل من في الطريق.",
        ),
        ("Put a TLS proxy before Dealix and name its https address.", "ضع وكيل TLS أمام Dealix واكتب عنوانه."),
    )


def _secrets(patient: Patient) -> Iterator[Finding]:
    """Whoever can leave a webhook unproved has a finding of its own at the provider."""
    settings = patient.settings
    if settings.trusted_proxies.strip() == "*":
        yield warning(
            "settings.trusted_proxies",
            ("DEALIX_TRUSTED_PROXIES believes everybody", "يصدّق DEALIX_TRUSTED_PROXIES كل أحد"),
            (
                "Anybody can claim any address, so nobody is locked out after wrong tries.",
                "يستطيع أي أحد ادعاء أي عنوان، فلا يُمنع من يكرر المحاولات الخاطئة.",
            ),
            ("Name the addresses of your proxies.", "اكتب عناوين وكلائك."),
        )
