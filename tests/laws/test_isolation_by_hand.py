"""The walk through what people hold in their hands: buttons and commands of Telegram, and the command line."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer.main
from typer.testing import CliRunner

from admin.telegram.paper import tag_of
from bot.cli import commands
from tests.laws.neighbours import (
    FIRST,
    FOR_NO_TENANT,
    LINES,
    NAMING,
    REPLIES,
    SECOND,
    TAPS,
    VERBS,
    Street,
)
from tests.laws.test_isolation import changed, read


def test_everything_that_an_update_reaches_has_a_case(street: Street) -> None:
    offered = street.house.inside.telegram.handlers()

    assert set(TAPS) | set(LINES) | REPLIES == offered, "TAPS, LINES and REPLIES in neighbours.py"


async def test_no_button_of_another_tenant_does_or_tells_anything(street: Street) -> None:
    """With the sign of its owner, with one's own sign, and without any."""
    person, before, wrong = street.people[SECOND], await street.everything_of(FIRST), list[str]()
    mine = await person.sees_button("approve")
    for handler, buttons in TAPS.items():
        for button in buttons:
            bare = street.first.named(button, tag=tag_of(FIRST))
            for data in (f"{bare}@{tag_of(FIRST)}", f"{bare}@{tag_of(SECOND)}", bare):
                if len(data.encode()) > 64:
                    continue  # no button can carry it
                popup = await person.sends_tap(data, mine)
                wrong += read(f"{handler} {data}", popup.text)
        await street.rests()
        wrong += _shown(handler, person)
        wrong += changed(handler, before, await street.everything_of(FIRST))
    assert not wrong, "\n".join(wrong)


async def test_no_command_finds_anything_of_another_tenant(street: Street) -> None:
    person, before, wrong = street.people[SECOND], await street.everything_of(FIRST), list[str]()
    for handler, lines in LINES.items():
        for line in lines:
            shown = len(person.messages)
            await person.types(street.first.named(line))
            await _answered(lambda shown=shown: len(person.messages) > shown)
        await street.rests()
        wrong += _shown(handler, person)
        wrong += changed(handler, before, await street.everything_of(FIRST))
    assert not wrong, "\n".join(wrong)


async def test_no_reply_reaches_a_card_of_another_tenant(street: Street) -> None:
    """A message has its number in one chat; a stranger names the number of the other's card."""
    person, owner = street.people[SECOND], street.people[FIRST]
    before = await street.everything_of(FIRST)
    for card in [message for message in owner.messages if message.buttons]:
        shown = len(person.messages)
        written = await person.replies("نص من الجار", to=card)
        await _answered(lambda shown=shown: len(person.messages) > shown)
        await person.changes(written, "نص آخر من الجار")
        person._write("", reply_to_message=written["message"]["reply_to_message"], photo=[])
    await _answered(lambda: False)
    await street.rests()

    wrong = _shown("replies", person) + changed("replies", before, await street.everything_of(FIRST))
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def terminal(street: Street, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Somebody at a terminal of the machine on which the house runs."""
    settings = street.house.settings
    for name, value in {
        "MONGODB_URI": settings.mongodb_uri.get_secret_value(),
        "MONGODB_DATABASE": settings.mongodb_database,
        "DEALIX_DATA_DIR": settings.data_dir,
        "DEALIX_TENANTS_FILE": settings.tenants_file,
    }.items():
        monkeypatch.setenv(name, str(value))

    async def runs(*words: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, commands, list(words))

    yield runs
    structlog.reset_defaults()


def test_every_verb_of_the_command_line_has_a_case() -> None:
    offered = {verb: {o for p in command.params for o in p.opts} for verb, command in _verbs()}

    assert set(VERBS) | FOR_NO_TENANT == set(offered), "VERBS in neighbours.py"
    assert [verb for verb in VERBS if "--tenant" not in offered[verb]] == []
    assert [verb for verb in FOR_NO_TENANT if "--tenant" in offered[verb]] == []


async def test_no_verb_of_the_command_line_finds_anything_of_another_tenant(
    street: Street, terminal: Any, tmp_path: Path
) -> None:
    before, wrong = await street.everything_of(FIRST), list[str]()
    file = tmp_path / "list.csv"
    file.write_text("contact\n", encoding="utf-8")
    for verb, words in VERBS.items():
        named = [street.first.named(word, file=str(file), folder=str(tmp_path)) for word in words]
        told = await terminal(*verb.split(), *named, "--tenant", SECOND)
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            wrong.append(f"{verb}: {told.exception!r}")
        if "Usage:" in told.output:
            wrong.append(f"{verb}: this is not how it is called: {told.output[-300:]}")
        if verb in NAMING and told.exit_code == 0:
            wrong.append(f"{verb}: found it: {told.output[:300]}")
        wrong += read(verb, told.output)
        wrong += changed(verb, before, await street.everything_of(FIRST))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            wrong += read(f"the file {path.name}", path.read_text("utf-8"))
    assert not wrong, "\n".join(wrong)


def _verbs() -> list[tuple[str, Any]]:
    def below(command: Any, words: tuple[str, ...]) -> Any:
        for name, inner in getattr(command, "commands", {}).items():
            yield from below(inner, (*words, name))
        if not hasattr(command, "commands"):
            yield " ".join(words), command

    return list(below(typer.main.get_command(commands), ()))


def _shown(what: str, person: Any) -> list[str]:
    return [line for message in person.messages for line in read(what, f"{message.text} {message.before}")]


async def _answered(is_so: Any) -> None:
    """Give the bot a moment; some things are answered with silence."""
    until = time.monotonic() + 1.5
    while time.monotonic() < until and not is_so():
        await asyncio.sleep(0.02)
