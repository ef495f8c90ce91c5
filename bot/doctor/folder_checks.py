"""The data folder: whether it can be written to, who holds it, and whether its keys are there and ours alone."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.findings import Finding, not_checked, ok, problem, warning
from bot.doctor.hands import Patient

# MongoDB stops itself when its disk is full; a day of a busy tenant is some hundred MB.
LEAST_FREE_BYTES = 512 * 2**20
LITTLE_FREE_BYTES = 2 * 2**30


async def check(patient: Patient) -> list[Finding]:
    """Everything about the folder."""
    folder = patient.settings.data_dir
    if not folder.exists():
        parent = next(p for p in folder.absolute().parents if p.exists())
        if os.access(parent, os.W_OK):
            return [ok("folder.writable", f"{folder} is made at the first start", f"يُنشأ {folder} عند أول تشغيل")]
        return [_not_writable(folder)]
    if not folder.is_dir():
        return [_not_writable(folder)]
    found = [_writable(folder), _space(folder), *_keys(folder / "keys")]
    if not patient.settings.mongodb_uri.get_secret_value():
        found.append(_lock(folder / "mongo" / "lock"))
    return found


def _writable(folder: Path) -> Finding:
    if os.access(folder, os.W_OK | os.X_OK):
        return ok("folder.writable", f"{folder} can be written to", f"يمكن الكتابة في {folder}")
    return _not_writable(folder)


def _not_writable(folder: Path) -> Finding:
    return problem(
        "folder.writable",
        (f"{folder} cannot be written to by this user", f"لا يستطيع هذا المستخدم الكتابة في {folder}"),
        ("Keys and the embedded database live there.", "فيه المفاتيح وقاعدة البيانات المدمجة."),
        (
            "Give it to the user that runs Dealix, or set DEALIX_DATA_DIR.",
            "امنحه للمستخدم الذي يشغّل Dealix أو عيّن DEALIX_DATA_DIR.",
        ),
    )


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    told = (
        f"{free / 2**30:.1f} GB are free on the disk of {folder}",
        f"المتاح في قرص {folder}: {free / 2**30:.1f} GB",
    )
    why = ("A database whose disk is full takes no message any more.", "قاعدة بيانات امتلأ قرصها لا تقبل رسائل.")
    do = ("Make room, or move DEALIX_DATA_DIR.", "أفرغ مساحة أو انقل DEALIX_DATA_DIR.")
    if free < LEAST_FREE_BYTES:
        return problem("folder.space", told, why, do)
    return warning("folder.space", told, why, do) if free < LITTLE_FREE_BYTES else ok("folder.space", *told)


def _keys(folder: Path) -> Iterator[Finding]:
    keys = sorted(folder.rglob("*.key")) if folder.is_dir() else []
    if not keys:
        yield ok(
            "folder.keys", "there are no keys yet: the first start makes them", "لا مفاتيح بعد: يصنعها أول تشغيل"
        )
        return
    open_ones = [key for key in keys if key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_ones:
        names = ", ".join(str(key.relative_to(folder)) for key in open_ones)
        yield problem(
            "folder.keys",
            (f"other users of this machine can read {names}", f"يستطيع مستخدمون آخرون قراءة {names}"),
            ("Whoever has them signs as you, and comes in as anybody.", "من يملكها يوقّع باسمك ويدخل بأي صفة."),
            (
                f"chmod -R go= {folder}, then rotate them (docs/operations.md)",
                f"chmod -R go= {folder} ثم بدّلها (docs/operations.md)",
            ),
        )
        return
    # The key of tokens is made when somebody first comes in; this one is made at every start.
    if not (folder / "contacts.key").exists():
        yield warning(
            "folder.keys",
            ("contacts.key is not among the keys", "لا يوجد contacts.key بين المفاتيح"),
            (
                "If it was there once, whoever was forgotten is not recognised any more.",
                "إن كان موجودًا من قبل فلن يُعرف من طُلب نسيانه.",
            ),
            ("Bring it back from a backup.", "أعده من نسخة احتياطية."),
        )
        return
    yield ok("folder.keys", f"{len(keys)} keys, for their owner only", f"{len(keys)} مفاتيح لصاحبها فقط")


def _lock(lock: Path) -> Finding:
    try:
        inode = lock.stat().st_ino
        held = Path("/proc/locks").read_text().splitlines()
    except FileNotFoundError:
        return not_checked("folder.lock", "no Dealix has run here yet", "لم يعمل Dealix هنا بعد")
    for line in held:
        fields = line.split()
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5].endswith(f":{inode}"):
            return ok("folder.lock", f"process {fields[4]} works in it", f"العملية {fields[4]} تعمل فيه")
    return ok("folder.lock", "nobody works in it now", "لا أحد يعمل فيه الآن")
