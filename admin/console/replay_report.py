"""
A replay report, drawn: the headline, what stops publishing, what changes, and examples of each kind.

Rule 1: warnings stand first; a report without decisions says that nothing is known, never that nothing changes.
Rule 2: every number stands beside what it counts, and its window and definition are one fold away.
"""

from collections.abc import Sequence

from admin.console import states
from admin.console.draw import icon, pieces, put
from admin.console.place import Place
from admin.console.playground_rounds import silence_words
from admin.console.playground_why import path_in_book
from admin.console.replay_view import (
    TABLES,
    Kind,
    counts_of,
    difference,
    examples_by_kind,
    headline_of,
    kinds_of,
    tone_of,
)
from admin.console.sentences import named
from admin.console.times import day_and_clock
from bot.workbench.replay_report import (
    FAILED,
    FREE,
    KINDS,
    SILENT,
    SKIP_REASONS,
    Count,
    Example,
    Report,
    Side,
    Why,
)

# A table that is longer shows the rest in a fold.
ROWS = 6
EXAMPLES_OPEN = 1


def draw_report(place: Place, report: Report, days: int, *, shows_texts: bool) -> None:
    """The whole report."""
    head = headline_of(report)
    with put(
        "div", "report", data_report=head.tone, data_decisions=report.decisions, data_changed=report.changed
    ):
        if head.tone == "none":
            with put("section", "sheet"):
                states.empty("clock", place.say("no_data"))
                _draw_left(place, report)
            _draw_definitions(place, report)
            return
        _draw_headline(place, report)
        if report.changed:
            _draw_kinds(place, kinds_of(report, place.language), report)
            _draw_tables(place, report)
            _draw_examples(place, report, shows_texts=shows_texts)
        _draw_definitions(place, report)


def _draw_headline(place: Place, report: Report) -> None:
    head, say = headline_of(report), place.say
    with put("section", f"sheet headline {head.tone}", data_headline=head.tone):
        with put("div", "big-numbers"):
            _draw_big(f"{head.decisions:,}", say("big_decisions"))
            _draw_big(f"{head.changed:,}", say("big_changed", percent=f"\u2066{head.share}\u2069"))
            _draw_big(f"{head.losing:,}", say("big_losing"), head.tone if head.losing else "")
        total, changed = f"{head.decisions:,}", f"{head.changed:,}"
        words = (
            say("headline", total=total, changed=changed) if head.changed else say("headline_none", total=total)
        )
        put("p", "unseen", words, role="status")
        if not head.changed:
            put("p", "verdict-line good", say("no_change_found"))
        blocks = report.blocks_ar if place.language == "ar" else report.blocks
        if blocks:
            with put("div", "verdict-line bad", role="alert", data_blocks=len(blocks)):
                put("strong", text=say("blocks"))
                with put("ul"):
                    for block in blocks:
                        put("li", text=block)
        elif head.losing:
            put("p", "verdict-line gold", say("warns"))
        elif head.changed:
            put("p", "verdict-line good", say("may_publish"))


def _draw_big(number: str, words: str, tone: str = "") -> None:
    with put("div", f"big {tone}"):
        put("strong", "num", number)
        put("span", text=words)


def _draw_kinds(place: Place, kinds: Sequence[Kind], report: Report) -> None:
    most = max(kind.count for kind in kinds)
    with put("section", "sheet"):
        with put("header", "sheet-head"):
            put("h2", text=place.say("kinds"))
            put("span", "faint tiny", place.say("kinds_hint"))
        with put("ul", "bars", data_kinds=""):
            for kind in kinds:
                with put("li", kind.tone, data_kind=kind.code, data_count=kind.count):
                    put("span", "bar-name", kind.name)
                    put("span", "bar-line", aria_hidden="true").style(f"--share:{_share(kind.count, most)}%")
                    put("strong", "num", f"{kind.count:,}")


def _draw_tables(place: Place, report: Report) -> None:
    with put("div", "report-tables"):
        for table in TABLES:
            counts = counts_of(report, table)
            if counts:
                with put("section", "sheet", data_table=table):
                    put("h2", text=place.say(f"by_{table}"))
                    _draw_table(place, table, counts[:ROWS], counts[0].count)
                    if rest := counts[ROWS:]:
                        with put("details", "idle-fold"):
                            put("summary", text=place.say("show_rest", n=len(rest)))
                            _draw_table(place, table, rest, counts[0].count)


def _draw_table(place: Place, table: str, counts: Sequence[Count], most: int) -> None:
    say = place.say
    with put("div", "scroll-x"), put("table", "grid-table became"):
        put("caption", "unseen", say(f"by_{table}"))
        with put("thead"), put("tr"):
            put("th", text=say("before"), scope="col")
            put("th", text=say("after"), scope="col")
            put("th", "n", say("count"), scope="col")
        with put("tbody"):
            for count in counts:
                with put("tr", data_before=count.before, data_after=count.after, data_count=count.count):
                    with put("td"):
                        put("bdi", text=_worded(place, table, count.before))
                    with put("td"):
                        icon("arrow")
                        is_same = table == "wording" and count.before == count.after
                        put(
                            "span", text=say("same_other_text") if is_same else _worded(place, table, count.after)
                        )
                    with put("td", "n"):
                        put("span", "table-bar", aria_hidden="true").style(
                            f"--share:{_share(count.count, most)}%"
                        )
                        put("span", text=f"{count.count:,}")


def _worded(place: Place, table: str, name: str) -> str:
    match table:
        case "intent" | "stage":
            return place.words(table, name)
        case "gate":
            return gate_words(place, name)
        case "silence":
            return silence_words(place, name) if name else place.say("nothing_said")
        case _:
            return name or place.say("nothing_said")


def gate_words(place: Place, gate: str) -> str:
    """What the gate does: `free`, `silent`, `failed`, or the reasons to hold."""
    if gate in (FREE, SILENT, FAILED):
        return place.say(f"gate_{gate}")
    reasons = (reason.strip().removeprefix("hold.") for reason in gate.split(","))
    return place.say(
        "gate_because", why=" · ".join(place.words("hold", reason).rstrip(".") for reason in reasons)
    )


# examples


def _draw_examples(place: Place, report: Report, *, shows_texts: bool) -> None:
    say = place.say
    groups = examples_by_kind(report)
    if not groups:
        return
    number = 1 if place.language == "ar" else 0
    counted = dict(report.by_kind)
    with put("section", "sheet", data_examples=len(report.examples)):
        with put("header", "sheet-head"):
            put("h2", text=say("examples"))
            if not shows_texts:
                put("span", "chip-is gold", say("examples_hidden"))
        for kind, examples in groups:
            with put("section", f"example-kind {tone_of(kind)}"):
                with put("h3"):
                    put("span", text=KINDS[kind][number])
                    total = counted.get(kind, len(examples))
                    put(
                        "span",
                        "faint tiny",
                        say("examples_some", n=sum(e.times for e in examples), total=f"{total:,}"),
                    )
                for place_in_kind, example in enumerate(examples):
                    is_open = tone_of(kind) == "bad" and place_in_kind < EXAMPLES_OPEN
                    _draw_example(place, example, is_open=is_open, shows_texts=shows_texts)


def _draw_example(place: Place, example: Example, *, is_open: bool, shows_texts: bool) -> None:
    say = place.say
    fold = put("details", "example", data_example=example.kind)
    if is_open:
        fold.props.update({"open": True})
    with fold:
        with put("summary"):
            put("q", "example-text", example.text or say("text_hidden"), dir="auto")
            put("span", "faint tiny", say("at_stage", stage=place.words("stage", example.stage)))
            if example.times > 1:
                put("span", "chip-is", say("times_n", n=example.times))
        with put("div", "example-sides"):
            _draw_side(place, "before", example.before, example.after)
            _draw_side(place, "after", example.after, example.before)
        _draw_words(example)
        if shows_texts and example.text:
            put(
                "a",
                "btn small",
                say("try_example"),
                href=place.address("playground", stage=example.stage, says=example.text[:500]),
            )


def _draw_side(place: Place, name: str, side: Side, other: Side) -> None:
    say = place.say
    said = side.wording or say("keeps_silent", why=silence_words(place, side.silence))
    rows = [
        ("meaning", place.words("intent", side.intent), side.intent != other.intent),
        ("goes_to", place.words("stage", side.stage), side.stage != other.stage),
        ("gate", gate_words(place, side.gate), side.gate != other.gate),
        ("says", said, (side.wording, side.silence) != (other.wording, other.silence)),
    ]
    if side.proposes or other.proposes:
        proposed = named("event", side.proposes, place.language) if side.proposes else "—"
        rows.append(("proposes", proposed, side.proposes != other.proposes))
    with put("div", f"example-side {name}"):
        put("h4", text=say(name))
        with put("dl"):
            for key, words, differs in rows:
                put("dt", text=say(key))
                with put("dd", "differs" if differs else ""):
                    put("bdi", text=words)
        for flag in side.flags:
            put(
                "span",
                "chip-is bad" if flag not in other.flags else "chip-is",
                named("flag", flag, place.language),
            )
        _draw_because(place, side.because, {why.page for why in other.because})


def _draw_because(place: Place, because: Sequence[Why], others: set[str]) -> None:
    if not because:
        return
    with put("ul", "example-rules", aria_label=place.say("rules")):
        for why in because:
            path = path_in_book(why.file)
            with put("li", "" if why.page in others else "differs", data_rule=why.page):
                put(
                    "a",
                    text=why.page,
                    href=place.address("book", page=path),
                    target="_blank",
                    title=place.say("open_page", page=f"\u2066{path}\u2069"),
                    dir="ltr",
                )
                put("code", "faint", why.said, dir="ltr")


def _draw_words(example: Example) -> None:
    """The two sentences as one, with what went and what came."""
    before, after = example.before.says, example.after.says
    if before and after and before != after:
        with put("div", "diff", dir="auto", data_diff=""):
            pieces(difference(before, after))


# what the numbers mean


def _draw_definitions(place: Place, report: Report) -> None:
    say = place.say
    with put("details", "sheet defined"):
        put("summary", text=say("defined"))
        with put("ul"):
            if report.since and report.until:
                since, until = day_and_clock(report.since), day_and_clock(report.until)
                put("li", text=say("defined_window", since=since, until=until))
            for key in ("defined_decisions", "defined_changed", "defined_safety"):
                put("li", text=say(key))
            versions = (f"\u2066{v}\u2069" for v in (report.old_version, report.new_version))
            put("li", text=say("defined_versions", **dict(zip(("old", "new"), versions, strict=True))))
            if report.without_answers:
                put("li", text=say("without_answers", n=f"{report.without_answers:,}"))
            put("li", text=say("defined_seconds", n=f"{report.seconds:.1f}"))
        _draw_left(place, report)


def _draw_left(place: Place, report: Report) -> None:
    if not report.skipped:
        return
    number = 1 if place.language == "ar" else 0
    total = sum(count for _, count in report.skipped)
    with put("div", "faint", data_skipped=total):
        put("p", text=place.say("skipped", n=f"{total:,}"))
        with put("ul"):
            for reason, count in report.skipped:
                put("li", text=f"{SKIP_REASONS[reason][number]}: {count:,}")


def _share(count: int, most: int) -> int:
    return max(2, round(100 * count / most)) if most else 0
