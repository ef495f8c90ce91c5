"""A history with its records joined: which attempt a taken message belongs to, where a draft was born."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from bench.chaos.history import Contact, Fact, History, Taken

# Databases keep milliseconds; what a provider saw in the same millisecond may seem a little earlier.
CLOCK_GRAIN = 0.002

OUTCOMES = frozenset({"reply_queued_by_bot", "draft_held", "kept_silent"})
BIRTHS = frozenset({"reply_queued_by_bot", "draft_held"})
DOUBTS = frozenset({"ambiguous", "process_died"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One case that broke a promise: what happened, and the ids with which it can be found again."""

    what: str
    ids: tuple[str, ...]
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """How one promise stood."""

    name: str
    invariant: str
    promise: str
    n: int
    """How many cases were looked at; 0 proves nothing."""
    broken: tuple[Evidence, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def bound(self) -> float | None:
        """With 95 % confidence the rate is below this, when nothing broke; None when nothing was looked at."""
        return min(1.0, 3 / self.n) if self.n and not self.broken else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call that the product meant to make, as its own records have it."""

    tenant: str
    conversation: str
    phone: str
    draft: str
    id: str
    kind: str
    text_sha256: str
    grant: str
    at: float
    fact: str
    """The id of the fact that says so; facts of a contact sort by it."""
    ended_at: float
    """0 while nothing was written about its end."""
    send_class: str
    """As it was written; `process_died` when nobody came back from the call."""

    @property
    def is_doubted(self) -> bool:
        return self.send_class in DOUBTS


class Seen:
    """The joins that several checks need."""

    def __init__(self, history: History) -> None:
        self.contacts: dict[str, Contact] = {contact.id: contact for contact in history.contacts}
        self.by_conversation: dict[str, list[Fact]] = defaultdict(list)
        self.by_write: dict[str, list[Fact]] = defaultdict(list)
        for fact in sorted(history.facts, key=lambda fact: fact.id):
            if fact.conversation in self.contacts:
                self.by_conversation[fact.conversation].append(fact)
                self.by_write[fact.write].append(fact)
        self.births = {
            fact.data["draft"]: fact
            for facts in self.by_conversation.values()
            for fact in reversed(facts)
            if fact.what in BIRTHS
        }
        self.attempts = list(self._attempts())
        self.attempts_of: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            self.attempts_of[attempt.draft].append(attempt)
        self.matched = self._match(history.taken)

    def _attempts(self):
        for facts in self.by_conversation.values():
            ended = {f.data["attempt"]: f for f in facts if f.what == "attempt_ended"}
            orphaned = {f.data["attempt"]: f for f in facts if f.what == "attempt_orphaned"}
            for fact in facts:
                if fact.what != "attempt_started":
                    continue
                end = ended.get(fact.data["attempt"]) or orphaned.get(fact.data["attempt"])
                said = str(end.data.get("send_class", "process_died")) if end else ""
                yield Attempt(
                    tenant=fact.tenant,
                    conversation=fact.conversation,
                    phone=self.contacts[fact.conversation].phone,
                    draft=fact.data["draft"],
                    id=fact.data["attempt"],
                    kind=fact.data["kind"],
                    text_sha256=fact.data["text_sha256"],
                    grant=fact.data["grant"],
                    at=fact.at,
                    fact=fact.id,
                    ended_at=end.at if end else 0.0,
                    send_class=said,
                )

    def _match(self, taken: list[Taken]) -> list[tuple[Taken, Attempt | None]]:
        """To each taken message the latest attempt at this text for this phone that had begun, each once."""
        begun: dict[tuple[str, str, str], list[Attempt]] = defaultdict(list)
        for attempt in sorted(self.attempts, key=lambda attempt: attempt.at):
            begun[attempt.tenant, attempt.phone, attempt.text_sha256].append(attempt)
        matched: list[tuple[Taken, Attempt | None]] = []
        for message in sorted(taken, key=lambda message: message.at):
            free = begun[message.tenant, message.phone, message.text_sha256]
            count = bisect_right([attempt.at for attempt in free], message.at + CLOCK_GRAIN)
            ours = [a for a in free[:count] if message.reference in ("", a.draft)]
            matched.append((message, ours[-1] if ours else None))
            if ours:
                free.remove(ours[-1])
        return matched
