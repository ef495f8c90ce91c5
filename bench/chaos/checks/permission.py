"""What may leave and where a deal may go: the drawing, a yes before what is gated, silence after a stop."""

from collections import defaultdict
from itertools import pairwise

from bench.chaos.checks.inbound import TOKEN
from bench.chaos.checks.seen import CLOCK_GRAIN, Attempt, Count, Evidence, Seen
from bench.chaos.history import Fact, History
from flows.deal import APPROVAL_STAGES, TABLE

MOVES = frozenset({"stage_moved", "opted_out", "consent_renewed"})
OWED = frozenset({"opt_out_confirmation", "privacy_receipt", "privacy_answer"})
# What a lead's words of this meaning are answered with never leaves by itself.
ALWAYS_HELD = frozenset({"paid", "negotiating", "accepted"})
DEEDS = {"draft_approved": "approve", "doubt_resolved": "send_again"}
"""The facts that give a permission, and the button behind each."""


def stages(history: History, seen: Seen) -> Count:
    """I6: every deal walked along the drawing, from a new lead to where it stands now."""
    broken, n = [], 0
    for contact in history.contacts:
        at = "new_lead"
        for fact in seen.by_conversation[contact.id]:
            if fact.what not in MOVES:
                continue
            n += 1
            before, after = _step(fact, at)
            if before != at:
                what = f"stood at {at}, and moved from {before}"
                broken.append(Evidence(what, (contact.id, fact.id), fact.at))
            elif after != before and _event(fact) and TABLE.get((before, _event(fact))) != after:
                what = f"{before} -> {after} by {_event(fact)} is not in the drawing"
                broken.append(Evidence(what, (contact.id, fact.id), fact.at))
            at = after
        if at != contact.stage:
            broken.append(Evidence(f"its facts lead to {at}, and it stands at {contact.stage}", (contact.id,)))
    return Count("stages", "I6", "every stage was reached by an arrow of the drawing", n, tuple(broken))


def _event(fact: Fact) -> str:
    return str(fact.data.get("event", "")) if fact.what == "stage_moved" else fact.what


def _step(fact: Fact, at: str) -> tuple[str, str]:
    if fact.what == "consent_renewed":
        return at, TABLE.get((at, "consent_renewed"), at)
    return str(fact.data["before"]), str(fact.data["after"])


def unapproved(history: History, seen: Seen) -> Count:
    """I7: what was held left only after a yes to exactly this text, by somebody who may say it."""
    yeses: dict[str, list[Fact]] = defaultdict(list)
    held: set[str] = set()
    for facts in seen.by_conversation.values():
        for fact in facts:
            if fact.what in DEEDS and fact.data.get("grant"):
                yeses[fact.data["grant"]].append(fact)
            if fact.what == "draft_held" or (fact.what, fact.data.get("next")) == ("gate_refused", "hold"):
                held.add(fact.data["draft"])
    taps: dict[tuple[int, str, str], float] = {}
    for tap in history.taps:
        key = (tap.person, tap.draft, tap.deed)
        taps[key] = min(tap.at, taps.get(key, tap.at))
    gated = held | _meant_to_be_held(seen)
    broken, n = [], 0
    for message, attempt in seen.matched:
        if attempt is None or attempt.draft not in gated:
            continue
        n += 1
        why = _not_approved(attempt, yeses.get(attempt.grant, []), taps, history)
        if why:
            broken.append(Evidence(why, (attempt.draft, attempt.id, message.id), message.at))
    return Count(
        "unapproved", "I7", "what was held left only with an older yes to this very text", n, tuple(broken)
    )


def _meant_to_be_held(seen: Seen) -> set[str]:
    """Drafts that must be gated, whatever was done with them: money, contracts, and the stages of both."""
    drafts = set()
    for facts in seen.by_write.values():
        # A burst with a stop in it is read in pieces: each piece has a decision of its own, and its own answer.
        for decided in [f for f in facts if f.what == "decided"]:
            piece = [f for f in facts if f.correlation == decided.correlation]
            moved = next((f.data["after"] for f in piece if f.what == "stage_moved"), "")
            if decided.data.get("intent") in ALWAYS_HELD or moved in APPROVAL_STAGES:
                drafts |= {f.data["draft"] for f in piece if f.what in ("reply_queued_by_bot", "draft_held")}
    return drafts


def _not_approved(
    attempt: Attempt, yeses: list[Fact], taps: dict[tuple[int, str, str], float], history: History
) -> str:
    if not attempt.grant:
        return "left without a yes"
    yes = next((f for f in yeses if f.data["draft"] == attempt.draft and f.id < attempt.fact), None)
    if yes is None:
        return "left with a permission that nobody gave before"
    if yes.data["text_sha256"] != attempt.text_sha256:
        return "left with a yes to another text"
    person = int(str(yes.data["by"]).removeprefix("telegram:"))
    if person not in history.setup.tenants[attempt.tenant]:
        return f"left with the yes of {person}, who decides nothing here"
    tapped = taps.get((person, attempt.draft, DEEDS[yes.what]))
    if tapped is None or tapped > yes.at + CLOCK_GRAIN:
        return f"left with a yes for which {person} tapped nothing"
    return ""


def after_stop(history: History, seen: Seen) -> Count:
    """I8: no call that a provider took was begun after the stop was durable."""
    durable = _durable(history)
    stopped: dict[str, list[tuple[float, float]]] = {}
    underway, n = [], 0
    for conversation, facts in seen.by_conversation.items():
        stopped[conversation] = _silent_times(facts, durable)
        n += len(stopped[conversation])
    broken = []
    for message, attempt in seen.matched:
        if attempt is None or attempt.kind in OWED:
            continue
        for since, until in stopped.get(attempt.conversation, ()):
            if since + CLOCK_GRAIN < attempt.at < until:
                what = "begun after the stop was durable"
                broken.append(Evidence(what, (attempt.conversation, attempt.draft, message.id), message.at))
            elif attempt.at <= since < message.at < until:
                underway.append(message.at - since)
    remarks = ()
    if underway:
        late = max(underway)
        remarks = (
            f"{len(underway)} calls were under way when the stop came in; the last arrived {late:.1f} s later",
        )
    return Count("after_stop", "I8", "nothing was begun after a stop was durable", n, tuple(broken), remarks)


def _durable(history: History) -> dict[str, float]:
    """When the first 2xx for a message came."""
    times: dict[str, float] = {}
    for post in history.posts:
        for token in post.tokens if post.kind == "message" and 200 <= post.status < 300 else ():
            times[token] = min(post.answered_at, times.get(token, post.answered_at))
    return times


def _silent_times(facts: list[Fact], durable: dict[str, float]) -> list[tuple[float, float]]:
    """From each stop, durable when its webhook was answered or at the latest when it was read, to its end."""
    times: list[tuple[float, float]] = []
    since = 0.0
    for fact in facts:
        if fact.what == "opted_out" and not since:
            heard = [
                durable.get(found[0], fact.at)
                for f in facts
                if f.write == fact.write
                and f.what == "message_received"
                and f.correlation == fact.correlation
                and (found := TOKEN.search(str(f.data.get("key", ""))))
            ]
            since = min([fact.at, *heard])
        elif fact.what == "consent_renewed" and since:
            times.append((since, fact.at))
            since = 0.0
    return [*times, (since, 9e18)] if since else times


def stop_lost(history: History, seen: Seen) -> Count:
    """I8: every stop that was answered 2xx counts, and the contact is silent unless they asked again later."""
    acked = {t for p in history.posts if p.kind == "message" and 200 <= p.status < 300 for t in p.tokens}
    stops = {m.token for m in history.scripted if m.label == "stop"} & acked
    broken, heard = [], set()
    for contact in history.contacts:
        facts = seen.by_conversation[contact.id]
        silent = False
        for write, group in _grouped(facts):
            tokens = {
                t for f in group if f.what == "message_received" for t in TOKEN.findall(str(f.data.get("key")))
            }
            heard |= tokens
            silent |= any(f.what == "opted_out" for f in group)
            if tokens & stops and not silent:
                broken.append(
                    Evidence("a stop was read, and did not count", (contact.id, write, *(tokens & stops)))
                )
            if any(f.what == "consent_renewed" for f in group):
                silent = False
        if silent and not contact.is_suppressed:
            broken.append(Evidence("stopped, and not suppressed at the end", (contact.id,)))
    broken += [Evidence("a stop was answered 2xx, and never read", (token,)) for token in sorted(stops - heard)]
    return Count("stop_lost", "I8", "every stop answered with 2xx counts for good", len(stops), tuple(broken))


def _grouped(facts: list[Fact]) -> list[tuple[str, list[Fact]]]:
    groups: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.write].append(fact)
    writes = sorted(groups)
    assert all(one < other for one, other in pairwise(writes))
    return [(write, groups[write]) for write in writes]
