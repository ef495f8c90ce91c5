"""
Handles conversations that have something to do: reads what waits, decides, writes, sends.

Rule 1: one conversation is handled by one lane at a time in this process; between processes the version decides.
Rule 2: a ring only says where to look. What is due is computed from the conversation as it was read.
Rule 3: an event that fails again and again is parked with its reason, the approvers are told, and its contact
        goes on.
Rule 4: a process does what its duties are and rings for the rest. It looks after its own contacts first; those
        of others only when they have waited too long and it has nothing of its own to do.
Rule 5: tenants take turns, and a lane that waits for a provider is nobody's: neither a long backlog nor a slow
        provider of one keeps the others waiting.
Rule 6: contacts of a tenant that this process was not told of are left to those that were.
Rule 7: while the database is away nothing is begun and no ring is remembered: what is due is written there.
"""

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

import orjson
import structlog

from bot.bell import Bell, LooksAfter, Name
from bot.conversation import Conversation, Deed, Draft, Notice, Status, Waiting
from bot.deadlines import keep_deadlines
from bot.departures.turns import Turns
from bot.errors import StaleConversation
from bot.intake import HANDLING_FAILED
from bot.logs import trail
from bot.notebook import Log, Notebook
from bot.outbox import Outbox
from bot.pipeline import Pipeline
from bot.roles import EVERYTHING, Duty, part_of
from bot.stopping import end
from bot.store import Due, Raw
from bot.telemetry import measures, spans
from bot.telemetry.steps import handling, mark_drafts, tag_decision
from bot.timers import lookup_at, next_turn, settled_at

logger = structlog.get_logger()

# How many conversations are handled at once, besides those that wait for a provider (`in_flight.py`).
LANES = 16

# Rings are precise; the sweep only finds what a crash or another process left behind.
SWEEP_EVERY_SECONDS = 1.0
SWEEP_GRACE = timedelta(seconds=2)
SWEEP_AT_MOST = 200

# When one backlog fills the sweep, so many other tenants are asked by name, in turns, for a few of theirs.
ASKED_BY_NAME = 20
OF_EACH = 20

# Where no ring travels between processes, the sweep is how one hears of what another took in.
SWEEP_UNRUNG_SECONDS = 0.5
SWEEP_UNRUNG_GRACE = timedelta(seconds=0.5)
SWEEP_SHARED_AT_MOST = 1_000

# What another process looks after and has not done by now waits for somebody who died, or is too busy.
FOREIGN_GRACE = timedelta(seconds=2.5)

# A step that fails this often will fail again tomorrow: park the event and go on with the contact.
PARK_AFTER = 3

# Something due that could not be done is looked at again after this, unless a ring comes first.
IDLE_LOOK = timedelta(milliseconds=250)

# Contacts fall silent by the thousand, and each is to be looked at a day later. This many looks are remembered
# here; beyond, what is far away is left to the sweep.
REMEMBERED_LOOKS = 10_000
FAR_AWAY = timedelta(minutes=5)

# One look never loops for ever; whatever is left is due again at once.
STEPS_PER_LOOK = 40


# Starts what a decision asked for; answers whether anybody does it here.
BeginDeed = Callable[[Conversation, Deed], Awaitable[bool]]


async def _left_undone(_conversation: Conversation, _deed: Deed) -> bool:
    """For a worker without rooms: a rehearsal, a test of the line."""
    return True


class Worker:
    """The hands of the house; one per process."""

    def __init__(
        self,
        notebook: Notebook,
        pipeline: Pipeline,
        outbox: Outbox,
        bell: Bell,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        *,
        duties: frozenset[Duty] = EVERYTHING,
        looks_after: LooksAfter | None = None,
        is_rung: Callable[[], bool] = lambda: True,
    ) -> None:
        """
        Args:
            duties: what this process does for conversations.
            looks_after: which parts of the contacts are its own; None when all are.
            is_rung: whether rings of other processes reach this one now.
        """
        self._duties = duties
        self._looks_after = looks_after
        self._is_rung = is_rung
        self._is_cut_off = False
        self._bell = bell
        self._notebook = notebook
        self._pipeline = pipeline
        self._outbox = outbox
        self._now = now
        self._new_id = new_id
        self._due: list[tuple[float, Name]] = []
        self._soonest: dict[Name, float] = {}
        self._woken = asyncio.Event()
        self._turns = Turns()
        self._tenants_in_turn = deque(notebook.tenants)
        self._lanes: dict[Name, asyncio.Task[None]] = {}
        self._again: set[Name] = set()
        self._failures: dict[Name, int] = {}
        self._strangers: set[str] = set()
        self._is_stopping = False
        self._begin: BeginDeed = _left_undone
        outbox.in_flight.told_to(self._woken.set, self.touch)
        bell.to_worker(self.hear)

    def deeds_begin_with(self, begin: BeginDeed) -> None:
        """Who starts what decisions ask for; without one, nothing is started."""
        self._begin = begin

    def hear(self, name: Name, at: datetime | None = None) -> None:
        """A ring: look at a conversation at a time, or now."""
        if not self._is_cut_off:
            self.touch(name, at)

    def touch(self, name: Name, at: datetime | None = None) -> None:
        """Look at a conversation at a time, or now."""
        if name[0] not in self._notebook.tenants:
            self._leave_to_others(name[0])
            return
        when = (at or self._now()).timestamp()
        if self._soonest.get(name, float("inf")) <= when:
            return
        self._soonest[name] = when
        heapq.heappush(self._due, (when, name))
        self._woken.set()

    def _leave_to_others(self, tenant_id: str) -> None:
        if tenant_id not in self._strangers:
            self._strangers.add(tenant_id)
            logger.warning(
                "tenant_not_known_here", tenant=tenant_id, hint="is it in this process's tenants file?"
            )

    async def run(self) -> None:
        """Work until cancelled or asked to stop."""
        sweep = asyncio.create_task(self._sweep(), name="sweep")
        try:
            while not self._is_stopping:
                self._start_due()
                await self._sleep()
        finally:
            await end([sweep])
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)

    async def stop(self) -> None:
        """Finish what is in hand, start nothing new."""
        self._is_stopping = True
        self._woken.set()
        if self._lanes:
            await asyncio.wait(self._lanes.values())

    async def look_now(self, tenant_id: str, conversation_id: str) -> None:
        """Handle a conversation and wait until that is done; for a caller who needs the outcome."""
        name = (tenant_id, conversation_id)
        while name in self._lanes:
            await asyncio.wait([self._lanes[name]])
        self._open_lane(name)
        await asyncio.wait([self._lanes[name]])

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in hand and nothing is due."""
        return not self._lanes and not self._has_due

    @property
    def _has_due(self) -> bool:
        return bool(self._turns) or bool(self._due and self._due[0][0] <= self._now().timestamp())

    @property
    def _free_lanes(self) -> int:
        return LANES - len(self._lanes) + self._outbox.in_flight.calls

    @property
    def _has_room(self) -> bool:
        return self._free_lanes > 0 and not self._has_due

    @property
    def _is_full(self) -> bool:
        return len(self._due) >= REMEMBERED_LOOKS

    def _start_due(self) -> None:
        if self._is_cut_off:
            return
        now = self._now().timestamp()
        while self._due and self._due[0][0] <= now:
            when, name = heapq.heappop(self._due)
            if self._soonest.get(name) == when:
                del self._soonest[name]
            self._turns.add(name)
        while self._turns and self._free_lanes > 0:
            name = self._turns.take()
            if name in self._lanes:
                self._again.add(name)
            else:
                self._open_lane(name)

    def _open_lane(self, name: Name) -> None:
        lane = asyncio.create_task(self._look(name), name=f"lane {name[1]}")
        self._lanes[name] = lane
        lane.add_done_callback(lambda _: self._close_lane(name))

    def _close_lane(self, name: Name) -> None:
        del self._lanes[name]
        if name in self._again:
            self._again.discard(name)
            self.touch(name)
        self._woken.set()

    async def _sleep(self) -> None:
        """Until something is due, or a ring, or a free lane."""
        self._woken.clear()
        wait: float | None = None
        if self._due and self._free_lanes > 0:
            # Never longer than a sweep: the clock by which this is due may be set ahead meanwhile.
            wait = min(max(0.0, self._due[0][0] - self._now().timestamp()), SWEEP_EVERY_SECONDS)
        try:
            # Not `wait_for`: in Python 3.11 it can lose a cancellation that arrives as it completes.
            async with asyncio.timeout(wait):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_SECONDS if self._is_rung() else SWEEP_UNRUNG_SECONDS)
            try:
                if self._looks_after is None:
                    await self._sweep_all()
                else:
                    await self._sweep_shared(self._looks_after)
            except self._notebook.store.unreachable as away:
                self._is_cut_off = True
                logger.warning("sweep_waits_for_database", reason=type(away).__name__)
            else:
                if self._is_cut_off:
                    self._is_cut_off = False
                    self._woken.set()

    async def _sweep_all(self) -> None:
        for due in await self._due_until(self._now() - SWEEP_GRACE, SWEEP_AT_MOST):
            self.touch((due.tenant_id, due.conversation_id))

    async def _due_until(self, until: datetime, at_most: int, duties: Collection[Duty] = ()) -> list[Due]:
        """What is due, oldest first; and when that is a whole page, some of those who are not on it."""
        conversations = self._notebook.store.conversations
        found = await conversations.due(until, at_most, duties)
        if len(found) < at_most:
            return found
        seen = {due.tenant_id for due in found}
        for _ in range(min(ASKED_BY_NAME, len(self._tenants_in_turn))):
            self._tenants_in_turn.rotate(-1)
            tenant_id = self._tenants_in_turn[-1]
            if tenant_id in seen:
                continue
            try:
                found += await conversations.due_of(tenant_id, until, OF_EACH, duties)
            except self._notebook.store.unreachable as away:  # a database of its own; the others go on
                logger.warning("tenant_left_out", tenant=tenant_id, reason=type(away).__name__)
        return found

    async def _sweep_shared(self, looks_after: LooksAfter) -> None:
        """Ours first; with nothing of our own to do, a few of those that were left lying."""
        now = self._now()
        until = now - (SWEEP_GRACE if self._is_rung() else SWEEP_UNRUNG_GRACE)
        found = await self._due_until(until, SWEEP_SHARED_AT_MOST, self._duties)
        left_lying = []
        for due in found:
            part = part_of(due.tenant_id, due.conversation_id)
            whose_turn = [Duty(due.duty)] if due.duty else self._duties
            if any(looks_after(duty, part) for duty in whose_turn):
                self.touch((due.tenant_id, due.conversation_id))
            elif due.at <= now - FOREIGN_GRACE:
                left_lying.append(due)
        if self._has_room:
            self._help(left_lying)

    def _help(self, left_lying: list[Due]) -> None:
        """As many as there are free lanes, not the same ones as everybody else who helps."""
        several = min(len(left_lying), max(0, self._free_lanes))
        for due in random.sample(left_lying, several):
            self.touch((due.tenant_id, due.conversation_id))

    async def _look(self, name: Name) -> None:
        """One look at one conversation, with every failure ending in a later look."""
        try:
            await self._handle(name)
            self._failures.pop(name, None)
        except StaleConversation:
            self.touch(name)
        except self._notebook.store.unreachable as away:
            logger.warning("work_waits_for_database", conversation=name[1], reason=type(away).__name__)
            self.touch(name, self._now() + timedelta(seconds=1))
        except Exception as fault:  # noqa: BLE001  (the border of the worker: the next conversation must go on)
            failures = self._failures[name] = self._failures.get(name, 0) + 1
            logger.error("handling_failed", conversation=name[1], failures=failures, **trail(fault))
            measures.handling_failed()
            if failures >= PARK_AFTER:
                await self._park(name)
            self.touch(name, self._now() + timedelta(seconds=failures))

    async def _handle(self, name: Name) -> None:
        conversation = await self._notebook.store.conversations.recall(*name)
        for _ in range(STEPS_PER_LOOK):
            if conversation is None:
                return
            try:
                written = await self._step(conversation)
            except StaleConversation:
                conversation = await self._notebook.store.conversations.read(*name)
                continue
            if written is None:
                self._look_later(conversation)
                return
            # As it is stored now; when somebody else writes meanwhile, the version of the next write finds out.
            conversation = written
        self.touch(name)

    async def _step(self, conversation: Conversation) -> Conversation | None:
        """Do the first thing that is due; answers the conversation as written then, None when nothing was due."""
        now = self._now()
        pace = self._notebook.tenants[conversation.tenant_id].pace
        settled = settled_at(conversation, pace)
        if Duty.WORKER in self._duties and settled is not None and settled <= now:
            return await self._read_mailbox(conversation)
        log = self._notebook.log()
        if self._has_passed(conversation, log):
            await self._notebook.write(conversation, log)
            return conversation
        sent = await self._send(conversation, now) if Duty.SENDER in self._duties else None
        if sent is None and conversation.deeds and Duty.WORKER in self._duties:
            return await self._begin_deeds(conversation)
        return sent

    async def _begin_deeds(self, conversation: Conversation) -> Conversation:
        """Start what decisions asked for, then forget it here; started twice, it is the same work."""
        for deed in conversation.deeds:
            if not await self._begin(conversation, deed) and deed.name not in conversation.unset:
                conversation.unset = (*conversation.unset, deed.name)
        conversation.deeds = ()
        await self._notebook.write(conversation, self._notebook.log())
        return conversation

    def _has_passed(self, conversation: Conversation, log: Log) -> bool:
        """Let happen what time alone does; answers whether anything did."""
        is_sender, keeps_time = Duty.SENDER in self._duties, Duty.TIMERS in self._duties
        return bool(
            (is_sender and self._outbox.doubt_orphans(conversation, log))
            | (keeps_time and keep_deadlines(conversation, log))
            | (keeps_time and self._pipeline.follow_up(conversation, log))
        )

    async def _send(self, conversation: Conversation, now: datetime) -> Conversation | None:
        doubted = _due_for_lookup(conversation, now)
        if doubted is not None:
            return await self._outbox.look_up(conversation, doubted)
        draft = self._outbox.sendable(conversation)
        if draft is not None and not conversation.mailbox:
            return await self._outbox.deliver(conversation, draft)
        return None

    async def _read_mailbox(self, conversation: Conversation) -> Conversation:
        log = self._notebook.log()
        waiting, conversation.mailbox = conversation.mailbox, []
        with handling(conversation, waiting, log):
            with spans.span("conversation.decide") as deciding:
                decision = await self._pipeline.handle(conversation, waiting, log)
                tag_decision(deciding, decision)
            mark_drafts(conversation, log)
            # An answer that may leave at once takes its intent along in this write, where the sender is here too.
            call = await self._outbox.intend(conversation, log) if Duty.SENDER in self._duties else None
            with spans.span("conversation.commit"):
                await self._notebook.write(conversation, log, handled=[w.key for w in waiting])
        return await self._outbox.make(conversation, call) if call else conversation

    def _look_later(self, conversation: Conversation) -> None:
        waits = self._outbox.waits_until(conversation.tenant_id, conversation.id)
        if waits is not None:  # its turn at a number is a matter of moments; the database knows nothing of it
            self.touch((conversation.tenant_id, conversation.id), max(waits, self._now()))
            return
        turn = next_turn(conversation, self._notebook.tenants[conversation.tenant_id].pace)
        if turn is None:
            return
        at, duty = turn
        if duty not in self._duties:
            if at <= self._now() + FAR_AWAY:
                self._bell.ring(conversation.tenant_id, conversation.id, at, duty)
        elif not (self._is_full and at > self._now() + FAR_AWAY):
            # Never at once: what is due and yet could not be done now needs somebody else's move first.
            self.touch((conversation.tenant_id, conversation.id), max(at, self._now() + IDLE_LOOK))

    async def _park(self, name: Name) -> None:
        """Put the waiting events aside, whole, and tell the approvers."""
        conversation = await self._notebook.store.conversations.read(*name)
        if conversation is None or not conversation.mailbox:
            return
        waiting = list(conversation.mailbox)
        for event in waiting:
            await self._notebook.store.quarantine.keep(_as_raw(conversation, event))
        log = self._notebook.log()
        conversation.notices.append(Notice(self._new_id(), "parked", log.at, f"{len(waiting)}"))
        for event in waiting:
            log.add("event_parked", event.correlation_id, key=event.key)
        await self._notebook.write(conversation, log, handled=[w.key for w in waiting])
        self._failures.pop(name, None)


def _due_for_lookup(conversation: Conversation, now: datetime) -> Draft | None:
    for draft in conversation.outbox:
        if draft.status is Status.UNKNOWN and (at := lookup_at(draft)) is not None and at <= now:
            return draft
    return None


def _as_raw(conversation: Conversation, event: Waiting) -> Raw:
    return Raw(
        id=event.key,
        tenant_id=conversation.tenant_id,
        channel=event.channel,
        reason=HANDLING_FAILED,
        body=orjson.dumps({"what": event.what, "hold": event.hold, "data": event.data}, default=str),
        received_at=event.received_at,
        correlation_id=event.correlation_id,
        about=conversation.id,
    )
