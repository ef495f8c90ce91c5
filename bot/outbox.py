"""
Move one draft towards the contact, and write down what happened.

Rule 1: the intent is written before the provider is called, in a write that succeeds only if the conversation is
        still exactly as the gate saw it. It may be the write that also holds the answer itself.
Rule 2: whatever the provider says is written before anybody acts on it.
Rule 3: only a certain refusal falls back. An answer in doubt stops everything until the provider's own record, a
        receipt or a human resolves it.
Rule 4: an attempt that nobody will finish is in doubt, never repeated.
Rule 5: a call begins soon after its intent, or asks again whether anything has changed since, or is not made. A
        process that was asleep in between finds that out by a clock that only goes on, and gives the attempt up;
        only one that falls asleep between that look and the first byte slips through.
Rule 6: the answer to one attempt says nothing about another that is under way; but what has arrived is never sent
        again, however late one hears of it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot import gate
from bot.conversation import (
    OWED,
    UNASKED_FOR,
    Attempt,
    Conversation,
    Draft,
    DraftKind,
    Notice,
    Status,
    with_attempt,
)
from bot.departures import floods
from bot.departures.in_flight import InFlight
from bot.departures.pauses import ChannelPauses
from bot.departures.room import BUSY, PACE, Departures, Later
from bot.errors import StaleConversation
from bot.events import Outcome, SendClass
from bot.knowledge.in_talk import SOURCE_GONE, StillAnswers, always_answers, has_lost_its_source
from bot.notebook import Log, Notebook
from bot.ports import (
    Candidate,
    CannotTell,
    Chain,
    FoundSend,
    OutboundMessage,
    Provider,
    SendResult,
    TemplateMessage,
)
from bot.postures import PostureCache
from bot.privacy.consent import ConsentEvent
from bot.telemetry.steps import refusing, sending, tag_result
from bot.templates.room import TemplateRoom
from bot.timers import ATTEMPT_LEASE
from rules.policies import Policies

logger = structlog.get_logger()

# When every channel has surely not sent a message, how long to wait before they are asked again. After the last
# pause the message is given up and the approvers are told: an answer that comes hours late is worse than a call.
PAUSES = (timedelta(seconds=10), timedelta(seconds=60), timedelta(minutes=5), timedelta(minutes=20))

# While the database is away, what a provider answered is kept in memory and written as soon as it is back.
WRITE_AGAIN_SECONDS = 0.5

# Whoever waited for an answer hears a late yes too, and whoever gave it up for lost and is to send it again.
IN_DOUBT_OR_AGAIN = (Status.SENDING, Status.UNKNOWN, Status.QUEUED, Status.HELD)

# Beside a pause that the provider measured, these do not change by waiting.
ENDS_BY_ITSELF_OR_NEVER = ("paused", "disabled", "other_number", "channel_gone", "not_configured")

# A search that found no place at its provider is tried again.
LOOKUP_AGAIN = timedelta(seconds=1)

# A call takes up to 20 s and must be over before others take the attempt for one that nobody will finish.
CALL_WITHIN = ATTEMPT_LEASE - timedelta(seconds=25)

# A stop may be recorded between an intent and its call. Where that took longer than it takes a healthy house, the
# conversation is asked again.
SURE_FOR = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a provider whose intent stands in the conversation; to be made when that is stored."""

    draft_id: str
    attempt: Attempt
    provider: Provider
    began: float
    """When, by the clock that only goes on."""


async def _nothing_recorded(_conversation: Conversation) -> Sequence[ConsentEvent]:
    return ()


class Outbox:
    """Sends what may leave, one draft at a time."""

    def __init__(
        self,
        notebook: Notebook,
        chains: dict[str, Chain],
        postures: PostureCache,
        new_id: Callable[[], str],
        *,
        owner: str,
        is_alone: bool,
        policies_of: Callable[[str], Policies] = lambda _: gate.CAREFUL,
        consents_of: Callable[[Conversation], Awaitable[Sequence[ConsentEvent]]] = _nothing_recorded,
        departures: Departures | None = None,
        in_flight: InFlight | None = None,
        pauses: ChannelPauses | None = None,
        templates: TemplateRoom | None = None,
        still_answers: StillAnswers = always_answers,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            is_alone: no other process works on this database, so attempts of other owners are dead.
            policies_of: what the rules of a tenant say about quiet hours, caps and deadlines.
            consents_of: what a contact granted and revoked; asked for what nobody asked for, never for an answer.
            departures: whether numbers let one more leave; None where nobody counts.
            in_flight: counts the calls under way.
            pauses: hears which numbers a provider wants to be left alone.
            templates: says how templates stand; where nobody does, nothing leaves as one.
            still_answers: whether the article whose words a draft says may still answer.
            monotonic: seconds by a clock that only goes on, also while this process is stopped.
        """
        self._monotonic = monotonic
        self._notebook = notebook
        self._chains = chains
        self._postures = postures
        self._new_id = new_id
        self._owner = owner
        self._is_alone = is_alone
        self._policies_of = policies_of
        self._consents_of = consents_of
        self._departures = departures
        self.in_flight = in_flight or InFlight()
        self._pauses = pauses
        self._templates = templates
        self._still_answers = still_answers
        self._waits: dict[tuple[str, str], datetime] = {}

    def sendable(self, conversation: Conversation) -> Draft | None:
        """The oldest draft that could leave now; one that only waits its turn lets no later answer pass it."""
        now = self._notebook.now()
        in_line = False
        for draft in conversation.outbox:
            if draft.status is not Status.QUEUED or (in_line and draft.kind not in OWED):
                continue
            if draft.retry_at is None or draft.retry_at <= now:
                return draft
            if draft.note == BUSY and not self.in_flight.is_crowded(conversation.channel):
                return draft
            in_line = in_line or draft.note in (PACE, BUSY)
        return None

    def waits_until(self, tenant_id: str, conversation_id: str) -> datetime | None:
        """When to look again at a contact whose turn had not come; asked once, after each look."""
        return self._waits.pop((tenant_id, conversation_id), None)

    async def deliver(self, conversation: Conversation, draft: Draft) -> Conversation | None:
        """
        Try one channel for one draft; answers the conversation as it is stored then.

        None when its turn has not come and nothing was written (`waits_until` says when it will).
        Raises StaleConversation when somebody changed the conversation after it was read.
        """
        consents = await self._consents(conversation, draft)
        refused = await self._refusal(conversation, draft, consents)
        if refused is not None:
            await self._refuse(conversation, draft, refused)
            return conversation
        candidate = self._next_candidate(conversation, draft)
        if candidate is None:
            await self._give_up_for_now(conversation, draft)
            return conversation
        verdict = await self._judge(conversation, draft, candidate)
        if isinstance(verdict, Later):
            return await self._wait_in_line(conversation, draft, verdict)
        if verdict is not None:
            await self._refuse(conversation, draft, verdict)
            return conversation
        log = self._notebook.log()
        call = self._write_intent(conversation, draft, candidate, consents, log)
        await self._notebook.write(conversation, log)
        return await self.make(conversation, call)

    async def intend(self, conversation: Conversation, log: Log) -> Call | None:
        """
        Put the intent to send what may leave now into a conversation that is about to be written.

        None when nothing may leave at once; `deliver` says why and writes that down. The caller stores the
        conversation, and only then makes the call.
        """
        draft = self.sendable(conversation)
        if draft is None:
            return None
        consents = await self._consents(conversation, draft)
        if await self._refusal(conversation, draft, consents) is not None:
            return None
        candidate = self._next_candidate(conversation, draft)
        if candidate is None or await self._judge(conversation, draft, candidate) is not None:
            return None
        return self._write_intent(conversation, draft, candidate, consents, log)

    async def _judge(
        self, conversation: Conversation, draft: Draft, provider: Provider
    ) -> gate.Refusal | Later | None:
        """Whether numbers let it leave: the last question before the intent, because a yes is counted."""
        if self._departures is None:
            return None
        return await self._departures.judge(conversation, draft, provider.channel)

    async def _wait_in_line(self, conversation: Conversation, draft: Draft, later: Later) -> Conversation | None:
        """A short wait is remembered here; a longer one is written, so that no sweep finds it before its time."""
        if later.is_short:
            self._waits[conversation.tenant_id, conversation.id] = later.until
            return None
        log = self._notebook.log()
        draft.retry_at, draft.note = later.until, later.code
        draft.rev += 1
        log.add("send_waits_in_line", draft.correlation_id, draft=draft.id, until=later.until, why=later.code)
        await self._notebook.write(conversation, log)
        return conversation

    async def make(self, conversation: Conversation, call: Call) -> Conversation:
        """Call the provider and write down what it says; answers the conversation as it is stored then."""
        draft = conversation.draft(call.draft_id)
        assert draft is not None
        if not await self._still_stands(conversation, call):
            return await self._give_up(conversation, call)
        with sending(conversation.tenant_id, draft, call.attempt.id, call.provider) as watched:
            with self.in_flight.calling(call.attempt.channel):
                result = await call.provider.send(_message(conversation, draft))
            tag_result(watched, result)
        self._chains[conversation.tenant_id].note(call.attempt.channel, result)
        try:
            await self._hear_pause(conversation.tenant_id, call.attempt.channel, result)
            await self._hear_of_template(conversation.tenant_id, call.provider, draft, result)
        finally:  # whatever comes of telling others
            written = await self._write_result(conversation, call, result)
        await self._give_back_if_ended(written, call.draft_id)
        return written

    async def _still_stands(self, conversation: Conversation, call: Call) -> bool:
        """Whether the call may be made: at once, or after a look that found nothing changed."""
        seen = call.began
        while self._monotonic() - seen > SURE_FOR.total_seconds():
            seen = self._monotonic()
            if seen - call.began > CALL_WITHIN.total_seconds():
                return False
            try:
                now = await self._notebook.store.conversations.read(conversation.tenant_id, conversation.id)
            except self._notebook.store.unreachable:
                return False  # a stop may stand there
            if now is None or now.v != conversation.v:
                return False
        return True

    async def _hear_pause(self, tenant_id: str, channel: str, result: SendResult) -> None:
        """That a number is to be left alone is told to everybody; what the provider said of the message matters
        more, so a database that is away does not stop it from being written as soon as it is back."""
        if self._pauses is None or not result.pause_seconds:
            return
        try:
            await self._pauses.note(tenant_id, channel, result)
        except self._notebook.store.unreachable as away:
            logger.warning("pause_not_told", channel=channel, reason=type(away).__name__)

    async def _hear_of_template(
        self, tenant_id: str, provider: Provider, draft: Draft, result: SendResult
    ) -> None:
        """A template that the provider carries no more stops for everybody; the answer comes first."""
        if self._templates is None or draft.template is None:
            return
        try:
            await self._templates.sent(tenant_id, provider, draft.template, result)
        except self._notebook.store.unreachable as away:
            logger.warning("template_not_told", draft=draft.id, reason=type(away).__name__)

    async def _give_back_if_ended(self, conversation: Conversation, draft_id: str) -> None:
        """What surely never left gives its place in the day back; while nobody answers it keeps it."""
        draft = conversation.draft(draft_id)
        ended = (Status.FAILED, Status.CANCELLED, Status.HELD)
        if self._departures is None or draft is None or draft.status not in ended:
            return
        try:
            await self._departures.unsent(conversation, draft)
        except self._notebook.store.unreachable as away:
            logger.warning("place_not_given_back", draft=draft_id, reason=type(away).__name__)

    async def _give_up(self, conversation: Conversation, call: Call) -> Conversation:
        """
        Not call after all: too much time has passed since the intent, and something has changed or may have.

        Where the attempt is still ours it surely sent nothing, and the draft goes back to the queue and the gate.
        Where others have put it in doubt meanwhile, it stays so.
        """
        logger.warning("attempt_given_up", attempt=call.attempt.id, reason="too long after its intent")
        asleep = SendResult(SendClass.NOT_SENT_FALLBACK, detail="the call came too late; nothing was sent")

        def edit(fresh: Conversation, log: Log) -> None:
            draft = fresh.draft(call.draft_id)
            attempt = draft.open_attempt if draft and draft.status is Status.SENDING else None
            if draft is None or attempt is None or attempt.id != call.attempt.id:
                return
            self._learn(fresh, call.draft_id, call.attempt, asleep, log)
            draft.retry_at = log.at  # not the channel's fault: it may be tried again at once

        return await self._change_in_the_end(conversation, edit)

    async def _consents(self, conversation: Conversation, draft: Draft) -> Sequence[ConsentEvent]:
        """An answer needs no consent, and costs no question to the database."""
        return await self._consents_of(conversation) if gate.wants_consent(draft) else ()

    async def _refusal(
        self, conversation: Conversation, draft: Draft, consents: Sequence[ConsentEvent]
    ) -> gate.Refusal | None:
        tenant = self._notebook.tenants[conversation.tenant_id]
        posture = await self._postures.of(tenant)
        policies = self._policies_of(conversation.tenant_id)
        now = self._notebook.now()
        trouble = await self._trouble(conversation, draft)
        return gate.refusal(conversation, draft, tenant, posture, now, policies, consents, trouble)

    async def _trouble(self, conversation: Conversation, draft: Draft) -> str:
        """Free text that is no campaign and quotes no article costs no question."""
        if await has_lost_its_source(conversation.tenant_id, draft, self._still_answers):
            return SOURCE_GONE
        if draft.template is None and draft.kind is not DraftKind.CAMPAIGN:
            return ""
        return await self._templates.trouble(conversation, draft) if self._templates else "template_unknown"

    def _write_intent(
        self,
        conversation: Conversation,
        draft: Draft,
        provider: Provider,
        consents: Sequence[ConsentEvent],
        log: Log,
    ) -> Call:
        record_id = ""
        if gate.wants_consent(draft):
            tenant = self._notebook.tenants[conversation.tenant_id]
            record_id = gate.allowance(conversation, draft, tenant, consents, log.at).record_id
        attempt = Attempt(self._new_id(), provider.channel, log.at, self._owner, consent_id=record_id)
        if draft.note in (gate.QUIET_HOURS, PACE, BUSY):
            draft.note = ""  # it waited, and waits no more
        with_attempt(draft, attempt)
        draft.step(Status.SENDING)
        log.add(
            "attempt_started",
            draft.correlation_id,
            draft=draft.id,
            attempt=attempt.id,
            channel=attempt.channel,
            kind=draft.kind.value,
            consent=record_id,
            text_sha256=draft.text_sha256,
            grant=draft.grant.id if draft.grant else "",
        )
        return Call(draft.id, attempt, provider, self._monotonic())

    async def _write_result(self, conversation: Conversation, call: Call, result: SendResult) -> Conversation:
        """Write down an answer, against every race and for as long as the database is away."""

        def edit(fresh: Conversation, log: Log) -> None:
            self._learn(fresh, call.draft_id, call.attempt, result, log)

        try:
            log = self._notebook.log()
            edit(conversation, log)
            await self._notebook.write(conversation, log)
            return conversation
        except StaleConversation:
            pass  # somebody wrote during the call: the answer goes into what is stored now
        except self._notebook.store.unreachable as away:
            logger.warning("send_result_waits_for_database", attempt=call.attempt.id, reason=type(away).__name__)
        return await self._change_in_the_end(conversation, edit)

    async def _change_in_the_end(
        self, conversation: Conversation, edit: Callable[[Conversation, Log], None]
    ) -> Conversation:
        """What nobody else knows is written, however long the database is away."""
        while True:
            try:
                written, _ = await self._notebook.change(conversation.tenant_id, conversation.id, edit)
                return written
            except self._notebook.store.unreachable:
                await asyncio.sleep(WRITE_AGAIN_SECONDS)

    def _learn(
        self, conversation: Conversation, draft_id: str, attempt: Attempt, result: SendResult, log: Log
    ) -> None:
        draft = conversation.draft(draft_id)
        if draft is None:
            return
        if any(
            a.id == attempt.id and a.ended_at is not None and a.send_class == result.send_class
            for a in draft.attempts
        ):
            return  # written already; only the acknowledgement was lost
        under_way = draft.open_attempt
        draft.close_attempt(_completed(attempt, result, log))
        new_ids = tuple(i for i in result.provider_message_ids if i not in draft.provider_message_ids)
        draft.provider_message_ids = (*draft.provider_message_ids, *new_ids)
        log.add(
            "attempt_ended",
            draft.correlation_id,
            draft=draft.id,
            attempt=attempt.id,
            channel=attempt.channel,
            send_class=result.send_class.value,
            http_status=result.http_status,
            code=result.provider_code,
            latency_ms=round(result.latency_ms, 1),
        )
        is_of_another = under_way is not None and under_way.id != attempt.id
        if is_of_another and result.outcome is not Outcome.ACCEPTED:
            return
        may_go_on = self._chains[conversation.tenant_id].may_fall_back(result)
        _move(conversation, draft, result, log, may_go_on)

    def _next_candidate(self, conversation: Conversation, draft: Draft) -> Provider | None:
        tenant = self._notebook.tenants[conversation.tenant_id]
        tried = _tried_this_round(draft)
        offered = self._chains[tenant.id].candidates(
            _known_by(conversation, draft), tenant.may_change_number, conversation.created_at
        )
        for candidate in offered:
            if candidate.skip_reason or candidate.provider.channel in tried:
                continue
            if self._cannot_carry(conversation, draft, candidate):
                continue
            return candidate.provider
        return None

    def _cannot_carry(self, conversation: Conversation, draft: Draft, candidate: Candidate) -> bool:
        """
        A template leaves from the number that it was approved for, and needs no window. For free text a provider
        that needs the window judges it per number: another number opened another window.
        """
        if draft.template is not None:
            return candidate.provider.channel != draft.template.channel
        if not candidate.provider.needs_window:
            return False
        tenant = self._notebook.tenants[conversation.tenant_id]
        opened = conversation.windows.get(candidate.provider.channel)
        return opened is None or self._notebook.now() - opened >= tenant.pace.window

    async def _refuse(self, conversation: Conversation, draft: Draft, refused: gate.Refusal) -> None:
        if refused.next is gate.Next.WAIT and refused.until is None:
            return  # the worker reads what waits, then comes back
        log = self._notebook.log()
        if refused.next is gate.Next.WAIT:
            draft.retry_at, draft.note = refused.until, refused.code
            draft.rev += 1
        elif refused.next is gate.Next.CANCEL:
            draft.step(Status.CANCELLED, refused.code)
        else:
            if refused.code == floods.CODE:
                await self._tell_of_flood(conversation, log)
            draft.step(Status.HELD, refused.code)
            draft.grant = None
            draft.decided_by, draft.decided_at, draft.decision = "", None, ""
            draft.hold_reasons = (*draft.hold_reasons, f"hold.{refused.code}")
            kind = "follow_up" if draft.kind in UNASKED_FOR else "reply"
            times = self._policies_of(conversation.tenant_id).deadlines.of(kind, log.at, draft.expires_at)
            draft.warn_at, draft.due_at = times.warn_at, times.due_at
        log.add("gate_refused", draft.correlation_id, draft=draft.id, code=refused.code, next=refused.next.value)
        with refusing(conversation.tenant_id, draft, refused.code):
            await self._notebook.write(conversation, log)
        await self._give_back_if_ended(conversation, draft.id)

    async def _tell_of_flood(self, conversation: Conversation, log: Log) -> None:
        """A contact's flood is told on that contact, a channel's on the first who met it."""
        pace = self._notebook.tenants[conversation.tenant_id].pace
        is_of_contact = floods.is_spent(conversation.automatic, pace, log.at)
        matter = floods.matter(conversation.tenant_id, conversation.channel, log.at)
        if is_of_contact or await self._notebook.store.marks.first_time(floods.CODE, matter, log.at):
            floods.tell(conversation, log.at)

    async def _give_up_for_now(self, conversation: Conversation, draft: Draft) -> None:
        """No channel is left in this round: wait, or after the last round say so."""
        log = self._notebook.log()
        skipped = self._why_skipped(conversation, draft)
        if draft.rounds < len(PAUSES):
            draft.retry_at = max(log.at + PAUSES[draft.rounds], self._pause_ends(conversation) or log.at)
            draft.rounds += 1
            draft.note = skipped or draft.note
            draft.rev += 1
            log.add("send_postponed", draft.correlation_id, draft=draft.id, until=draft.retry_at, why=skipped)
        else:
            draft.step(Status.FAILED, skipped or "no_provider")
            conversation.notices.append(Notice(f"failed:{draft.id}", "send_failed", log.at, draft.note))
            log.add("send_given_up", draft.correlation_id, draft=draft.id, why=skipped)
        await self._notebook.write(conversation, log)
        await self._give_back_if_ended(conversation, draft.id)

    def _pause_ends(self, conversation: Conversation) -> datetime | None:
        """When the first of the numbers that a provider wants to be left alone may be asked again."""
        tenant = self._notebook.tenants[conversation.tenant_id]
        offered = self._chains[tenant.id].candidates(conversation.channel, tenant.may_change_number)
        if any(c.skip_code not in ENDS_BY_ITSELF_OR_NEVER for c in offered):
            return None  # somebody else may be well again before that
        return min((c.until for c in offered if c.until is not None), default=None)

    def _why_skipped(self, conversation: Conversation, draft: Draft) -> str:
        tenant = self._notebook.tenants[conversation.tenant_id]
        offered = self._chains[tenant.id].candidates(_known_by(conversation, draft), tenant.may_change_number)
        reasons = [f"{c.provider.channel}: {c.skip_reason}" for c in offered if c.skip_reason]
        why = "carries no template of this kind" if draft.template else "service window closed"
        reasons += [
            f"{c.provider.channel}: {why}"
            for c in offered
            if not c.skip_reason and self._cannot_carry(conversation, draft, c)
        ]
        return "; ".join(reasons)

    def doubt_orphans(self, conversation: Conversation, log: Log) -> bool:
        """Attempts whose process died are in doubt; answers whether there were any."""
        found = False
        for draft in conversation.outbox:
            attempt = draft.open_attempt
            if draft.status is not Status.SENDING or attempt is None or not self._is_orphan(attempt, log):
                continue
            found = True
            detail = "process_died"
            draft.close_attempt(replace(attempt, send_class=SendClass.AMBIGUOUS, ended_at=log.at, detail=detail))
            draft.step(Status.UNKNOWN, detail)
            log.add("attempt_orphaned", draft.correlation_id, draft=draft.id, attempt=attempt.id)
        return found

    def _is_orphan(self, attempt: Attempt, log: Log) -> bool:
        if attempt.owner == self._owner:
            return log.at - attempt.started_at > 4 * ATTEMPT_LEASE  # our own call cannot take this long
        return self._is_alone or log.at - attempt.started_at > ATTEMPT_LEASE

    async def look_up(self, conversation: Conversation, draft: Draft) -> Conversation | None:
        """
        Search a provider's own record for a message in doubt; answers the conversation as stored then.

        None when too many calls of that provider are under way.
        """
        provider = self._provider_of(conversation, draft)
        if provider is not None and self.in_flight.is_crowded(provider.channel):
            name = (conversation.tenant_id, conversation.id)
            self.in_flight.waits(provider.channel, name)
            self._waits[name] = self._notebook.now() + LOOKUP_AGAIN
            return None
        last = draft.attempts[-1] if draft.attempts else None
        if provider is None or last is None:
            found: FoundSend | object = CannotTell("the channel is not configured any more")
        else:
            with self.in_flight.calling(provider.channel):
                found = await provider.find_sent(_message(conversation, draft), last.started_at)

        def edit(fresh: Conversation, log: Log) -> None:
            doubted = fresh.draft(draft.id)
            if doubted is None or doubted.status is not Status.UNKNOWN:
                return
            doubted.lookups += 1  # also when the record could not be read: its provider may be back next time
            ids = _ids_of(found, fresh, doubted)
            if ids is not None:
                doubted.provider_message_ids = (*doubted.provider_message_ids, *ids)
                doubted.step(Status.ACCEPTED, "found_in_record")
                fresh.heard_from_us(doubted, log.at)
                log.add("doubt_resolved", doubted.correlation_id, draft=doubted.id, arrived=True, by="record")

        written, _ = await self._notebook.change(conversation.tenant_id, conversation.id, edit)
        return written

    def _provider_of(self, conversation: Conversation, draft: Draft) -> Provider | None:
        offered = self._chains[conversation.tenant_id].candidates(conversation.channel, allow_other_number=True)
        return next((c.provider for c in offered if c.provider.channel == draft.last_channel), None)


def _ids_of(found: object, conversation: Conversation, doubted: Draft) -> tuple[str, ...] | None:
    """
    Under which ids a record shows the message in doubt, None when it does not.

    A record that is searched by text also shows other messages of ours with the same words; they prove nothing.
    """
    if not isinstance(found, FoundSend):
        return None
    others = {i for d in conversation.outbox if d.id != doubted.id for i in d.provider_message_ids}
    left = tuple(i for i in found.provider_message_ids if i not in others)
    return left if left or not found.provider_message_ids else None


def _move(conversation: Conversation, draft: Draft, result: SendResult, log: Log, may_go_on: bool) -> None:
    """The status that an answer leads to."""
    match result.outcome:
        case Outcome.ACCEPTED if draft.status in IN_DOUBT_OR_AGAIN:
            draft.step(Status.ACCEPTED)
            _left(conversation, draft, log)
        case Outcome.ACCEPTED:
            _left(conversation, draft, log)  # a receipt was faster than the answer
        case Outcome.SIMULATED if draft.status is Status.SENDING:
            draft.step(Status.SIMULATED)
            _left(conversation, draft, log)
        case Outcome.AMBIGUOUS if draft.status is Status.SENDING:
            draft.step(Status.UNKNOWN, result.detail)
        case Outcome.REJECTED_RETRYABLE if draft.status is Status.SENDING and _is_our_template(draft, result):
            _refused_for_good(conversation, draft, result, log)
        case Outcome.REJECTED_RETRYABLE | Outcome.NOT_CONFIGURED if draft.status is Status.SENDING:
            draft.step(Status.QUEUED, result.detail)
            if not may_go_on:
                _wait(draft, result, log)
        case Outcome.REJECTED_FINAL if draft.status is Status.SENDING:
            _refused_for_good(conversation, draft, result, log)


def _known_by(conversation: Conversation, draft: Draft) -> str:
    """The number that the contact knows us by; who has never written gets to know the one of the template."""
    return conversation.channel or (draft.template.channel if draft.template else "")


def _is_our_template(draft: Draft, result: SendResult) -> bool:
    """The same template with the same words would be refused again, and no other number has it."""
    return draft.template is not None and result.send_class is SendClass.NOT_SENT_FIX_REQUEST


def _left(conversation: Conversation, draft: Draft, log: Log) -> None:
    if draft.grant is not None and not draft.grant.used_by_attempt:
        draft.grant = replace(draft.grant, used_by_attempt=draft.attempts[-1].id)
    conversation.heard_from_us(draft, log.at)


def _wait(draft: Draft, result: SendResult, log: Log) -> None:
    """Nobody else may stand in for this provider, and it asked for a pause."""
    seconds = result.retry_after_seconds or PAUSES[0].total_seconds()
    draft.retry_at = log.at + timedelta(seconds=seconds)


def _refused_for_good(conversation: Conversation, draft: Draft, result: SendResult, log: Log) -> None:
    draft.step(Status.FAILED, result.detail)
    if result.send_class is SendClass.PERMANENT_RECIPIENT_OPTED_OUT:
        conversation.sends_paused = "provider_optout"
    conversation.notices.append(Notice(f"failed:{draft.id}", "send_failed", log.at, result.detail))


def _completed(attempt: Attempt, result: SendResult, log: Log) -> Attempt:
    return replace(
        attempt,
        send_class=result.send_class,
        ended_at=log.at,
        http_status=result.http_status,
        provider_code=result.provider_code,
        detail=result.detail,
        latency_ms=result.latency_ms,
        provider_message_ids=result.provider_message_ids,
    )


def _message(conversation: Conversation, draft: Draft) -> OutboundMessage:
    use = draft.template
    template = TemplateMessage(use.name, use.code, use.values) if use else None
    return OutboundMessage(draft.id, conversation.recipient, draft.text, draft.buttons, template=template)


def _tried_this_round(draft: Draft) -> set[str]:
    since = draft.retry_at
    return {a.channel for a in draft.attempts if since is None or a.started_at >= since}
