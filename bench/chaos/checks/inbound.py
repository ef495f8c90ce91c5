"""What came in: nothing that was answered with 2xx may be without an outcome, and no draft without an end."""

import re
from collections import defaultdict

from bench.chaos.checks.seen import OUTCOMES, Count, Evidence, Seen
from bench.chaos.history import DraftEnd, Fact, History

TOKEN = re.compile(r"CH[0-9A-F]{4}x\d{6}")

# Facts after which nothing more is to be done with the draft that they name.
CLOSING = frozenset(
    {
        "draft_outdated",
        "draft_rejected",
        "draft_expired",
        "send_given_up",
        "doubt_resolved",
        "follow_up_cancelled",
    }
)
CLOSING_ALL = frozenset({"opted_out", "taken_over"})
RANKS = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3}
"""How far a message is known to have come; receipts never lead back."""
REACHED = frozenset({"accepted", "sent", "delivered", "read", "simulated"})
ENDED = REACHED | {"failed", "rejected", "expired", "cancelled"}


def lost(history: History, seen: Seen) -> Count:
    """I1: every inbound that was answered 2xx was handled once and has an outcome."""
    received, parked = _received(seen)
    acked = {t for p in history.posts if p.kind == "message" and 200 <= p.status < 300 for t in p.tokens}
    unread = {token for contact in history.contacts for token in contact.unread}
    broken = []
    for token in sorted(acked):
        writes = {fact.write for fact in received[token]}
        outcomes = [f for w in writes for f in seen.by_write[w] if f.what in OUTCOMES]
        if token in parked:
            continue
        if token in unread:
            broken.append(Evidence("answered 2xx, and still unread", (token,)))
        elif not writes:
            broken.append(Evidence("answered 2xx, and nobody handled it", (token,)))
        elif len(received[token]) > 1:
            broken.append(Evidence("handled more than once", (token, *sorted(writes))))
        elif not outcomes:
            broken.append(
                Evidence("handled, without an answer, a draft or a reason for silence", (token, *writes))
            )
    promise = "every message answered with 2xx was handled once, with an outcome"
    return Count("lost", "I1", promise, len(acked), tuple(broken))


def dedupe(history: History, seen: Seen) -> Count:
    """I4: whatever was marked as seen was handled, parked, or waits to be read."""
    received, parked = _received(seen)
    broken, n = [], 0
    for contact in history.contacts:
        for token in contact.seen:
            n += 1
            if not (received[token] or token in parked or token in contact.unread):
                broken.append(Evidence("marked as seen, and gone", (token, contact.id)))
    return Count("dedupe", "I4", "no mark of having been seen stands for work that is gone", n, tuple(broken))


def receipts(history: History, seen: Seen) -> Count:
    """I4: every delivery receipt that was answered 2xx counts, in whatever order they came."""
    told: dict[tuple[str, str], int] = {}
    for post in history.posts:
        if post.kind == "receipt" and 200 <= post.status < 300:
            name, _, word = post.tokens[0].rpartition(":")
            key = (post.tenant, name)
            told[key] = max(told.get(key, 0), RANKS[word])
    broken, n = [], 0
    for contact in history.contacts:
        for draft in contact.drafts:
            ranks = [told[contact.tenant, name] for name in draft.message_ids if (contact.tenant, name) in told]
            if not ranks:
                continue
            n += 1
            if RANKS.get(draft.status, 0) < max(ranks):
                what = f"a receipt of rank {max(ranks)} was answered 2xx, and the message is {draft.status}"
                broken.append(Evidence(what, (contact.tenant, contact.id, draft.id, *draft.message_ids)))
    promise = "every delivery receipt that was answered with 2xx counts, in any order"
    return Count("receipts", "I4", promise, n, tuple(broken))


def forgotten(history: History, seen: Seen) -> Count:
    """I1: every draft ended, or waits for a human who can see it, or for a time that has not come."""
    shown: dict[str, set[int]] = defaultdict(set)
    for card in history.cards:
        if card.deeds:
            shown[card.draft].add(card.person)
    ends = {draft.id: draft for contact in history.contacts for draft in contact.drafts}
    broken, waiting = [], 0
    for draft_id, birth in seen.births.items():
        people = history.setup.tenants[birth.tenant]
        fault = _unfinished(ends.get(draft_id), birth, seen, shown[draft_id], people, history.setup.quiet)
        if fault:
            broken.append(Evidence(fault, (birth.tenant, birth.conversation, draft_id), birth.at))
        end = ends.get(draft_id)
        waiting += end is not None and end.status == "queued"
    remarks = (f"{waiting} wait for their next round at a set time",) if waiting else ()
    promise = "every draft ended, or lies before everybody who may decide it"
    return Count("forgotten", "I1", promise, len(seen.births), tuple(broken), remarks)


def _unfinished(
    end: DraftEnd | None, birth: Fact, seen: Seen, shown: set[int], people: tuple[int, ...], quiet: float
) -> str:
    """Why a draft is forgotten; empty when it is not."""
    if end is None:
        return "" if _closed(birth, seen) else "a draft left the record, and no fact says how it ended"
    if end.status in ENDED:
        return ""
    if end.status == "sending":
        return "a call is open, and nobody will finish it"
    if end.status == "queued":
        return "" if end.retry_at > quiet else "a draft may leave, and nobody sends it"
    missing = set(people) - shown
    return f"{end.status}, and without a card for {sorted(missing)}" if missing else ""


def _closed(birth: Fact, seen: Seen) -> bool:
    draft = birth.data["draft"]
    for fact in seen.by_conversation[birth.conversation]:
        if fact.id < birth.id:
            continue
        if fact.what in CLOSING_ALL:
            return True
        if fact.data.get("draft") != draft:
            continue
        if fact.what in CLOSING or (fact.what, fact.data.get("next")) == ("gate_refused", "cancel"):
            return True
        if fact.what == "attempt_ended" and fact.data["send_class"] in ("accepted", "simulated"):
            return True
        if fact.what == "attempt_ended" and fact.data["send_class"].startswith(("permanent", "not_sent_fix")):
            return True
    return False


def _received(seen: Seen) -> tuple[dict[str, list[Fact]], set[str]]:
    """By token: the facts that say it was handled, and the tokens that were put aside for a human."""
    received: dict[str, list[Fact]] = defaultdict(list)
    parked: set[str] = set()
    for facts in seen.by_conversation.values():
        for fact in facts:
            if fact.what not in ("message_received", "event_parked"):
                continue
            found = TOKEN.search(f"{fact.data.get('key', '')} {fact.data.get('provider_message_id', '')}")
            if found and fact.what == "message_received":
                received[found[0]].append(fact)
            elif found:
                parked.add(found[0])
    return received, parked
