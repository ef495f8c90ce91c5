"""
Pages that somebody must look after: seasons that are over, and pages that belong to nobody.

Rule 1: without a day no season is over.
"""

from collections.abc import Iterator

from rules.checks.finding import Check, Finding
from rules.checks.material import Material

# What people write when they do not want to say who.
NOBODY = frozenset({"", "-", "?", "tbd", "todo", "none", "nobody", "unknown", "n/a", "لا أحد", "غير محدد"})


def past_its_day(material: Material) -> Iterator[Finding]:
    """Find pages in force, in shadow above all, whose `until` is over."""
    today = material.today.isoformat() if material.today else ""
    for page in material.book.pages:
        if today and page.until and page.until < today:
            if page.is_shadow:
                en = f"it has been watched in shadow until {page.until}. Make it live, or retire it."
                ar = f"انتهت فترة مراقبتها (shadow) في {page.until}. فعّلوها أو أوقفوها."
            else:
                en = f"its season ended on {page.until}. Retire it, or give it a new day."
                ar = f"انتهى موسمها في {page.until}. أوقفوها أو حددوا يوما جديدا."
            yield Finding("past_its_day", "warning", page.file, page.line, en, ar)


def owned_by_nobody(material: Material) -> Iterator[Finding]:
    """Find pages whose owner is a placeholder."""
    for page in (*material.book.pages, *material.heard.values()):
        if page.owner.strip().casefold() in NOBODY:
            en = f'its owner is "{page.owner}". Name the team that answers for it.'
            ar = f"صاحبها «{page.owner}». سمّوا الفريق المسؤول عنها."
            yield Finding("owned_by_nobody", "warning", page.file, page.line, en, ar)


CHECKS = (
    Check("past_its_day", "pages whose day is over", "صفحات انتهى وقتها", past_its_day),
    Check("owned_by_nobody", "pages without an owner", "صفحات بلا صاحب", owned_by_nobody),
)
