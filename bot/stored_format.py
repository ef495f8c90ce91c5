"""
Which format the stored rows are in, and what a version of Dealix may meet.

Rule 1: while FORMAT stays the same, what is stored only gains fields and collections. A reader gives a missing
        field its default, and reads over one it does not know; so two neighbouring versions can work side by
        side, and going back one version is possible.
Rule 2: a change that older versions would misread raises FORMAT, in a release of its own. A process refuses to
        start on a higher number than its own, because it would misread, and quietly spoil, what is there.
Rule 3: the number stands in the database and in every backup; whoever starts first writes it.
"""

from bot.errors import Misconfigured

FORMAT = 1

# The note in the database that holds the number, and the one that says that a restore was not finished.
FORMAT_NOTE = "data_format"
HALF_RESTORED_NOTE = "half_restored"
LAST_BACKUP_NOTE = "last_backup"


def check_format(stored: int) -> None:
    """Raises Misconfigured when a newer Dealix has written this."""
    if stored > FORMAT:
        raise Misconfigured(
            f"these data are in format {stored}, and this Dealix knows up to {FORMAT}: start the newer Dealix "
            "again, or restore a backup from before the upgrade",
            f"هذه البيانات بالصيغة {stored} وهذا الإصدار يعرف حتى {FORMAT}: "
            "شغّل الإصدار الأحدث، أو استعد نسخة من قبل الترقية",
        )


def check_whole(half_restored: str) -> None:
    """Raises Misconfigured when a restore was cut off."""
    if half_restored:
        raise Misconfigured(
            f"the restore of backup {half_restored} was not finished, so only a part of the data is here: run "
            "`dealix restore` again with the same file",
            f"لم تكتمل استعادة النسخة {half_restored}، فالموجود جزء من البيانات فقط: "
            "شغّل dealix restore مرة أخرى بالملف نفسه",
        )
