"""What was in doubt: every doubt has a cause that was made, and no doubted message was tried again by itself."""

from bisect import bisect_left, bisect_right
from itertools import pairwise

from bench.chaos.checks.seen import CLOCK_GRAIN, Attempt, Count, Evidence, Seen
from bench.chaos.history import Call, Fault, History

# What a provider did that leaves its caller in doubt.
AMBIGUOUS = ("timeout_after_accept", "cut_reply", "html_200", "down", "server_error", "slow", "reply")
# What takes a process, or its clock, away in the middle of a call.
INTERRUPTS = ("kill", "freeze", "twin")

# The product waits so long for an answer, and then is in doubt, whatever the cause was.
ANSWER_WITHIN = 14.5

# A frozen process learns after it wakes up that its call has timed out.
WAKES_WITHIN = 2.0


def doubt(history: History, seen: Seen) -> Count:
    """I3: no more doubts than causes, and none of them was repeated by anybody but a human."""
    calls: dict[tuple[str, str, str], list[Call]] = {}
    for call in history.calls:
        calls.setdefault((call.tenant, call.phone, call.text_sha256), []).append(call)
    faults = sorted((f for f in history.faults if f.kind in INTERRUPTS), key=lambda fault: fault.began)
    doubted = [attempt for attempt in seen.attempts if attempt.is_doubted]
    broken, tired = [], 0
    for attempt in doubted:
        mine = calls.get((attempt.tenant, attempt.phone, attempt.text_sha256), [])
        if _waited_in_vain(attempt):
            tired += 1
        elif not _was_answered_badly(attempt, mine) and not _was_interrupted(attempt, faults):
            ids = (attempt.tenant, attempt.conversation, attempt.draft, attempt.id, attempt.send_class)
            broken.append(Evidence("in doubt, and nothing was done that explains it", ids, attempt.at))
    broken += _repeated_by_itself(seen)
    resolved = {
        f.data["draft"] for facts in seen.by_conversation.values() for f in facts if f.what == "doubt_resolved"
    }
    left = sorted(
        d.id for c in history.contacts for d in c.drafts if d.status == "unknown" and d.id not in resolved
    )
    remarks = (f"{len(left)} still in doubt, before those who decide: {', '.join(left[:20])}",) if left else ()
    if tired:
        remarks = (
            *remarks,
            f"{tired} had waited their whole time for an answer: a slow provider, or a slow machine",
        )
    promise = "every doubt has a cause that was made, and no doubted message was sent again by itself"
    return Count("doubt", "I3", promise, len(doubted), tuple(broken), remarks)


def _waited_in_vain(attempt: Attempt) -> bool:
    return attempt.send_class == "ambiguous" and attempt.ended_at - attempt.at >= ANSWER_WITHIN


def _was_answered_badly(attempt: Attempt, calls: list[Call]) -> bool:
    until = attempt.ended_at or 9e18
    return any(
        call.behaviour.partition(":")[0] in AMBIGUOUS
        and attempt.at - CLOCK_GRAIN <= call.at <= until + CLOCK_GRAIN
        for call in calls
    )


def _was_interrupted(attempt: Attempt, faults: list[Fault]) -> bool:
    begins = [fault.began for fault in faults]
    until = attempt.ended_at or 9e18
    first = bisect_left(begins, attempt.at - CLOCK_GRAIN)
    during = faults[first : bisect_right(begins, until)]
    frozen = any(f.kind == "freeze" and f.began <= attempt.at <= f.ended + WAKES_WITHIN for f in faults)
    return bool(during) or frozen


def _repeated_by_itself(seen: Seen) -> list[Evidence]:
    """Drafts of which a doubted attempt was followed by another, without a human who said so in between."""
    broken = []
    for draft, attempts in seen.attempts_of.items():
        ordered = sorted(attempts, key=lambda attempt: attempt.fact)
        for earlier, later in pairwise(ordered):
            if earlier.send_class and not earlier.is_doubted:
                continue
            agreed = any(
                f.what == "doubt_resolved"
                and f.data.get("draft") == draft
                and f.data.get("arrived") is False
                and f.data.get("by")
                and earlier.fact < f.id < later.fact
                for f in seen.by_conversation[earlier.conversation]
            )
            if not agreed:
                broken.append(
                    Evidence("in doubt, and tried again by itself", (draft, earlier.id, later.id), later.at)
                )
    return broken
