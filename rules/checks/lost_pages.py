"""
Pages that never have a say: they cannot fire, others always win, or what they would hold is never said.

Rule 1: a page is lost only when every message on which it fires belongs to others; one left over is enough.
Rule 2: a season counts as in force, so a page for Ramadan can shadow another one.
"""

from collections.abc import Iterable, Iterator

from rules.checks.finding import Check, Finding
from rules.checks.ground import Area, Cover
from rules.checks.material import CONFIRMED_AT_ONCE, Material, Way
from rules.pages import Page

# A reader mends one page at a time; more names than this only make the sentence longer.
MOST_NAMES = 3


def never_fires(material: Material) -> Iterator[Finding]:
    """Find pages whose conditions no message can fulfil."""
    for page in material.book.pages:
        if not any(material.areas(page)):
            en = "no message can fulfil its conditions, so it never fires. Change a line of `when`, or retire it."
            ar = "لا توجد رسالة تحقق شروطها، فلن تعمل أبدا. عدّلوا سطرا في when أو أوقفوا الصفحة (retired)."
            yield Finding("never_fires", "error", page.file, page.line, en, ar)


def always_loses(material: Material) -> Iterator[Finding]:
    """Find pages, and single ways of pages, where other pages always win."""
    for page, ways in _by_page(way for way in material.ways if way.page.chapter != "replies").items():
        lost = [way for way in ways if material.ground.is_covered(way.area, way.above)]
        if lost:
            yield _lost(page, _winners(material, lost[0]), whole=len(lost) == len(ways))


def reply_never_said(material: Material) -> Iterator[Finding]:
    """Find replies that are never said, because routing or safety always speak, or a better reply does."""
    for page in material.of("replies"):
        if not any(material.areas(page)):
            continue
        if page.then.say and not any(
            speech.page is page and not material.ground.is_covered(speech.area, speech.above)
            for speech in material.speeches
        ):
            en = "where it fires another page has always spoken, so it is never said. Change it, or retire it."
            ar = "حيث تعمل هذه الصفحة تكون صفحة أخرى قد ردت دائما، فلن يقال نصها أبدا. عدّلوها أو أوقفوها."
            yield Finding("reply_never_said", "error", page.file, page.line, en, ar)


def silenced(material: Material) -> Iterator[Finding]:
    """Find pages that name a stage in which a safety page always keeps silent."""
    for page in material.of("safety", "routing", "replies"):
        if not page.then.say or not _names_stages(page):
            continue
        stronger = _silences_above(material, page)
        for stage in material.fires_at(page):
            if _is_silenced(material, page, stage, stronger):
                en = f'at "{stage}" a safety page always keeps silent, so it says nothing there. Drop the stage.'
                ar = f"في مرحلة «{stage}» تسكت صفحة سلامة دائما، فلن يقال شيء هناك. احذفوا المرحلة من الشروط."
                yield Finding("silenced", "warning", page.file, page.line, en, ar)


def nothing_to_hold(material: Material) -> Iterator[Finding]:
    """Find approval pages that fire only where nothing waits: silences, and stops that are confirmed at once."""
    quiet = [p for p in material.of("safety") if not p.then.say or CONFIRMED_AT_ONCE & set(p.then.flag)]
    for page in material.of("approval"):
        if _all_belong_to(material, page, material.covers_of(tuple(quiet))):
            en = (
                "where it fires nothing is said that could wait, so it never holds anything. Change or retire it."
            )
            ar = "حيث تعمل لا يقال شيء يمكن تعليقه، فلن تعلق أي رد. عدّلوها أو أوقفوها."
            yield Finding("nothing_to_hold", "warning", page.file, page.line, en, ar)


def nothing_to_follow(material: Material) -> Iterator[Finding]:
    """Find follow-up pages that fire only where a safety page decides; then no follow-up happens."""
    safety = material.covers_of(material.of("safety"))
    for page in material.of("follow_up"):
        if _all_belong_to(material, page, safety):
            en = "where it fires a safety page always decides, so it does nothing. Change it, or retire it."
            ar = "حيث تعمل تقرر صفحة سلامة دائما، فلن تنفذ شيئا. عدّلوها أو أوقفوها."
            yield Finding("nothing_to_follow", "warning", page.file, page.line, en, ar)


CHECKS = (
    Check(
        "never_fires",
        "pages whose conditions no message can fulfil",
        "صفحات لا تحقق شروطها أي رسالة",
        never_fires,
    ),
    Check(
        "always_loses", "pages that always lose to better ones", "صفحات تتقدمها صفحات أخرى دائما", always_loses
    ),
    Check("reply_never_said", "replies that are never said", "ردود لا تقال أبدا", reply_never_said),
    Check("silenced", "pages that speak where safety keeps silent", "صفحات ترد حيث تسكت السلامة", silenced),
    Check("nothing_to_hold", "approval pages with nothing to hold", "صفحات موافقة لا تعلق شيئا", nothing_to_hold),
    Check("nothing_to_follow", "follow-ups that never happen", "متابعات لا تنفذ أبدا", nothing_to_follow),
)


def _by_page(ways: Iterable[Way]) -> dict[Page, list[Way]]:
    found: dict[Page, list[Way]] = {}
    for way in ways:
        found.setdefault(way.page, []).append(way)
    return found


def _lost(page: Page, winners: list[str], *, whole: bool) -> Finding:
    en_names = ", ".join(f'"{name}"' for name in winners)
    ar_names = "، ".join(f"«{name}»" for name in winners)
    if whole:
        en = f"{en_names} always wins before it, so it never decides. Make it more specific, or retire it."
        ar = f"تتقدمها دائما {ar_names}، فلن تقرر شيئا. اجعلوها أدق أو أوقفوها."
    else:
        en = f"one of its choices always loses to {en_names}. Drop that choice, or make it more specific."
        ar = f"أحد خياراتها تتقدمه دائما {ar_names}. احذفوا هذا الخيار أو اجعلوه أدق."
    return Finding("always_loses", "error" if whole else "warning", page.file, page.line, en, ar)


def _winners(material: Material, way: Way) -> list[str]:
    """Name the pages that take this way's messages; one alone when it takes all of them."""
    above = set(way.above)
    meeting = [
        (page, mine)
        for page in material.pages
        if (mine := [cover for cover in material.covers[page.id] if cover in above])
        and any(material.ground.inside(way.area, cover) for cover in mine)
    ]
    alone = [page.id for page, mine in meeting if material.ground.is_covered(way.area, mine)]
    return alone[:1] or [page.id for page, _ in meeting][:MOST_NAMES]


def _names_stages(page: Page) -> bool:
    return any(condition.fact == "stage" for way in page.alternatives for condition in way)


def _silences_above(material: Material, page: Page) -> tuple[Cover, ...]:
    safety = material.of("safety")
    stronger = safety[: safety.index(page)] if page.chapter == "safety" else safety
    return material.covers_of(tuple(other for other in stronger if other.then.silence))


def _is_silenced(material: Material, page: Page, stage: str, stronger: tuple[Cover, ...]) -> bool:
    here = [material.ground.only(area, "stage", stage) for area in material.areas(page)]
    areas = [area for area in here if area is not None]
    return bool(areas) and all(material.ground.is_covered(area, stronger) for area in areas)


def _all_belong_to(material: Material, page: Page, covers: tuple[Cover, ...]) -> bool:
    areas: list[Area] = list(material.areas(page))
    return bool(areas) and all(material.ground.is_covered(area, covers) for area in areas)
