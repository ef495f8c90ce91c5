"""
A standing approval: what somebody agreed to once, for every draft that is exactly like that. Pure.

Rule 1: it is bounded: kinds of drafts, wordings or risk, how sure the rules were, how many a day, hours, and at
        most thirty days.
Rule 2: it never covers money, promises, complaints, law, or anything that a rule or a person marked; nor what
        nobody asked for, unless its author said so in so many words.
Rule 3: outside any one of its bounds it is nothing, and the draft waits as if it did not exist.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.authority.approval import Risk
from bot.conversation import Conversation, Draft, DraftKind, Status
from bot.errors import BadRequest
from bot.people import NOBODY, Human
from flows.deal import APPROVAL_STAGES

LONGEST = timedelta(days=30)
MOST_A_DAY = 500
LEAST_CONFIDENCE = 0.8

# The one action there is to stand for.
ACTION = "send_whatsapp"

# Whoever is asked for these reasons was not asked because of what the draft says.
ONLY_WATCHED = frozenset({"hold.everything_is_drafted", "hold.not_automatic"})

# ... and these say when or how it was written; agreeing to the wording answers them.
ABOUT_THE_FORM = frozenset({"hold.late_message", "hold.long_message", "hold.reschedule", "hold.meeting_time"})
OF_FOLLOW_UPS = frozenset({"hold.follow_up"})

KINDS = (DraftKind.REPLY.value, DraftKind.FOLLOW_UP.value)


@dataclass(frozen=True, slots=True)
class Terms:
    """The bounds."""

    kinds: tuple[str, ...]
    wordings: tuple[str, ...]
    """Keys of wordings; empty only where the risk is low."""
    max_risk: Risk
    min_confidence: float
    per_day: int
    from_at: datetime
    until_at: datetime
    opens: time
    closes: time
    zone: str
    unasked_for: bool = False
    """Whether follow-ups are meant, too: what nobody asked for."""


@dataclass(frozen=True, slots=True)
class StandingApproval:
    """One, as it is kept; without a genuine signature it is nothing."""

    id: str
    tenant_id: str
    title: str
    author: Human
    created_at: datetime
    terms: Terms
    is_enabled: bool = True
    revoked_by: Human = NOBODY
    revoked_at: datetime | None = None
    signature: str = ""


class StandingRows(Protocol):
    """Where standing approvals are kept, and how often each was used."""

    async def add(self, standing: StandingApproval) -> None: ...

    async def read(self, tenant_id: str, standing_id: str) -> StandingApproval | None: ...

    async def latest(self, tenant_id: str, limit: int) -> list[StandingApproval]: ...

    async def enabled(self, tenant_id: str, now: datetime) -> list[StandingApproval]:
        """Those that say that they hold now, oldest first."""

    async def disable(self, revoked: StandingApproval) -> bool:
        """Write it as revoked; False when somebody did before."""

    async def take(self, tenant_id: str, standing_id: str, day: str, draft_id: str, most: int) -> bool:
        """Count one use for this draft in one write; False when the day is used up. A draft counts once."""

    async def used(self, tenant_id: str, standing_id: str, day: str) -> int: ...


def check_terms(terms: Terms, now: datetime) -> None:
    """Raises BadRequest for bounds that are none."""
    problems = (
        (not terms.kinds or not set(terms.kinds) <= set(KINDS), f"kinds: some of {', '.join(KINDS)}"),
        (
            DraftKind.FOLLOW_UP.value in terms.kinds and not terms.unasked_for,
            "follow-ups are what nobody asked for: say unasked_for: true, or leave them out",
        ),
        (terms.max_risk not in (Risk.NONE, Risk.LOW, Risk.MEDIUM), "max_risk: none, low or medium"),
        (
            terms.max_risk is Risk.MEDIUM and not terms.wordings,
            "name the wordings that you agree to; without them max_risk is low at most",
        ),
        (not LEAST_CONFIDENCE <= terms.min_confidence <= 1, f"min_confidence: {LEAST_CONFIDENCE} to 1"),
        (not 1 <= terms.per_day <= MOST_A_DAY, f"per_day: 1 to {MOST_A_DAY}"),
        (
            not terms.from_at < terms.until_at or terms.until_at <= now,
            "it ends after it begins, and not in the past",
        ),
        (terms.until_at - min(terms.from_at, now) > LONGEST, f"it lasts at most {LONGEST.days} days"),
        (not terms.opens < terms.closes, "the hours end after they begin"),
    )
    wrong = list(dict.fromkeys(said for is_wrong, said in problems if is_wrong))
    if wrong:
        raise BadRequest(
            f"these are no bounds of a standing approval: {'; '.join(wrong)}",
            f"حدود الموافقة الدائمة غير صحيحة: {'؛ '.join(wrong)}",
        )


def mismatch(terms: Terms, conversation: Conversation, draft: Draft, now: datetime) -> str:
    """The code of the first bound that a draft is outside of; empty when all of them hold."""
    local = now.astimezone(ZoneInfo(terms.zone)).time()
    checks = (
        ("not_held", draft.status is not Status.HELD),
        ("time", not terms.from_at <= now < terms.until_at),
        ("hours", not terms.opens <= local < terms.closes),
        ("older", draft.created_at < terms.from_at),
        ("touched", bool(draft.edits) or draft.snoozed_until is not None),
        ("kind", draft.kind.value not in terms.kinds),
        ("unasked_for", draft.kind is DraftKind.FOLLOW_UP and not terms.unasked_for),
        ("wording", bool(terms.wordings) and draft.wording not in terms.wordings),
        ("stage", _is_about_money(conversation, draft)),
        ("flags", bool(draft.flags)),
        ("reasons", not set(draft.hold_reasons) <= _answerable(terms, draft)),
        ("risk", _risk(draft) not in _up_to(terms.max_risk)),
        ("confidence", draft.kind is DraftKind.REPLY and draft.confidence < terms.min_confidence),
        ("contact", conversation.is_suppressed or conversation.mode == "human"),
        ("paused", bool(conversation.sends_paused)),
    )
    return next((code for code, is_so in checks if is_so), "")


def _is_about_money(conversation: Conversation, draft: Draft) -> bool:
    return bool(draft.proposes) or not {conversation.stage, draft.stage_before, draft.stage_after}.isdisjoint(
        APPROVAL_STAGES
    )


def _answerable(terms: Terms, draft: Draft) -> frozenset[str]:
    if terms.max_risk is not Risk.MEDIUM:
        return ONLY_WATCHED
    more = OF_FOLLOW_UPS if draft.kind is DraftKind.FOLLOW_UP else frozenset[str]()
    return ONLY_WATCHED | ABOUT_THE_FORM | more


def _risk(draft: Draft) -> Risk:
    """Low where nothing but the wish to see everything holds an answer."""
    if draft.kind is DraftKind.REPLY and set(draft.hold_reasons) <= ONLY_WATCHED:
        return Risk.LOW
    return Risk.MEDIUM


def _up_to(risk: Risk) -> tuple[Risk, ...]:
    order = (Risk.NONE, Risk.LOW, Risk.MEDIUM)
    return order[: order.index(risk) + 1]
