"""
A talk of the playground as a chat of the book: `chats/<id>.yml`, which from then on must come true again. Pure.

Rule 1: it claims what the proposed book did, so it passes under that book as it is.
Rule 2: a text stands in double quotes, with whatever nobody can see written as a number, so that no quote, line
        break or direction mark of a lead can break the file.
"""

import re
from collections.abc import Iterator, Sequence

from admin.console.playground_talk import Round, Start
from bot.workbench.rehearsal import Turn

_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
_WORDS_THAT_YAML_KNOWS = frozenset({"yes", "no", "true", "false", "null", "on", "off", "y", "n"})


def chat_yaml(chat_id: str, title: str, why: str, start: Start, rounds: Sequence[Round]) -> str:
    """The file, from the side that answered last (the proposed one when there are two)."""
    lines = [f"id: {chat_id}", f"title: {_text(title)}", f"why: {_text(why)}"]
    if start.stage != "new_lead" or start.slots:
        lines.append("start:")
        lines.append(f"  stage: {start.stage}")
        if start.slots:
            lines.append("  slots:")
            lines += [f"    {name}: {_text(value)}" for name, value in start.slots.items()]
    lines.append("chat:")
    for each in rounds:
        lines += _step(each)
    return "\n".join(lines) + "\n"


def _step(each: Round) -> Iterator[str]:
    deed, turn = each.deed, each.sides[-1].turn
    if turn is None:
        return
    if deed.what == "approves":
        yield "  - approves: yes"
    elif deed.what == "event":
        yield f"  - event: {deed.text}"
    else:
        keys = [f"says: {_text(deed.text)}"] if deed.text else []
        keys += [f"kind: {deed.kind}"] if deed.kind != "text" else []
        keys += [f"button: {_text(deed.button)}"] if deed.button else []
        yield f"  - {keys[0]}"
        yield from (f"    {key}" for key in keys[1:])
    claims = ", ".join(f"{name}: {value}" for name, value in _claims(turn))
    yield f"    expect: {{{claims}}}"


def _claims(turn: Turn) -> Iterator[tuple[str, str]]:
    if turn.what == "says" and turn.intent:
        yield "intent", turn.intent
    yield "stage", turn.stage_after
    if turn.what != "says":
        return
    if turn.wording:
        yield "say", turn.wording
        yield "held", "true" if turn.held else "false"
    if turn.hold_reasons:
        yield "hold", _list(reason.removeprefix("hold.") for reason in turn.hold_reasons)
    if turn.flags:
        yield "flag", _list(turn.flags)
    if not turn.said and turn.silence_reason:
        yield "silence", turn.silence_reason.removeprefix("silence.")
    if turn.proposes:
        yield "proposes", turn.proposes


def _list(words: Iterator[str] | Sequence[str]) -> str:
    return f"[{', '.join(words)}]"


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text not in _WORDS_THAT_YAML_KNOWS
    return text if is_plain else f'"{"".join(map(_letter, text))}"'


def _letter(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    number = ord(letter) if not 0xD800 <= ord(letter) <= 0xDFFF else 0xFFFD
    return f"\\U{number:08x}" if number > 0xFFFF else f"\\u{number:04x}"
