"""What went out: no draft twice, in the order of the talk, and unasked for only by day."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone

from bench.chaos.checks.inbound import TOKEN
from bench.chaos.checks.seen import Count, Evidence, Seen
from bench.chaos.history import History

RIYADH = timezone(timedelta(hours=3))
"""Saudi Arabia keeps one time all year."""
# The nights of the shipped book; its hours of prayer and its holidays narrow the day further.
DAY_BEGINS, DAY_ENDS = 8, 21

UNASKED_FOR = "follow_up"
ANSWERS = frozenset({"reply", "opt_out_confirmation"})


def repeated(history: History, seen: Seen) -> Count:
    """I2: of one draft at most one message was taken, by all providers together."""
    per_draft: dict[str, list[str]] = defaultdict(list)
    broken = []
    for message, attempt in seen.matched:
        if attempt is None:
            what = "a provider took a message for which no call was meant to be made"
            broken.append(
                Evidence(what, (message.tenant, message.phone, message.id, message.reference), message.at)
            )
        else:
            per_draft[attempt.draft].append(f"{message.provider}:{message.id}")
    for draft, ids in per_draft.items():
        if len(ids) > 1:
            broken.append(Evidence(f"taken {len(ids)} times", (draft, *ids)))
    steps: dict[tuple[str, str], list[str]] = defaultdict(list)
    for birth in seen.births.values():
        if birth.data.get("step"):
            steps[birth.conversation, birth.data["step"]].append(birth.data["draft"])
    for (conversation, step), drafts in steps.items():
        if len(drafts) > 1:
            broken.append(Evidence(f"the follow-up {step} was made {len(drafts)} times", (conversation, *drafts)))
    promise = "no draft was taken twice, over all providers together"
    return Count("repeated", "I2", promise, len(history.taken), tuple(broken))


def order(history: History, seen: Seen) -> Count:
    """I5: answers leave in the order of the messages they answer, and messages are read in theirs."""
    broken = [*_answers_out_of_order(seen), *_read_out_of_order(history, seen)]
    contacts = len([facts for facts in seen.by_conversation.values() if facts])
    return Count(
        "order", "I5", "per contact, messages are read and answered in their order", contacts, tuple(broken)
    )


def _answers_out_of_order(seen: Seen) -> list[Evidence]:
    """Where an answer was begun after a younger one; what a human sent again after a doubt may come late."""
    sent_again = {
        f.data["draft"]
        for facts in seen.by_conversation.values()
        for f in facts
        if f.what == "doubt_resolved" and f.data.get("arrived") is False
    }
    latest: dict[str, tuple[str, str]] = {}
    broken = []
    begun = [attempt for _, attempt in seen.matched if attempt is not None and attempt.kind in ANSWERS]
    for attempt in sorted(begun, key=lambda attempt: attempt.fact):
        if attempt.draft in sent_again or attempt.draft not in seen.births:
            continue
        born = seen.births[attempt.draft].id
        before, of = latest.get(attempt.conversation, ("", ""))
        if born < before:
            what = "an answer left after the answer to a later message"
            broken.append(Evidence(what, (attempt.conversation, attempt.draft, of), attempt.at))
        else:
            latest[attempt.conversation] = (born, attempt.draft)
    return broken


def _read_out_of_order(history: History, seen: Seen) -> list[Evidence]:
    """Where a message was read in an earlier write than one whose webhook was answered before it was posted."""
    durable: dict[str, float] = {}
    posted: dict[str, float] = {}
    for post in history.posts:
        for token in post.tokens if post.kind == "message" else ():
            posted[token] = min(post.at, posted.get(token, post.at))
            if 200 <= post.status < 300:
                durable[token] = min(post.answered_at, durable.get(token, post.answered_at))
    broken = []
    for conversation, facts in seen.by_conversation.items():
        read = [
            (fact.write, found[0])
            for fact in facts
            if fact.what == "message_received"
            and (
                found := TOKEN.search(str(fact.data.get("provider_message_id", "")) or str(fact.data.get("key")))
            )
        ]
        for index, (write, token) in enumerate(read):
            for later_write, earlier in read[index + 1 :]:
                if later_write != write and durable.get(earlier, 9e18) < posted.get(token, 0.0):
                    broken.append(Evidence("read after a later message", (conversation, earlier, token)))
    return broken


def quiet_hours(history: History, seen: Seen) -> Count:
    """I9: nothing that nobody asked for was taken at night."""
    broken, n = [], 0
    for message, attempt in seen.matched:
        if attempt is None or attempt.kind != UNASKED_FOR:
            continue
        n += 1
        hour = datetime.fromtimestamp(message.at, UTC).astimezone(RIYADH).hour
        if not DAY_BEGINS <= hour < DAY_ENDS:
            broken.append(Evidence("said at night, unasked for", (attempt.draft, message.id), message.at))
    remarks = () if n else ("nothing unasked for became due while this ran: this run proves nothing about it",)
    promise = "nothing unasked for leaves outside of quiet hours' limits"
    return Count("quiet_hours", "I9", promise, n, tuple(broken), remarks)
