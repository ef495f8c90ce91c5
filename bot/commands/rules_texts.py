"""Rules on a terminal: an explanation, a replay, a line of the history; pure text."""

from bot.playbook import Playbook
from bot.workbench.editions import Change, Edition, How
from bot.workbench.replay_report import KINDS, SKIP_REASONS, Report
from rules import vocabulary
from rules.book import Explanation

# More examples than this nobody reads on a terminal; the page shows all.
EXAMPLES_SHOWN = 12


def explained_text(explained: Explanation, playbook: Playbook) -> str:
    verdict = explained.verdict
    after = vocabulary.MESSAGE_EVENTS[verdict.go][1] if verdict.go else "unchanged"
    parts = [
        f"intent   {verdict.intent} ({verdict.confidence:.2f})",
        f"stage    {after}" + (f", proposes {verdict.proposes}" if verdict.proposes else ""),
        f"says     {verdict.say or verdict.silence_reason}" + (" (held)" if verdict.held else ""),
        f"holds    {', '.join(verdict.hold_reasons) or 'none'}",
        f"flags    {', '.join(verdict.flags) or 'none'}; actions {', '.join(verdict.actions) or 'none'}",
        f"book     {verdict.book_version}" + ("" if verdict.engine_agreed else ", the matchers disagreed"),
    ]
    if verdict.say in playbook.wordings.keys:
        sentence = playbook.wordings.text(verdict.say, verdict.understanding.language)
        parts += ["", "message out, with its blanks", *(f"  {line}" for line in sentence.splitlines())]
    for heading, lines in (
        ("facts", [f"{name}: {value}" for name, value in explained.facts if value not in ("", "False")]),
        ("words that matched", _words(explained)),
        ("fired", explained.fired),
        ("matched, but lost", explained.lost),
        ("nearly fired", explained.nearly),
    ):
        parts += ["", heading, *(f"  {line}" for line in lines or ["none"])]
    return "\n".join(parts)


def replay_text(report: Report) -> str:
    """A report on a terminal: the headline, what changes, and the gravest examples."""
    if not report.has_data:
        return "There were no decisions in that time, so replay can say nothing about this change."
    lines = [f"{report.decisions} decisions were made again, {report.changed} would be different."]
    lines += [f"  {count:6} {KINDS[kind][0]}" for kind, count in report.by_kind]
    for heading, counts in (
        ("intent", report.by_intent),
        ("stage", report.by_stage),
        ("wording", report.by_wording),
        ("gate", report.by_gate),
    ):
        lines += [f"  {heading}: {c.before or 'nothing'} -> {c.after or 'nothing'}, {c.count}" for c in counts]
    for example in report.examples[:EXAMPLES_SHOWN]:
        lines += ["", f"{KINDS[example.kind][0]} (at {example.stage}, {example.times} times): {example.text}"]
        for name, side in (("before", example.before), ("after", example.after)):
            pages = ", ".join(why.page for why in side.because)
            lines.append(f"  {name:6} {side.intent}; {side.wording or side.silence}; {side.gate}; by {pages}")
    lines += [f"  not asked again: {count} because {SKIP_REASONS[why][0]}" for why, count in report.skipped]
    lines += [f"It must not be published: {reason}" for reason in report.blocks]
    return "\n".join(lines)


def _words(explained: Explanation) -> list[str]:
    found = explained.verdict.understanding.intents
    return [f"{one.name} ({one.confidence:.2f}): {' · '.join(one.words)}" for one in found if one.words]


def change_line(change: Change) -> str:
    return (
        f"{change.id}  {change.state.value:10} {change.author.name}: {change.title}  [{len(change.edits)} files]"
    )


def edition_line(edition: Edition) -> str:
    """An edition in a line."""
    who = f"by {edition.by.name}" + (f", agreed by {edition.agreed_by.name}" if edition.agreed_by.name else "")
    how = f"back to {edition.of_number}, " if edition.how is How.ROLLED_BACK else ""
    return f"{edition.number:4}  {edition.version}  {edition.at:%Y-%m-%d %H:%M} UTC  {how}{who}: {edition.title}"
