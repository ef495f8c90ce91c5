"""
What is measured about messages that left: consent where nobody asked, silence after a stop, a human yes.

A check reads and never writes; it names the entries of the history that are against the rule.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from bot.compliance.asked import Asked
from bot.compliance.findings import Finding, judged
from bot.compliance.sends import (
    FIELDS,
    KINDS,
    OPT_OUT_FIELDS,
    OPT_OUT_KINDS,
    OptOut,
    Permission,
    Send,
    after_a_stop,
    late_stops,
    opt_outs_of,
    sends_of,
)
from bot.conversation import DraftKind
from bot.store import TimelineEntry

# A draft that left on the first of these days may have been approved some days before.
PERMISSIONS_BEFORE = timedelta(days=14)

# The timeline is a copy that may lag by a second; what looks wrong in its last seconds is looked at twice.
COPY_LAG = timedelta(seconds=5)
LOOK_AGAIN_SECONDS = 1.2

# What we owe to a contact at once, and say in words that are never ours to choose.
_LEAVES_BY_ITSELF = (DraftKind.OPT_OUT_CONFIRMATION, DraftKind.PRIVACY_RECEIPT)

BEGINNING = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


async def sends(asked: Asked) -> list[Send]:
    """Every call of a provider in the time that is judged."""
    if "sends" in asked.seen:
        return asked.seen["sends"]
    entries = asked.sources.history.each(
        asked.tenant_id, KINDS, asked.since - PERMISSIONS_BEFORE, asked.until, FIELDS
    )
    asked.seen["sends"] = sends_of([entry async for entry in entries], asked.since)
    return asked.seen["sends"]


async def _wrong(asked: Asked, pick: Callable[[], Awaitable[tuple[list[Send], int]]]) -> tuple[list[Send], int]:
    """What a look finds wrong; looked at again where the copy of the last seconds may be behind."""
    wrong, total = await pick()
    if any(send.at > asked.at - COPY_LAG for send in wrong):
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        asked.seen.clear()
        wrong, total = await pick()
    return wrong, total


async def proactive_sends_have_consent(asked: Asked) -> Finding:
    """No message that nobody asked for left without the id of a consent."""

    async def pick() -> tuple[list[Send], int]:
        proactive = [send for send in await sends(asked) if send.is_proactive]
        return [send for send in proactive if not send.consent_id], len(proactive)

    wrong, total = await _wrong(asked, pick)
    return judged(
        "proactive_sends_have_consent",
        asked.at,
        violations=[send.entry_id for send in wrong],
        looked_at=total,
        good_en="every proactive message of the last 30 days names the consent that it rests on",
        good_ar="كل رسالة مبادِرة خلال آخر 30 يومًا تذكر الموافقة التي تستند إليها",
        bad_en=f"{len(wrong)} of {total} proactive messages left without a consent; look at each of them",
        bad_ar=f"خرجت {len(wrong)} من {total} رسالة مبادِرة دون موافقة؛ راجع كل واحدة منها",
    )


async def opt_outs_are_honoured(asked: Asked) -> Finding:
    """A stop counts within a minute, and nothing but its one confirmation leaves afterwards."""
    stops = asked.sources.history.each(asked.tenant_id, OPT_OUT_KINDS, BEGINNING, asked.until, OPT_OUT_FIELDS)
    spans = opt_outs_of([entry async for entry in stops])
    recent = [span for span in spans if span.at >= asked.since]
    causes = [span.correlation_id for span in recent if span.correlation_id]
    received = await asked.sources.history.of_correlations(asked.tenant_id, causes, "message_received")
    late = late_stops(recent, received)
    ignored = await _ignored(asked, spans)

    async def pick() -> tuple[list[Send], int]:
        every = await sends(asked)
        return after_a_stop(every, spans), len(every)

    wrong, total = await _wrong(asked, pick)
    return judged(
        "opt_outs_are_honoured",
        asked.at,
        violations=[*(send.entry_id for send in wrong), *(stop.entry_id for stop in late), *ignored],
        looked_at=len(spans),
        good_en="every stop counted within a minute, and nothing was sent after it",
        good_ar="كل طلب إيقاف نُفّذ خلال دقيقة ولم تُرسل بعده رسالة",
        bad_en=f"{len(wrong)} messages were sent after a stop, {len(late)} stops took longer than a minute, and "
        f"{len(ignored)} were understood and did not count",
        bad_ar=f"أُرسلت {len(wrong)} رسالة بعد طلب إيقاف، وتأخر تنفيذ {len(late)} طلب إيقاف عن دقيقة، "
        f"ولم يُنفذ {len(ignored)} طلب",
        sends=total,
        sent_after_stop=len(wrong),
        late=len(late),
        ignored=len(ignored),
    )


async def _ignored(asked: Asked, spans: Sequence[OptOut]) -> list[str]:
    """Decisions that understood a stop, in a conversation that did not fall silent then."""
    decided = asked.sources.history.each(asked.tenant_id, ("decided",), asked.since, asked.until, ("flags",))
    understood = [entry async for entry in decided if "opt_out" in (entry.entry.data.get("flags") or ())]
    return [item.entry.id for item in understood if not _is_silent(item, spans)]


def _is_silent(item: TimelineEntry, spans: Sequence[OptOut]) -> bool:
    return any(
        span.conversation_id == item.conversation_id
        and span.at <= item.entry.at + COPY_LAG
        and (span.until is None or span.until > item.entry.at)
        for span in spans
    )


async def sends_have_a_yes(asked: Asked) -> Finding:
    """What needs a human's yes had one; what left by itself was a reply that the rules may let go."""
    decided = asked.sources.history.each(
        asked.tenant_id, ("decided",), asked.since - timedelta(days=1), asked.until, ("held",)
    )
    held = {entry.entry.correlation_id async for entry in decided if entry.entry.data.get("held")}

    async def pick() -> tuple[list[Send], int]:
        every = await sends(asked)
        return [send for send in every if _lacks_a_yes(send, held)], len(every)

    wrong, total = await _wrong(asked, pick)
    return judged(
        "sends_have_a_yes",
        asked.at,
        violations=[send.entry_id for send in wrong],
        looked_at=total,
        good_en="every message that needs a yes had one before it left",
        good_ar="كل رسالة تحتاج موافقة بشرية حصلت عليها قبل إرسالها",
        bad_en=f"{len(wrong)} of {total} messages left without the yes that they need",
        bad_ar=f"خرجت {len(wrong)} من {total} رسالة دون الموافقة البشرية المطلوبة",
    )


def _lacks_a_yes(send: Send, held: set[str]) -> bool:
    if send.kind in _LEAVES_BY_ITSELF:
        return False
    match send.permission:
        case Permission.HUMAN | Permission.TEST:
            return False
        case Permission.RULES:
            return send.is_proactive or send.correlation_id in held
        case _:
            return True
