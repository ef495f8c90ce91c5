"""The queue, a search, one contact and the brief, as messages. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.telegram.card_outcome import status_line
from admin.telegram.card_text import LINE_AT_MOST, MESSAGE_LIMIT, said_line
from admin.telegram.names import Words, named
from admin.telegram.plain import LINE_STARTS, code, quoted, utf16
from admin.telegram.sentences import Language, say
from admin.telegram.times import clock, span
from bot.cards import Brief, Card, ContactView
from bot.conversation import ON_THE_WAY

# As many as fit on one screen, each with a button.
QUEUE_SHOWN = 10

SLOTS_AT_MOST = 12
CONTACT_LINES = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is drawn, and when."""

    language: Language
    now: datetime
    words: Words

    def say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    def named(self, family: str, name: str) -> str:
        return named(self.words, family, name, self.language)

    def page(self, lines: Sequence[str]) -> str:
        """Lines in their direction, as many as one message takes."""
        start, used, kept = LINE_STARTS[self.language], 0, []
        for line in lines:
            used += utf16(line) + 2
            if used > MESSAGE_LIMIT - 4:
                kept.append(f"{start}…")
                break
            kept.append(start + line)
        return "\n".join(kept)


def queue_page(lines: Sequence[str], count: int, reader: Reader) -> str:
    """What waits, numbered like the buttons below it; `count` is how much there is, shown or not."""
    if not count:
        return reader.page([reader.say("queue_empty")])
    more = [reader.say("queue_more", count=count - len(lines))] if count > len(lines) else []
    return reader.page([f"<b>{reader.say('queue_title', count=count)}</b>", *lines, *more])


def queued(number: int, card: Card, reader: Reader) -> str:
    """One draft as a line of the queue."""
    said = next((line.text for line in reversed(card.last_lines) if line.who == "contact"), card.text)
    mark = status_line(card, reader.now, reader.language).split()[0]
    ago = reader.say("ago", left=span(reader.now - card.created_at, reader.language))
    return f"{number}. {mark} <b>{_name(card.contact_name, reader)}</b> · {ago} · {quoted(said, 60)}"


def found_page(found: Sequence[ContactView], reader: Reader) -> str:
    if not found:
        return reader.page([reader.say("find_none")])
    lines = [f"<b>{reader.say('find_title', count=len(found))}</b>"]
    lines += [f"{number}. {_who(view, reader)}" for number, view in enumerate(found, start=1)]
    return reader.page(lines)


def contact_page(view: ContactView, reader: Reader) -> str:
    """Everything that helps to answer one contact."""
    return reader.page(list(_contact(view, reader)))


def open_cards(view: ContactView) -> list[Card]:
    """The drafts that can still be opened, as many as have a button."""
    return [card for card in view.drafts if card.status in ON_THE_WAY][-5:]


def _contact(view: ContactView, reader: Reader) -> Iterator[str]:
    yield f"👤 {_who(view, reader)}"
    yield f"<i>{code(view.conversation_id)}</i>"
    if view.is_suppressed:
        yield reader.say("contact_suppressed")
    if view.sends_paused:
        yield reader.say("contact_paused", why=reader.named("flag", view.sends_paused))
    yield _mode(view, reader)
    yield _window(view, reader)
    yield f"<b>{reader.say('contact_answers')}</b>" + (
        "" if view.slots else f": {reader.say('contact_no_answers')}"
    )
    for name, value in view.slots[:SLOTS_AT_MOST]:
        yield f"• {reader.named('slot', name)}: {quoted(value, 80)}"
    if view.last_lines:
        yield f"<b>{reader.say('last_lines')}</b>"
        for line in view.last_lines[-CONTACT_LINES:]:
            yield said_line(line, LINE_AT_MOST * 2, reader.now, reader.language)
    if waiting := open_cards(view):
        yield reader.say("contact_drafts", count=len(waiting))
        for number, card in enumerate(waiting, start=1):
            yield f"{number}. {status_line(card, reader.now, reader.language)} · {quoted(card.text, 60)}"


def _mode(view: ContactView, reader: Reader) -> str:
    if view.mode != "human":
        return reader.say("contact_bot")
    at = clock(view.human_until, reader.now, reader.language) if view.human_until else "…"
    why = f" · {quoted(view.human_reason, 80)}" if view.human_reason else ""
    return reader.say("contact_human", at=at) + why


def _window(view: ContactView, reader: Reader) -> str:
    if view.window_ends_at is None or view.window_ends_at <= reader.now:
        return reader.say("contact_window_closed")
    left = span(view.window_ends_at - reader.now, reader.language)
    return reader.say("contact_window", left=left, at=clock(view.window_ends_at, reader.now, reader.language))


def brief_page(brief: Brief, reader: Reader, title: str = "brief_title") -> str:
    """Numbers, each under the time they count."""
    return reader.page(list(_brief(brief, reader, title)))


def _brief(brief: Brief, reader: Reader, title: str) -> Iterator[str]:
    yield f"<b>{reader.say(title)}</b>"
    if brief.is_paused:
        yield reader.say("brief_paused")
    yield f"<b>{reader.say('brief_now')}</b> {clock(brief.as_of, reader.now, reader.language)}"
    yield from _numbers(brief, reader, ("waiting", "overdue", "in_doubt"))
    if brief.oldest_waiting is not None:
        card = brief.oldest_waiting
        ago = reader.say("ago", left=span(reader.now - card.created_at, reader.language))
        yield f"{reader.say('brief_oldest')}: {_name(card.contact_name, reader)} · {ago}"
    since = clock(brief.since, reader.now, reader.language)
    until = clock(brief.as_of, reader.now, reader.language)
    yield f"<b>{reader.say('brief_period')}</b>: {reader.say('brief_window', since=since, until=until)}"
    if brief.inbound == 0:
        yield reader.say("brief_no_data")
    yield f"{reader.say('brief_inbound')}: {brief.inbound}"
    yield f"{reader.say('brief_by_bot')}: {brief.answered_by_bot}"
    yield from _numbers(brief, reader, ("approved", "opted_out"))
    if brief.by_stage:
        yield f"<b>{reader.say('brief_stages')}</b>"
        yield from (f"• {reader.named('stage', stage)}: {count}" for stage, count in brief.by_stage)


def _numbers(brief: Brief, reader: Reader, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"{reader.say(f'brief_{name}')}: {getattr(brief, name)}"


def _who(view: ContactView, reader: Reader) -> str:
    phone = code(view.phone_masked) if view.phone_masked else reader.say("no_phone")
    return f"<b>{_name(view.name, reader)}</b> · {phone} · {reader.named('stage', view.stage)}"


def _name(name: str, reader: Reader) -> str:
    return quoted(name, 40) if name.strip() else reader.say("no_name")
