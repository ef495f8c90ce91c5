"""Follow-ups over weeks of silence, answers, refusals and approvals, in any order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import gate
from bot.conversation import Conversation, Draft, DraftKind, Grant, Said, Status, Suppression
from bot.follow_ups import cancel_waiting, follow_up
from bot.notebook import Log
from bot.playbook import Playbook, compose, shipped
from bot.silence import look_at, silent_since
from bot.store import Posture
from bot.tenant import Autonomy, Tenant
from rules.policies.follow_ups import LEAST_BETWEEN, PERIOD

RIYADH = ZoneInfo("Asia/Riyadh")
START = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
TENANT = Tenant("one", "شركة", channels=("green_api",))
FREE = Posture(Autonomy.SAFE_REPLIES)
PLAYBOOK = compose(shipped(), {}, name="", backend="reference")

MOVES = ("waits", "waits", "waits", "writes", "approves", "rejects", "opts_out")
moves = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(1, 60)), max_size=40)


@dataclass
class Life:
    """One conversation without a database: what the worker, the gate and Sami would do to it."""

    playbook: Playbook
    now: datetime = START
    talk: Conversation = field(init=False)
    left: list[datetime] = field(default_factory=list)
    said_after_opt_out: int = 0

    def __post_init__(self) -> None:
        self.talk = Conversation("c1", "one", ("phone:966501234567",), START, stage="qualifying")
        self.ids = (f"d{number}" for number in count(1))
        self.writes()

    def waits(self, hours: float) -> None:
        """Let everything happen at its own time."""
        until = self.now + timedelta(hours=hours)
        for _ in self.due(until):
            self.works()
        self.now = until

    def due(self, until: datetime) -> Iterator[None]:
        for _ in range(200):
            queued = [d.retry_at or self.now for d in self.talk.outbox if d.status is Status.QUEUED]
            times = [at for at in (look_at(self.talk), *queued) if at is not None]
            if not times or min(times) > until:
                return
            self.now = max(self.now, min(times))
            yield
        raise AssertionError("it never comes to rest")

    def works(self) -> None:
        log = Log(self.now)
        follow_up(self.talk, self.playbook, TENANT, lambda: next(self.ids), log)
        for draft in self.talk.outbox:
            if draft.status is Status.QUEUED and (draft.retry_at is None or draft.retry_at <= self.now):
                self.sends(draft)

    def sends(self, draft: Draft) -> None:
        refused = gate.refusal(self.talk, draft, TENANT, FREE, self.now, self.playbook.book.policies)
        if refused is None:
            draft.step(Status.SENDING)
            draft.step(Status.ACCEPTED)
            self.talk.heard_from_us(draft, self.now)
            self.left.append(self.now)
            self.said_after_opt_out += self.talk.is_suppressed
        elif refused.next is gate.Next.WAIT:
            draft.retry_at = refused.until
        else:
            draft.step(Status.CANCELLED, refused.code)

    def writes(self) -> None:
        """The contact writes, and is answered."""
        log = Log(self.now)
        self.talk.windows["green_api"] = self.now
        self.talk.said(Said("contact", "طيب", self.now))
        cancel_waiting(self.talk, log, "contact_wrote_again")
        self.talk.said(Said("bot", "كم عميل يوصلكم؟", self.now + timedelta(seconds=3)))

    def approves(self) -> None:
        for draft in self.talk.outbox:
            if draft.status is Status.HELD:
                ends = min(self.now + timedelta(hours=24), draft.expires_at or self.now)
                draft.grant = Grant("g", "sami", draft.text_sha256, self.talk.keys, self.now, ends)
                draft.decision = "approved"
                draft.step(Status.QUEUED)

    def rejects(self) -> None:
        for draft in self.talk.outbox:
            if draft.status is Status.HELD:
                draft.step(Status.REJECTED)

    def opts_out(self) -> None:
        self.talk.suppression = Suppression("user_optout", self.now, "k")
        for draft in self.talk.outbox:
            if draft.status in (Status.HELD, Status.QUEUED):
                draft.step(Status.CANCELLED, "opted_out")


def test_a_silence_is_followed_up_in_the_morning_and_once() -> None:
    life = Life(PLAYBOOK)  # the contact wrote at nine; the twentieth hour is in the night
    life.waits(22.9)
    assert [draft for draft in life.talk.outbox if draft.status is Status.HELD] == []

    life.waits(0.2)
    life.approves()
    life.waits(0.5)

    assert [at.astimezone(RIYADH).hour for at in life.left] == [8]
    assert life.talk.unrequested == tuple(life.left)
    life.waits(24 * 30)
    assert len(life.left) == 1


@given(moves=moves)
@settings(max_examples=150)
def test_however_it_goes_nobody_is_chased(moves: list[tuple[str, int]]) -> None:
    life = Life(PLAYBOOK)
    for what, hours in moves:
        life.waits(hours)
        if what != "waits":
            getattr(life, what)()
    life.waits(24 * 40)

    quiet = PLAYBOOK.book.policies.quiet_hours
    drafts = [draft for draft in life.talk.outbox if draft.kind is DraftKind.FOLLOW_UP]
    steps = [draft.because[0].said for draft in drafts]
    assert len(steps) == len(set(steps)) <= 3
    assert life.said_after_opt_out == 0
    for at in life.left:
        assert quiet.allows(at) is None
        assert sum(at - PERIOD < other <= at for other in life.left) <= 3
    for draft in drafts:
        assert quiet.allows(draft.created_at) is None
        assert draft.created_at < draft.expires_at
        assert draft.hold_reasons == ("hold.follow_up",)


@given(moves=moves)
@settings(max_examples=80)
def test_a_look_is_never_planned_into_the_first_hours_of_a_silence(moves: list[tuple[str, int]]) -> None:
    life = Life(PLAYBOOK)
    for what, hours in moves:
        life.waits(hours)
        if what != "waits":
            getattr(life, what)()
        since, at = silent_since(life.talk), look_at(life.talk)
        assert at is None or (since is not None and at >= since + LEAST_BETWEEN)


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "human"},
        {"sends_paused": "complaint"},
        {"sends_paused": "suspected_opt_out"},
        {"suppression": Suppression("user_optout", START, "k")},
        {"windows": {}},
    ],
)
def test_these_are_never_silent(changes: dict[str, object]) -> None:
    life = Life(PLAYBOOK)
    assert silent_since(life.talk) is not None

    for name, value in changes.items():
        setattr(life.talk, name, value)

    assert silent_since(life.talk) is None
    assert look_at(life.talk) is None
