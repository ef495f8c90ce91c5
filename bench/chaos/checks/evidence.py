"""Between tenants a wall, outside a locked door, behind us an unbroken chain, and after a fall soon up again."""

from collections import defaultdict

from bench.chaos.checks.seen import Count, Evidence, Seen
from bench.chaos.history import Fault, History

# After a kill somebody must be answered again within this; a start takes seconds, and a loaded machine longer.
RECOVERS_WITHIN = 60.0
FALLS = frozenset({"kill", "freeze", "db_kill", "db_freeze", "nats_kill", "nats_wipe"})


def tenants(history: History, seen: Seen) -> Count:
    """I10: nothing of one tenant's lies in a row, a chat or a message of another's."""
    phones: dict[str, set[str]] = defaultdict(set)
    for message in history.scripted:
        phones[message.tenant].add(message.phone)
    broken = [Evidence(f"{s.where}: {s.why}", (s.tenant,)) for s in history.strays if s.where != "forged"]
    for taken in history.taken:
        others = set(taken.canaries) - {taken.tenant}
        if others:
            broken.append(
                Evidence(f"a message of {taken.tenant} speaks of {sorted(others)}", (taken.id,), taken.at)
            )
        if taken.phone not in phones[taken.tenant]:
            broken.append(
                Evidence(f"{taken.tenant} wrote to somebody who never wrote to it", (taken.phone, taken.id))
            )
    for card in history.cards:
        others = set(card.canaries) - {card.tenant}
        if others:
            broken.append(Evidence(f"{card.person} of {card.tenant} was shown {sorted(others)}", (card.draft,)))
    for attempt in seen.attempts:
        if seen.contacts[attempt.conversation].tenant != attempt.tenant:
            broken.append(Evidence("a fact of one tenant about a contact of another", (attempt.fact,)))
    n = history.setup.rows + len(history.taken) + len(history.cards)
    return Count("tenants", "I10", "nothing of one tenant is found at another", n, tuple(broken))


def forged(history: History, seen: Seen) -> Count:
    """I10: a webhook without the right proof is refused and leaves nothing behind."""
    posts = [post for post in history.posts if post.kind == "forged" and post.status]
    broken = [
        Evidence(f"a forged webhook was answered {post.status}", (post.channel, *post.tokens), post.at)
        for post in posts
        if 200 <= post.status < 300
    ]
    broken += [
        Evidence(f"forged words are stored: {s.why}", (s.tenant,)) for s in history.strays if s.where == "forged"
    ]
    return Count(
        "forged", "I10", "what is forged is refused, and no word of it is kept", len(posts), tuple(broken)
    )


def chain(history: History, seen: Seen) -> Count:
    """I11: every tenant's evidence is whole, and every fact of a conversation is in it."""
    broken = []
    for link in history.chains:
        if link.exit_code:
            broken.append(Evidence(f"verify said {link.exit_code}: {link.said[-300:]}", (link.tenant,)))
        if link.gaps:
            broken.append(Evidence(f"{link.gaps} facts or blocks are missing from the chain", (link.tenant,)))
    missing = set(history.setup.tenants) - {link.tenant for link in history.chains}
    broken += [Evidence("nobody verified the chain", (tenant,)) for tenant in sorted(missing)]
    n = sum(link.entries for link in history.chains)
    return Count("chain", "I11", "the sealed history is whole and verifies", n, tuple(broken))


def recovery(history: History, seen: Seen) -> Count:
    """I12: after every fall somebody was answered again in time, and in the end nothing was left over."""
    broken, n = [], 0
    for fault, seconds in recoveries(history, seen):
        n += 1
        if seconds > RECOVERS_WITHIN:
            broken.append(
                Evidence(f"{seconds:.1f} s until the next answer", (fault.kind, fault.target), fault.began)
            )
    if not history.setup.quiet:
        broken.append(Evidence("it never came to rest after everything was whole again", ()))
    promise = f"after every fall the next answer arrives within {RECOVERS_WITHIN:.0f} s, and all comes to rest"
    return Count("recovery", "I12", promise, n, tuple(broken))


def recoveries(history: History, seen: Seen) -> list[tuple[Fault, float]]:
    """
    For each fall, seconds until the first answer that was begun after it was taken, where somebody waited.

    Counted from the kill, or from when a frozen or stopped thing was let go. A fall that another one followed
    before anybody was answered is not counted; the later one is.
    """
    begun = sorted((attempt.at, message.at) for message, attempt in seen.matched if attempt is not None)
    asked = [post.at for post in history.posts if post.kind == "message"]
    falls = [fault for fault in history.faults if fault.kind in FALLS]
    found = []
    for fault in falls:
        since = fault.released or fault.began
        if not any(at >= since for at in asked):
            continue
        until = min((taken for start, taken in begun if start >= since), default=float("inf"))
        if not any(_falls_between(other, since, until) for other in falls if other is not fault):
            found.append((fault, until - since))
    return found


def _falls_between(other: Fault, since: float, until: float) -> bool:
    return other.began < until and (other.released or other.began) > since
