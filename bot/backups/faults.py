"""What can go wrong with a backup; each says what to do."""

from bot.errors import DealixError


class BackupRefused(DealixError):
    """It was not made, or not brought back, and nothing was changed."""

    code, status = "backup_refused", 409


class BackupDamaged(DealixError):
    """The file is not what was written."""

    code, status = "backup_damaged", 409


def damaged(what_en: str, what_ar: str) -> BackupDamaged:
    return BackupDamaged(
        f"this backup cannot be used: {what_en}. Take another one; nothing was changed.",
        f"لا يمكن استعمال هذه النسخة الاحتياطية: {what_ar}. استعمل نسخة أخرى؛ لم يتغير شيء.",
    )
