"""The databases: there, a replica set, writable, on time, and as this version wants them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bot.doctor.findings import Finding, not_checked, ok, problem, warning
from bot.doctor.hands import DatabaseFacts, Patient
from bot.errors import DealixError
from bot.stored_format import FORMAT, FORMAT_NOTE, HALF_RESTORED_NOTE, LAST_BACKUP_NOTE

OLDEST_VERSION = 6
WANTED_VERSION = 8

# Deadlines and leases are counted in seconds; NTP keeps machines within milliseconds.
FAR_APART_SECONDS = 2.0
TOO_FAR_APART_SECONDS = 30.0

# A majority in one building journals within some ten milliseconds.
SLOW_WRITE_MS = 1_000.0

STALE_BACKUP = timedelta(days=2)


async def check(patient: Patient) -> list[Finding]:
    """Every database of this installation."""
    settings = patient.settings
    if not settings.mongodb_uri.get_secret_value():
        try:
            kind = patient.hands.embedded_kind()
        except DealixError as none:
            return [_no_server(none)]
        if not await patient.hands.database_address():
            why = f"the embedded database ({kind}) runs with the service, and the service does not run"
            return [not_checked("database.answers", why, "قاعدة البيانات المدمجة تعمل مع الخدمة، والخدمة متوقفة")]
    found: list[Finding] = []
    for facts in await patient.hands.databases(await patient.hands.database_address()):
        found += _of_one(facts, is_embedded=not settings.mongodb_uri.get_secret_value())
        if not facts.whose and not facts.silent:
            found += _notes(facts, patient)
    return found


def _of_one(facts: DatabaseFacts, *, is_embedded: bool) -> Iterator[Finding]:
    name_en = f"the database of {facts.whose}" if facts.whose else "the database"
    name_ar = f"قاعدة بيانات {facts.whose}" if facts.whose else "قاعدة البيانات"
    if facts.silent:
        yield _silent(facts, name_en, name_ar)
        return
    yield ok(
        "database.answers", f"{name_en} answers: MongoDB {facts.version}", f"{name_ar} تستجيب: {facts.version}"
    )
    yield from _version(facts, name_en, name_ar, is_embedded=is_embedded)
    yield _replica_set(facts, name_en, name_ar)
    yield _writes(facts, name_en, name_ar)
    yield _clock(facts)
    yield _schema(facts, name_en, name_ar)


def _silent(facts: DatabaseFacts, name_en: str, name_ar: str) -> Finding:
    why = ("No message can be recorded.", "لا يمكن تسجيل أي رسالة.")
    if facts.is_locked_out:
        return problem(
            "database.answers",
            (f"{name_en} does not let this user in", f"{name_ar} لا تقبل هذا المستخدم"),
            why,
            (
                "See name, password and rights (readWrite and dbAdmin) in its address.",
                "راجع الاسم وكلمة المرور والصلاحيات (readWrite و dbAdmin) في عنوانها.",
            ),
        )
    return problem(
        "database.answers",
        (f"{name_en} does not answer ({facts.silent})", f"{name_ar} لا تستجيب ({facts.silent})"),
        why,
        (
            "See whether it runs, whether its address names it, and whether a firewall stands between.",
            "تأكد أنها تعمل وأن العنوان صحيح وألا جدار ناريًا بينكما.",
        ),
    )


def _version(facts: DatabaseFacts, name_en: str, name_ar: str, *, is_embedded: bool) -> Iterator[Finding]:
    major = int(facts.version.partition(".")[0] or 0)
    if is_embedded:
        yield ok(
            "database.version",
            f"{name_en} is the embedded one: one node, not for production",
            f"{name_ar} مدمجة: عقدة واحدة، ليست للإنتاج",
        )
        return
    told = (f"{name_en} is MongoDB {facts.version}", f"{name_ar} بإصدار {facts.version}")
    do = (f"Upgrade to MongoDB {WANTED_VERSION} or newer.", f"حدّثها إلى الإصدار {WANTED_VERSION} أو أحدث.")
    if major < OLDEST_VERSION:
        yield problem("database.version", told, ("Older servers lack what we use.", "تنقصها خصائص نستعملها."), do)
    elif major < WANTED_VERSION:
        yield warning(
            "database.version", told, ("It is near or past the end of its support.", "دعمها انتهى أو كاد."), do
        )
    else:
        yield ok("database.version", *told)


def _replica_set(facts: DatabaseFacts, name_en: str, name_ar: str) -> Finding:
    do = (
        "Start mongod with --replSet and run rs.initiate(); three members survive the loss of one.",
        "شغّل mongod مع ‎--replSet‎ ونفّذ rs.initiate()؛ ثلاثة أعضاء يحتملون فقد واحد.",
    )
    if not facts.set_name:
        return problem(
            "database.replica_set",
            (f"{name_en} is no replica set", f"{name_ar} ليست replica set"),
            (
                "Without one an acknowledged write can be lost, and no backup of one moment can be made.",
                "بدونها قد تضيع كتابة مؤكدة ولا يمكن نسخ لحظة واحدة.",
            ),
            do,
        )
    if not facts.is_primary:
        return problem(
            "database.replica_set",
            (f"{name_en} has no primary we can write to", f"{name_ar} بلا عضو رئيسي قابل للكتابة"),
            ("No message can be recorded until one is elected.", "لا تُسجل رسالة حتى يُنتخب عضو رئيسي."),
            ("See rs.status(): is a majority of its members up?", "راجع rs.status(): هل أغلبية الأعضاء تعمل؟"),
        )
    return ok(
        "database.replica_set",
        f"{name_en}: replica set {facts.set_name}, {facts.members} member(s)",
        f"{name_ar}: مجموعة {facts.set_name} من {facts.members}",
    )


def _writes(facts: DatabaseFacts, name_en: str, name_ar: str) -> Finding:
    if facts.write_ms is None:
        return problem(
            "database.writes",
            (
                f"{name_en} refused a write ({facts.write_refused})",
                f"{name_ar} رفضت الكتابة ({facts.write_refused})",
            ),
            ("No message can be recorded.", "لا يمكن تسجيل أي رسالة."),
            (
                "See whether a majority of its members is up, and whether the user may write.",
                "تأكد أن أغلبية الأعضاء تعمل وأن للمستخدم حق الكتابة.",
            ),
        )
    told = (
        f"{name_en}: a write is journalled by a majority in {facts.write_ms:.0f} ms",
        f"{name_ar}: تُثبّت الكتابة لدى الأغلبية في {facts.write_ms:.0f} م.ث",
    )
    if facts.write_ms > SLOW_WRITE_MS:
        return warning(
            "database.writes",
            told,
            ("Every message waits for it.", "كل رسالة تنتظرها."),
            ("See its disk and the network between its members.", "راجع قرصها والشبكة بين أعضائها."),
        )
    return ok("database.writes", *told)


def _clock(facts: DatabaseFacts) -> Finding:
    apart = abs(facts.ahead_seconds)
    told = (
        f"this machine's clock and the database's are {apart:.1f} s apart",
        f"الفرق بين ساعة الجهاز وساعة قاعدة البيانات {apart:.1f} ث",
    )
    why = (
        "Deadlines, quiet hours and signatures go by the clock.",
        "المواعيد وساعات الهدوء والتواقيع تتبع الساعة.",
    )
    do = ("Turn on NTP on both (timedatectl set-ntp true).", "فعّل NTP على الجهازين (timedatectl set-ntp true).")
    if apart > TOO_FAR_APART_SECONDS:
        return problem("database.clock", told, why, do)
    return warning("database.clock", told, why, do) if apart > FAR_APART_SECONDS else ok("database.clock", *told)


def _schema(facts: DatabaseFacts, name_en: str, name_ar: str) -> Finding:
    if facts.is_new:
        return ok(
            "database.schema", f"{name_en} is new: the first start fills it", f"{name_ar} جديدة: يهيئها أول تشغيل"
        )
    if not facts.drift:
        return ok(
            "database.schema",
            f"{name_en}: every collection, index and validator is as wanted",
            f"{name_ar}: المجموعات والفهارس كما يجب",
        )
    shown = "; ".join(facts.drift[:5]) + (f"; {len(facts.drift) - 5} more" if len(facts.drift) > 5 else "")
    return warning(
        "database.schema",
        (
            f"{name_en} differs from what this version makes: {shown}",
            f"{name_ar} تختلف عما يصنعه هذا الإصدار: {shown}",
        ),
        (
            "A missing index makes questions slow, one that is unique keeps doubles out.",
            "الفهرس الناقص يبطئ، والفريد منها يمنع التكرار.",
        ),
        (
            "Restart Dealix: it makes what is missing. An index of your own may stay.",
            "أعد تشغيل Dealix ليصنع الناقص. وما أضفته أنت يبقى.",
        ),
    )


def _notes(facts: DatabaseFacts, patient: Patient) -> Iterator[Finding]:
    notes = facts.notes or {}
    stored = notes.get(FORMAT_NOTE)
    if notes.get(HALF_RESTORED_NOTE):
        yield problem(
            "database.whole",
            ("a restore was not finished", "استعادة لم تكتمل"),
            ("Only a part of the data is here, and Dealix does not start.", "الموجود جزء ولا يبدأ Dealix."),
            ("Run dealix restore again with the same file.", "شغّل dealix restore بالملف نفسه."),
        )
    if isinstance(stored, int) and stored > FORMAT:
        yield problem(
            "database.format",
            (
                f"these data are of format {stored}, newer than {FORMAT}",
                f"صيغة البيانات {stored} أحدث من {FORMAT}",
            ),
            ("This version would misread them.", "هذا الإصدار لا يقرؤها صحيحًا."),
            ("Start the newer Dealix again.", "شغّل الإصدار الأحدث."),
        )
    if not facts.is_new:
        yield backup_finding(notes.get(LAST_BACKUP_NOTE), patient.hands.now)


def backup_finding(note: object, now: datetime) -> Finding:
    """How old the last backup is."""
    at = note.get("at") if isinstance(note, dict) else None
    do = (
        "Run dealix backup every night, and keep the file elsewhere (docs/operations.md).",
        "شغّل dealix backup كل ليلة واحفظ الملف في مكان آخر (docs/operations.md).",
    )
    why = ("What is lost with the disk is lost for good.", "ما يضيع مع القرص يضيع للأبد.")
    if not isinstance(at, datetime):
        return warning(
            "backup.age",
            ("nobody has ever made a backup with dealix backup", "لم تُؤخذ نسخة بأمر dealix backup قط"),
            why,
            do,
        )
    age = now - (at if at.tzinfo else at.replace(tzinfo=UTC))
    told = (
        f"the last backup is {age / timedelta(hours=1):.0f} h old",
        f"عمر آخر نسخة احتياطية {age / timedelta(hours=1):.0f} ساعة",
    )
    return warning("backup.age", told, why, do) if age > STALE_BACKUP else ok("backup.age", *told)


def _no_server(none: DealixError) -> Finding:
    return problem(
        "database.embedded",
        (none.message_en, none.message_ar),
        ("The embedded mongod comes for Linux on x86_64 only.", "قاعدة البيانات المدمجة للينكس x86_64 فقط."),
        ("Set MONGODB_URI, or install mongod.", "عيّن MONGODB_URI أو ثبّت mongod."),
    )


def silent_names(found: Sequence[DatabaseFacts]) -> list[str]:
    """Whose databases did not answer."""
    return [facts.whose or "main" for facts in found if facts.silent]
