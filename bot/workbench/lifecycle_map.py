"""
The lifecycle as a picture with live counts: stages, who may move a deal between them, and where deals are lost.

Rule 1: every number has its window and its definition in words (`DEFINITIONS`); where nothing was counted it says
        so, and a share of nobody is no share.
Rule 2: arrows are those of the deal; the pages that cause them are those of the rules in force.
Rule 3: labels are safe to draw: no name can close a quote, and Arabic and figures keep their order.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.decision import ASK_NEXT
from bot.playbook import Playbook
from bot.store import Store, TimelineEntry
from flows import deal

# Longer than the usual week of a decision in a company, shorter than a month in which everybody forgets.
STUCK_AFTER = timedelta(days=14)

LOST = ("nurturing", "closed_lost", "opted_out")
"""Where a deal goes that does not go on."""

RULES, APPROVER, SYSTEM = "rules", "approver", "system"
_CAUSERS = {"message": RULES, "approver": APPROVER, "system": SYSTEM}
_SYSTEM_NAMES = ("", "suppression_list", "provider", "system")

_KINDS = ("stage_moved", "opted_out", "consent_renewed")
_FACTS = ("before", "after", "event", "by", "was", "reason")

# Reasons of a suppression: who renews a consent while one of them holds leaves the stage of the opted out.
_SUPPRESSED = ("user_optout", "provider_optout", "manual")

EVENTS: dict[str, tuple[str, str]] = {
    "start_qualifying": ("بدء الأسئلة", "questions begin"),
    "qualified": ("مناسب", "fits"),
    "not_qualified": ("غير مناسب", "does not fit"),
    "parked": ("ليس الآن", "not now"),
    "needs_time": ("يحتاج وقتا", "needs time"),
    "negotiate": ("يفاوض", "bargains"),
    "opted_out": ("أوقف الرسائل", "opts out"),
    "booking_confirmed": ("تأكيد الحجز", "booking confirmed"),
    "meeting_held": ("عُقد الاجتماع", "meeting held"),
    "no_show_recorded": ("لم يحضر", "no show"),
    "meeting_cancelled": ("إلغاء الاجتماع", "meeting cancelled"),
    "proposal_delivered": ("تسليم العرض", "proposal delivered"),
    "deal_accepted": ("قبول العرض", "proposal accepted"),
    "deal_rejected": ("رفض العرض", "proposal rejected"),
    "payment_verified": ("تأكيد الدفع", "payment verified"),
    "payment_declined": ("رفض الدفع", "payment declined"),
    "pilot_converted": ("استمر بعد التجربة", "pilot converted"),
    "pilot_churned": ("توقف بعد التجربة", "pilot ended"),
    "interest_lost": ("فقد الاهتمام", "interest lost"),
    "consent_renewed": ("عاد بطلبه", "consent renewed"),
}
"""Events of the deal, in Arabic and English."""

CAUSERS: dict[str, tuple[str, str]] = {
    RULES: ("القواعد", "rules"),
    APPROVER: ("إنسان", "a human"),
    SYSTEM: ("النظام", "a verified source"),
}

DEFINITIONS: dict[str, tuple[str, str]] = {
    "now": (
        "العدد في كل مرحلة: العملاء الموجودون فيها الآن.",
        "The number in a stage: contacts who are in it now.",
    ),
    "count": (
        "العدد على السهم: مرات الانتقال خلال الفترة.",
        "The number on an arrow: how often deals moved along it in the window.",
    ),
    "entered": (
        "دخلوا: العملاء الذين دخلوا المرحلة خلال الفترة؛ وفي «عميل جديد» من كتبوا وهم فيها.",
        "Entered: contacts who entered the stage in the window; for new leads, who wrote while they were new.",
    ),
    "drop_off": (
        "التسرب: نسبة من دخلوا ثم انتقلوا مباشرة إلى متابعة لاحقة أو خسارة أو إيقاف، أو بقوا أطول من المهلة.",
        "Drop-off: the share of those who entered whose next step was nurturing, lost or opted out, or who are "
        "still there after the limit.",
    ),
    "no_data": (
        "لا بيانات في هذه الفترة.",
        "There is no data in this window.",
    ),
}
"""What the numbers mean, in Arabic and English."""

_LANGUAGES = {"ar": 0, "en": 1}
_ANYWHERE = ("كل المراحل", "every stage")
_HUMAN = ("بموافقة إنسان", "a human agrees")
_MONEY = ("مال", "money")
_HEADINGS = (
    f"{'المرحلة':<18}{'الآن':>8}{'دخلوا':>8}{'التسرب':>9}",
    f"{'stage':<18}{'now':>8}{'entered':>8}{'drop-off':>9}",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, now and in the window."""

    id: str
    ar: str
    en: str
    now: int
    entered: int
    lost_to: tuple[tuple[str, int], ...]
    """Where those who entered went next, if they did not go on."""
    stuck: int
    """How many of those who entered are still there after the limit."""
    needs_human: bool
    """True when no reply leaves here without a human."""
    is_money: bool
    is_final: bool
    pages: int
    """How many pages can fire here."""

    @property
    def drop_off(self) -> float | None:
        """The share of those who entered and did not go on; None when nobody entered, or nothing comes after."""
        if not self.entered or self.is_final or self.id in LOST:
            return None
        return (sum(count for _, count in self.lost_to) + self.stuck) / self.entered


@dataclass(frozen=True, slots=True)
class Arrow:
    """One event that moves deals from one stage to another."""

    source: str
    target: str
    event: str
    ar: str
    en: str
    by: tuple[str, ...]
    """Who may cause it: `rules | approver | system`."""
    pages: tuple[str, ...]
    """Pages that cause it, or propose it to an approver."""
    count: int
    counts: tuple[tuple[str, int], ...] = ()
    """Who caused it how often."""


@dataclass(frozen=True, slots=True)
class LifecycleMap:
    """Everything that is drawn."""

    stages: tuple[Stage, ...]
    arrows: tuple[Arrow, ...]
    since: datetime
    until: datetime
    stuck_after: timedelta
    book_version: str
    other_moves: int = 0
    """Moves of the window that the lifecycle of today does not know."""

    @property
    def has_data(self) -> bool:
        """False when there is no contact and nothing moved."""
        return any(stage.now or stage.entered for stage in self.stages) or any(a.count for a in self.arrows)

    def stage(self, stage_id: str) -> Stage:
        """One stage by its id. Raises KeyError."""
        return {stage.id: stage for stage in self.stages}[stage_id]


@dataclass(frozen=True, slots=True)
class _Move:
    conversation: str
    at: datetime
    before: str
    after: str
    event: str
    by: str


async def lifecycle(
    store: Store,
    tenant_id: str,
    playbook: Playbook,
    since: datetime,
    until: datetime,
    *,
    stuck_after: timedelta = STUCK_AFTER,
) -> LifecycleMap:
    """The lifecycle of a tenant, with the counts of now and of a window."""
    now = await store.conversations.count_by_stage(tenant_id)
    first = await store.timeline.first_words(tenant_id, deal.STAGES[0], since, until)
    entries = [e async for e in store.timeline.each(tenant_id, _KINDS, since, until, _FACTS)]
    window = since, until, stuck_after
    # Tens of thousands of moves take a moment to count, in which nobody else should wait.
    return await asyncio.to_thread(_drawn, now, first, entries, playbook, window)


def _drawn(
    now: Mapping[str, int],
    first: Mapping[str, datetime],
    entries: list[TimelineEntry],
    playbook: Playbook,
    window: tuple[datetime, datetime, timedelta],
) -> LifecycleMap:
    since, until, stuck_after = window
    moves = _moves(sorted(entries, key=lambda item: (item.entry.at, item.entry.id)))
    fates = _fates(first, moves, until, stuck_after)
    rules = {described.stage: described for described in playbook.book.stages()}
    return LifecycleMap(
        stages=tuple(
            Stage(
                id=stage,
                **_names(stage, playbook),
                now=now.get(stage, 0),
                entered=fates[stage].total(),
                lost_to=tuple((lost, fates[stage][lost]) for lost in LOST if fates[stage][lost]),
                stuck=fates[stage]["stuck"],
                needs_human=stage in deal.APPROVAL_STAGES or rules[stage].always_held,
                is_money=stage in deal.APPROVAL_STAGES,
                is_final=stage in deal.FINAL_STAGES,
                pages=len(rules[stage].pages),
            )
            for stage in deal.STAGES
        ),
        arrows=_arrows(moves, playbook),
        since=since,
        until=until,
        stuck_after=stuck_after,
        book_version=playbook.version,
        other_moves=sum((move.before, move.event) not in deal.TABLE for move in moves),
    )


def _names(stage: str, playbook: Playbook) -> dict[str, str]:
    return {language: playbook.wordings.text(f"stage.{stage}", language) for language in _LANGUAGES}


# what happened


def _moves(entries: Iterable[TimelineEntry]) -> list[_Move]:
    """Every change of a stage, also those that are written down under their own names."""
    moves = []
    stands: dict[str, str] = {}
    for item in entries:
        move = _move(item, stands.get(item.conversation_id, ""))
        if move is not None and move.before != move.after:
            moves.append(move)
            stands[move.conversation] = move.after
    return moves


def _move(item: TimelineEntry, stands: str) -> _Move | None:
    """`stands` is the stage of the contact after the move before, as far as the window shows it."""
    entry = item.entry
    facts = {name: str(entry.data.get(name) or "") for name in _FACTS}
    if entry.what == "stage_moved":
        before, after, event, by = facts["before"], facts["after"], facts["event"], _causer(facts["by"])
    elif entry.what == "opted_out":
        before, after, event = facts["before"], facts["after"], "opted_out"
        by = RULES if facts["reason"] == "user_optout" else SYSTEM
    else:
        # The contact's own opt-in; the same fact is written when only a pause ends, and then no stage changes.
        was_out = facts["before"] == "opted_out" or stands == "opted_out" or facts["was"] in _SUPPRESSED
        if not was_out:
            return None
        before, after, event, by = "opted_out", "nurturing", "consent_renewed", SYSTEM
    return _Move(item.conversation_id, entry.at, before, after, event, by)


def _causer(by: str) -> str:
    if by == RULES:
        return RULES
    return SYSTEM if by in _SYSTEM_NAMES else APPROVER


def _fates(
    first: Mapping[str, datetime], moves: Iterable[_Move], until: datetime, stuck_after: timedelta
) -> dict[str, Counter[str]]:
    """Stage -> what became of each contact who entered it: the next stage, `stuck`, or `there`."""
    fates: dict[str, Counter[str]] = {stage: Counter() for stage in deal.STAGES}
    by_contact: dict[str, list[_Move]] = {}
    for move in moves:
        by_contact.setdefault(move.conversation, []).append(move)
    for contact in {*first, *by_contact}:
        story = by_contact.get(contact, [])
        entered = [(move.after, move.at) for move in story]
        following: list[_Move | None] = [*story[1:], None] if story else []
        if contact in first:
            later = next((move for move in story if move.at >= first[contact]), None)
            entered, following = [(deal.STAGES[0], first[contact]), *entered], [later, *following]
        seen = set()
        for (stage, at), after in zip(entered, following, strict=True):
            if stage in seen or stage not in fates:
                continue
            seen.add(stage)
            fates[stage][after.after if after else "stuck" if until - at > stuck_after else "there"] += 1
    return fates


def _arrows(moves: Iterable[_Move], playbook: Playbook) -> tuple[Arrow, ...]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for move in moves:
        counted.setdefault((move.before, move.event), Counter())[move.by] += 1
    causes = _causes(playbook)
    return tuple(
        Arrow(
            source=source,
            target=target,
            event=event,
            ar=EVENTS[event][0],
            en=EVENTS[event][1],
            by=tuple(_CAUSERS[who] for who in _CAUSERS if event in deal.ALLOWED_EVENTS[who]),
            pages=causes.get((source, event), ()),
            count=(counts := counted.get((source, event), Counter())).total(),
            counts=tuple(counts.most_common()),
        )
        for (source, event), target in deal.TABLE.items()
    )


def _causes(playbook: Playbook) -> dict[tuple[str, str], tuple[str, ...]]:
    """(stage, event) -> the pages that cause or propose it."""
    asking = {page.id for page in playbook.book.pages if page.then.say == ASK_NEXT and not page.is_shadow}
    causes: dict[tuple[str, str], list[str]] = {}
    for stage in playbook.book.stages():
        for page, event, _ in stage.routes:
            causes.setdefault((stage.stage, event), []).append(page)
        for event in ("qualified", "not_qualified"):  # what the last answer brings about
            causes.setdefault((stage.stage, event), []).extend(page for page in stage.pages if page in asking)
    return {step: tuple(dict.fromkeys(pages)) for step, pages in causes.items()}


# drawing


def mermaid(drawn: LifecycleMap, language: str = "ar") -> str:
    """
    The map as a mermaid flow chart.

    Thick arrows belong to a human or a verified source; opt-outs, possible from everywhere, are one dotted arrow.
    """
    number = _LANGUAGES[language]
    lines = ["flowchart TB"]
    for stage in drawn.stages:
        said = [(stage.ar, stage.en)[number], str(stage.now), *_marks(stage, number)]
        lines.append(f"  {stage.id}({_label(said, language)})")
    between: dict[tuple[str, str], list[Arrow]] = {}
    for arrow in drawn.arrows:
        if arrow.target != "opted_out":
            between.setdefault((arrow.source, arrow.target), []).append(arrow)
    for (source, target), arrows in between.items():
        line = "-->" if any(RULES in arrow.by for arrow in arrows) else "==>"
        said = [f"{(arrow.ar, arrow.en)[number]} {_figure(arrow.count)}" for arrow in arrows]
        lines.append(f"  {source} {line}|{_label(said, language)}| {target}")
    out = sum(arrow.count for arrow in drawn.arrows if arrow.target == "opted_out")
    lines.append(f"  anywhere[{_label([_ANYWHERE[number]], language)}]")
    opts_out = [f"{EVENTS['opted_out'][number]} {_figure(out)}"]
    lines.append(f"  anywhere -.->|{_label(opts_out, language)}| opted_out")
    approval = ",".join(stage.id for stage in drawn.stages if stage.needs_human)
    money = ",".join(stage.id for stage in drawn.stages if stage.is_money)
    lines += [
        "  classDef human stroke-width:3px",
        "  classDef money stroke-dasharray:6 3",
        *([f"  class {approval} human"] if approval else []),
        *([f"  class {money} money"] if money else []),
    ]
    return "\n".join(lines) + "\n"


def table(drawn: LifecycleMap, language: str = "ar") -> str:
    """The map in lines of text: stages first, then what moved, then what the numbers mean."""
    number = _LANGUAGES[language]
    lines = []
    if not drawn.has_data:
        lines += [DEFINITIONS["no_data"][number], ""]
    lines.append(_HEADINGS[number])
    for stage in drawn.stages:
        share = "-" if stage.drop_off is None else f"{stage.drop_off:.0%}"
        marks = ", ".join(_marks(stage, number))
        name = (stage.ar, stage.en)[number] + (f" ({marks})" if marks else "")
        lines.append(f"{stage.id:<18}{stage.now:>8}{stage.entered:>8}{share:>9}  {name}")
    lines.append("")
    for arrow in drawn.arrows:
        if arrow.count or arrow.target != "opted_out":
            who = ", ".join(CAUSERS[by][number] for by in arrow.by)
            step = f"{arrow.source} -> {arrow.target}"
            lines.append(f"{step:<38}{arrow.count:>7}  {(arrow.ar, arrow.en)[number]} ({who})")
    lines += ["", f"{drawn.since:%Y-%m-%d %H:%M} - {drawn.until:%Y-%m-%d %H:%M} UTC"]
    lines += [text[number] for key, text in DEFINITIONS.items() if key != "no_data"]
    return "\n".join(lines) + "\n"


def _marks(stage: Stage, number: int) -> list[str]:
    return [*([_MONEY[number]] if stage.is_money else []), *([_HUMAN[number]] if stage.needs_human else [])]


_ESCAPES = {
    "#": "#35;",
    '"': "#quot;",
    "<": "#lt;",
    ">": "#gt;",
    "`": "#96;",
    "\\": "#92;",
    "&": "#38;",
    ";": "#59;",
}
_RIGHT_TO_LEFT, _LEFT_TO_RIGHT, _END = "\u2067", "\u2066", "\u2069"


def _label(lines: Iterable[str], language: str) -> str:
    """A quoted label; each line keeps its own direction, whatever stands beside it."""
    direction = _RIGHT_TO_LEFT if language == "ar" else _LEFT_TO_RIGHT
    safe = ("".join(_ESCAPES.get(sign, sign) for sign in " ".join(line.split())) for line in lines)
    return '"' + "<br/>".join(f"{direction}{line}{_END}" for line in safe) + '"'


def _figure(count: int) -> str:
    return f"({_LEFT_TO_RIGHT}{count}{_END})"
