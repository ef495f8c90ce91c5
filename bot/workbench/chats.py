"""
Whole chats as tests of a playbook: each is played in memory, and the first step that comes out otherwise is told.

Rule 1: a chat is played by the parts that handle real conversations (`bot.workbench.rehearsal`).
Rule 2: a chat says itself how freely the bot may answer and whether there is a public price; what the tenant
        switched today changes no test.
Rule 3: what our chats claim about stops is played under every tenant's rules, even of a chat that it replaced.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from bot.errors import DealixError
from bot.playbook import Playbook
from bot.tenant import Tenant
from bot.workbench.chat_failure import ChatFailure, Difference, difference
from bot.workbench.chat_page import FOLDER, Chat, Step
from bot.workbench.chat_reader import about_stops, read_chats
from bot.workbench.rehearsal import Rehearsal
from bot.workbench.turn import Turn
from flows.wording import UnfilledBlank, UnknownWording
from rules.problems import Problem

__all__ = ["Chat", "ChatFailure", "Difference", "Played", "chats_of", "play", "read_chats", "run_chats"]

# A Monday morning in Riyadh outside Ramadan, before any price list of ours: a chat says itself whether there is a
# public price.
BEGINS = datetime(2024, 1, 8, 7, 0, tzinfo=UTC)

# What a chat with a public price hears when the tenant has none.
SAMPLE_PRICE = {"ar": "الباقة بـ 100 ريال شهريا", "en": "The plan costs 100 SAR a month"}


@dataclass(frozen=True, slots=True)
class Played:
    """A chat and every turn that was played of it."""

    chat: Chat
    turns: tuple[Turn, ...]
    failure: ChatFailure | None


def chats_of(playbook: Playbook, name: str = "") -> tuple[tuple[Chat, ...], tuple[Problem, ...]]:
    """The chats of a playbook, and what keeps some of them from being played; `name` is the tenant's."""
    keys = playbook.wordings.keys
    chats, problems = read_chats(playbook.files, own=tuple(playbook.own), name=name, wordings=keys)
    if not (replaced := {path for path in playbook.own if path.startswith(FOLDER)}):
        return chats, problems
    ours, _ = read_chats({path: text for path, text in playbook.base.items() if path in replaced})
    kept = [rest for chat in ours if (rest := about_stops(chat)) is not None]
    return (*chats, *kept), problems


async def run_chats(playbook: Playbook, tenant: Tenant) -> tuple[ChatFailure, ...]:
    """Play every chat of a playbook; a chat that cannot be read is a failure as well."""
    chats, problems = chats_of(playbook, tenant.id)
    failed = [ChatFailure(p.file, "", p.file, p.line, problem=p.what) for p in problems]
    for chat in chats:
        played = await play(chat, playbook, tenant)
        if played.failure is not None:
            failed.append(played.failure)
        await asyncio.sleep(0)  # whoever shares the event loop goes on between two chats
    return tuple(failed)


async def play(chat: Chat, playbook: Playbook, tenant: Tenant) -> Played:
    """Play one chat until it ends or comes out otherwise."""
    rehearsal = Rehearsal(
        playbook,
        _tenant_of(chat, tenant),
        BEGINS,
        stage=chat.stage,
        slots=chat.slots,
        language=chat.language,
        asked=chat.asked,
    )
    for step in chat.steps:
        try:
            turn = await _happens(step, rehearsal)
        except (DealixError, UnfilledBlank, UnknownWording) as refused:
            return _ended(chat, step, rehearsal, problem=str(refused))
        found = tuple(d for expected in step.expect if (d := difference(expected, turn)) is not None)
        if found:
            return _ended(chat, step, rehearsal, differences=found)
    return Played(chat, rehearsal.turns, None)


def _ended(
    chat: Chat, step: Step, rehearsal: Rehearsal, *, differences: tuple[Difference, ...] = (), problem: str = ""
) -> Played:
    failure = ChatFailure(
        chat.id,
        chat.title,
        chat.file,
        step.line,
        differences,
        problem=problem,
        turns=rehearsal.turns,
        refused=step if problem else None,
    )
    return Played(chat, rehearsal.turns, failure)


def _tenant_of(chat: Chat, tenant: Tenant) -> Tenant:
    price = (tenant.public_price or SAMPLE_PRICE) if chat.has_public_price else {}
    return replace(tenant, autonomy=chat.autonomy, has_public_price=chat.has_public_price, public_price=price)


async def _happens(step: Step, rehearsal: Rehearsal) -> Turn:
    later = step.minutes_later
    match step.what:
        case "event":
            by: Literal["approver", "system"] = "system" if step.by == "system" else "approver"
            return await rehearsal.event(step.text, by, minutes_later=later)
        case "approves":
            return await rehearsal.approves(minutes_later=later)
        case "writes":
            return await rehearsal.writes(step.text, minutes_later=later)
        case "waits":
            return await rehearsal.waits(later)
        case _:
            return await rehearsal.says(step.text, kind=step.kind, button=step.button, minutes_later=later)
