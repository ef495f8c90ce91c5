"""
One draft as a message: who wrote, what they mean, why it waits, what we would answer, and what became of it.

Pure: the same card at the same time gives the same text.

Rule 1: a message is never longer than Telegram takes, whatever a contact wrote; the proposed text gives way last.
Rule 2: the proposed text stands alone in its block, so that one tap copies it and nothing of ours is in it.
Rule 3: a decided card keeps who, what and the outcome; what only mattered for the decision goes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from admin.telegram.card_outcome import outcome_lines, status_line
from admin.telegram.diff import word_diff
from admin.telegram.names import Words, flag, named
from admin.telegram.paper import HEADING_UNITS
from admin.telegram.plain import (
    LINE_STARTS,
    clean,
    code,
    escaped,
    fitting,
    hides_something,
    one_line,
    quoted,
    utf16,
)
from admin.telegram.sentences import Language, say
from admin.telegram.times import clock, span
from bot.cards import Card
from bot.conversation import Reason, Said, Status

# Telegram's limit for one message, in UTF-16 units after it has read the markup; we count the markup too, and
# leave room for the line that names the tenant.
MESSAGE_LIMIT = 4096 - HEADING_UNITS

# What a card shows of each part. A usual card stays below a thousand signs, one phone screen and a half.
LINE_AT_MOST = 90
LAST_LINE_AT_MOST = 240
REASONS_AT_MOST = 4
WORDS_AT_MOST = 4
HOLDS_AT_MOST = 5
MODEL_TEXT_AT_MOST = 600

# The least of the proposed text that a card shows before anything else gives way.
TEXT_AT_LEAST = 800


def render(card: Card, *, language: Language, now: datetime, words: Words) -> str:
    """The whole card as HTML, at most MESSAGE_LIMIT units."""
    page = _Page(card, language, now, words)
    return page.decided() if is_decided(card) else page.waiting()


def is_decided(card: Card) -> bool:
    """Whether there is nothing left to decide about the draft."""
    return bool(card.superseded_by) or card.status not in (Status.HELD, Status.UNKNOWN)


def is_cut(card: Card, *, language: Language, now: datetime, words: Words) -> bool:
    """Whether the card shows less than the whole text."""
    return say("text_is_cut", language) in render(card, language=language, now=now, words=words)


class _Page:
    """Draws one card in one language."""

    def __init__(self, card: Card, language: Language, now: datetime, words: Words) -> None:
        self._card = card
        self._language = language
        self._now = now
        self._words = words

    def waiting(self) -> str:
        """All that helps to decide; talk, change and reasons give way when there is no room."""
        below = [*self._deadlines(), *self._version()]
        title = "proposed" if self._card.status is Status.HELD else "text_now"
        parts = (self._head, self._meaning, self._why, self._talk, self._change, self._model)
        above = [list(part()) for part in parts]
        for without in (5, 3, 4, 2):
            if self._room([line for lines in above for line in lines], below) >= TEXT_AT_LEAST:
                break
            above[without] = ["…"]
        return self._with_text([line for lines in above for line in lines], below, title)

    def decided(self) -> str:
        above = [*self._head(), *self._meaning(), *self._titles(), *self._change()]
        return self._with_text(above, self._version(), "text_now")

    def _with_text(self, above: list[str], below: list[str], title: str) -> str:
        """Put the text between the two halves, as much of it as still fits."""
        start = LINE_STARTS[self._language]
        heading = f"<b>{self._say(title)}</b>"
        room = self._room([*above, heading], below)
        shown, is_whole = fitting(clean(self._card.text), room)
        if not is_whole:
            notice = self._say("text_is_cut")
            shown, _ = fitting(clean(self._card.text), room - utf16(notice) - 2)
            below = [notice, *below]
        block = f"<pre>{shown}</pre>"
        return "\n".join(
            [start + line for line in (*above, heading)] + [block] + [start + line for line in below]
        )

    def _room(self, above: list[str], below: list[str]) -> int:
        """How many units are left for the text; each line costs its direction mark and its end."""
        lines = [*above, *below]
        return MESSAGE_LIMIT - sum(utf16(line) + 2 for line in lines) - len("<pre></pre>") - 1

    def _head(self) -> Iterator[str]:
        card = self._card
        yield f"<b>{status_line(card, self._now, self._language)}</b>"
        yield from outcome_lines(card, self._now, self._words, self._language)
        name = quoted(card.contact_name, 40) if card.contact_name.strip() else self._say("no_name")
        phone = code(card.phone_masked) if card.phone_masked else self._say("no_phone")
        channel = f" · {code(card.channel)}" if card.channel else ""
        yield f"👤 <b>{name}</b> · {phone}{channel}"

    def _meaning(self) -> Iterator[str]:
        card = self._card
        arrow = "←" if self._language == "ar" else "→"
        before = self._named("stage", card.stage)
        after = self._named("stage", card.stage_after)
        yield f"📍 {before}" if card.stage_after in ("", card.stage) else f"📍 {before} {arrow} {after}"
        if card.intent:
            yield f"🎯 {self._named('intent', card.intent)} · {round(card.confidence * 100)}%"
        if card.proposes and not is_decided(card):
            yield f"➡️ {self._say('proposes', event=self._named('event', card.proposes))}"
        if card.mode == "human":
            yield self._say("human_mode")

    def _why(self) -> Iterator[str]:
        spoke = _spoke(self._card)
        yield f"<b>{self._say('why')}</b>" + ("" if spoke else f": {self._say('no_rule')}")
        yield from (f"• {self._reason(reason)}" for reason in spoke[:REASONS_AT_MOST])
        if len(spoke) > REASONS_AT_MOST:
            yield f"• … +{len(spoke) - REASONS_AT_MOST}"
        if self._card.hold_reasons and self._card.status is Status.HELD:
            yield self._holds()
        yield from self._source()
        yield from (flag(self._words, name, self._language) for name in self._card.flags[:HOLDS_AT_MOST])

    def _source(self) -> Iterator[str]:
        source = self._card.source
        if source is not None:
            where = f"{code(source.article_id)} · {self._say('source_version', version=source.version)}"
            yield f"{self._say('source')}: {quoted(source.title, LINE_AT_MOST)} ({where})"

    def _titles(self) -> Iterator[str]:
        """Of a decided draft only the names of the rules are kept."""
        titles = [quoted(reason.called(self._language), 60) for reason in _spoke(self._card)[:REASONS_AT_MOST]]
        if titles:
            yield f"{self._say('why')}: " + "، ".join(titles)

    def _reason(self, reason: Reason) -> str:
        matched = " ".join(f"«{quoted(word, 24)}»" for word in reason.words[:WORDS_AT_MOST])
        return f"{quoted(reason.called(self._language), 80)} ({code(reason.page)}) {matched}".rstrip()

    def _holds(self) -> str:
        held = [self._named("hold", reason) for reason in dict.fromkeys(self._card.hold_reasons)][:HOLDS_AT_MOST]
        separator = "؛ " if self._language == "ar" else "; "
        return f"{self._say('held_because')}: {separator.join(held)}. {self._say('otherwise')}"

    def _talk(self) -> Iterator[str]:
        lines = self._card.last_lines
        if not lines:
            return
        yield f"<b>{self._say('last_lines')}</b>"
        newest = max((n for n, line in enumerate(lines) if line.who == "contact"), default=-1)
        yield from (
            self._line(line, LAST_LINE_AT_MOST if n == newest else LINE_AT_MOST) for n, line in enumerate(lines)
        )

    def _line(self, line: Said, at_most: int) -> str:
        return said_line(line, at_most, self._now, self._language)

    def _change(self) -> Iterator[str]:
        if not self._card.edits:
            return
        last = self._card.edits[-1]
        by = self._say("diff", name=quoted(last.by, 40))
        yield f"{by} · {clock(last.at, self._now, self._language)}"
        yield word_diff(last.text, self._card.text)

    def _model(self) -> Iterator[str]:
        proposal = self._card.proposal
        if proposal is None or self._card.status is not Status.HELD:
            return
        yield f"<b>{self._say('model_proposes')}</b> ({code(proposal.model[:40])})"
        if proposal.intent:
            yield f"🎯 {self._named('intent', proposal.intent)} · {round(proposal.confidence * 100)}%"
        yield from (flag(self._words, name, self._language) for name in proposal.flags[:HOLDS_AT_MOST])
        if proposal.text:
            yield code(one_line(proposal.text, MODEL_TEXT_AT_MOST))

    def _deadlines(self) -> Iterator[str]:
        card, now = self._card, self._now
        if hides_something(card.text):
            yield self._say("hidden_signs")
        if card.status is not Status.HELD:
            return
        parts = [self._say("deadlines", now=clock(now, now, self._language))]
        if card.due_at is not None:
            key = "due_in" if card.due_at > now else "due_since"
            parts.append(self._until(key, card.due_at))
        if card.expires_at is not None:
            parts.append(self._until("expires_in", card.expires_at))
        if len(parts) > 1:
            yield " · ".join(parts)
        yield self._say("if_nobody")

    def _until(self, key: str, at: datetime) -> str:
        left: timedelta = at - self._now
        return self._say(key, left=span(left, self._language), at=clock(at, self._now, self._language))

    def _version(self) -> list[str]:
        version = self._card.book_version
        return [f"<i>{self._say('rules_version')} {code(version[:12])}</i>"] if version else []

    def _say(self, key: str, **values: object) -> str:
        return say(key, self._language, **values)

    def _named(self, family: str, name: str) -> str:
        return named(self._words, family, name, self._language)


def said_line(line: Said, at_most: int, now: datetime, language: Language) -> str:
    """One line of the talk: who, when, what."""
    who = (
        say(f"who_{line.who}", language)
        if line.who in ("contact", "bot", "human", "phone")
        else escaped(line.who)
    )
    at = clock(line.at, now, language)
    kind = "" if line.kind in ("text", "button") else say("not_text", language, kind=escaped(line.kind)) + " "
    said = quoted(line.text, at_most) if one_line(line.text, 1) else ""
    return f"{who} {at}: {kind}{said}".rstrip()


def _spoke(card: Card) -> list[Reason]:
    """The pages that had a say; shadow pages only watch."""
    return [reason for reason in card.because if not reason.shadow]
