"""
Everything that waits in a mailbox, handled: the conversation changed in memory, ready for one write.

Rule 1: everything that waits is read together and answered by at most one message. A stop among it is read for
        itself (`bot.stops`).
Rule 2: every message ends in a reply, a draft, or a recorded reason for silence.
Rule 3: a draft that still waits when the contact writes again is stale: it is made anew, never sent.
Rule 4: nothing here sends and nothing here writes, but for what outlives the conversation: suppressions, consents
        and data requests. Writing one of them twice changes nothing.
Rule 5: whoever asks about their data gets a receipt by itself; it is the only message besides the one answer.
"""

from collections.abc import Callable, Sequence

from bot import effects, outside
from bot.actions import deeds
from bot.conversation import Conversation, Draft, DraftKind, Notice, Said, Slot, Status, Suppression, Waiting
from bot.decision import Decision, decide
from bot.drafting import draft_of, held_for, made_anew
from bot.follow_ups import UseFor, cancel_waiting, follow_up, no_templates
from bot.gather import Heard, HeardMessage, hear, question_of
from bot.knowledge.in_talk import answered_from, needs_source
from bot.knowledge.reading import Answering, no_source
from bot.notebook import Log
from bot.playbook import Playbook
from bot.postures import PostureCache
from bot.prices import priced
from bot.privacy import data_asks
from bot.privacy.consent_in_chat import agreed_again, stopped
from bot.privacy.fingerprints import Fingerprints
from bot.stops import in_pieces
from bot.store import Store
from bot.tenant import Autonomy, Tenant
from rules.policies import Policies

# What cards and pages show instead of a pasted password or key; the real one is not kept anywhere.
HIDDEN = "•••"

# A notice quotes the beginning of a message; the whole of it is in the conversation.
NOTICE_QUOTES = 300


class Pipeline:
    """Steps five to seven of the line, and what the eighth writes."""

    def __init__(
        self,
        store: Store,
        tenants: dict[str, Tenant],
        playbook_of: Callable[[str], Playbook],
        postures: PostureCache,
        new_id: Callable[[], str],
        fingerprints: Fingerprints | None = None,
        use_for: UseFor = no_templates,
        answers_from: Answering = no_source,
    ) -> None:
        """
        Args:
            playbook_of: answers the playbook of a tenant that is in force; a decision takes it once.
            fingerprints: by which a contact who was erased is known; without them nobody ever was.
            use_for: how a template would leave for a contact now.
            answers_from: what the tenant knows; asked only where the book leaves a question to who knows.
        """
        self._use_for = use_for
        self._answers_from = answers_from
        self._store = store
        self._tenants = tenants
        self._playbook_of = playbook_of
        self._postures = postures
        self._new_id = new_id
        self._fingerprints = fingerprints
        self._is_unset: deeds.IsUnset = lambda _tenant_id, _name: False

    def knows_what_is_unset(self, is_unset: deeds.IsUnset) -> None:
        """Actions are opened after the line; they say which of them nobody has set up."""
        self._is_unset = is_unset

    async def handle(self, conversation: Conversation, waiting: Sequence[Waiting], log: Log) -> Decision | None:
        """
        Handle events of the mailbox, oldest first; the caller writes the conversation.

        Answers what was decided about the messages among them, None when there were none.
        """
        tenant = self._tenants[conversation.tenant_id]
        if not conversation.recent:
            await self._remember_suppression(conversation, waiting, log)
        suppressed_before = conversation.suppression
        for event in waiting:
            if event.what != "message":
                outside.take(conversation, event, tenant, log)
        heard = hear(conversation, waiting)
        for repeated in heard.repeated:
            log.add("repeated_through_another_channel", repeated.correlation_id, key=repeated.key)
        hold = next((event.hold for event in waiting if event.hold), "")
        decision = await self._read(conversation, heard, tenant, hold, log) if heard.messages else None
        if conversation.suppression is not None:
            await self._keep_suppression(conversation, conversation.suppression)
            if conversation.suppression is not suppressed_before:
                await self._store.consents.add([stopped(conversation, conversation.suppression, waiting, log)])
        _tidy(conversation)
        return decision

    def follow_up(self, conversation: Conversation, log: Log) -> bool:
        """Prepare what is said to a contact who fell silent; answers whether anything changed."""
        tenant = self._tenants[conversation.tenant_id]
        return follow_up(conversation, self._playbook_of(tenant.id), tenant, self._new_id, log, self._use_for)

    async def _remember_suppression(
        self, conversation: Conversation, waiting: Sequence[Waiting], log: Log
    ) -> None:
        """A contact who opted out, was deleted and writes again is still opted out."""
        reason = await self._store.suppressions.find(
            conversation.tenant_id, self._known_as(conversation), besides=[event.key for event in waiting]
        )
        if reason and conversation.suppression is None:
            conversation.suppression = Suppression(reason, conversation.created_at, "suppression list")
            before, conversation.stage = conversation.stage, "opted_out"
            log.add("stage_moved", "", before=before, after="opted_out", event="opted_out", by="suppression_list")

    def _known_as(self, conversation: Conversation) -> Sequence[str]:
        """The contact's keys, and what is left of them if the contact was once erased."""
        if self._fingerprints is None:
            return conversation.keys
        return self._fingerprints.with_fingerprints(conversation.tenant_id, conversation.keys)

    async def _keep_suppression(self, conversation: Conversation, suppression: Suppression) -> None:
        await self._store.suppressions.add(
            conversation.tenant_id,
            conversation.keys,
            suppression.reason,
            suppression.source_key,
            suppression.at,
            suppression.correlation_id,
        )

    async def _read(
        self, conversation: Conversation, heard: Heard, tenant: Tenant, hold: str, log: Log
    ) -> Decision:
        """Answer what was said; the stop in it, where there is one, is what was decided."""
        book = self._playbook_of(tenant.id).book
        pieces = in_pieces(heard, lambda part: question_of(conversation, part, tenant, log.at), book)
        decisions = [await self._answer(conversation, piece, tenant, hold, log) for piece in pieces]
        return next((d for d in decisions if "opt_out" in d.verdict.flags), decisions[-1])

    async def _answer(
        self, conversation: Conversation, heard: Heard, tenant: Tenant, hold: str, log: Log
    ) -> Decision:
        playbook = self._playbook_of(tenant.id)
        policies = playbook.book.policies
        tenant = priced(tenant, policies, log.at)
        question = question_of(conversation, heard, tenant, log.at)
        decision = decide(conversation, question, tenant, playbook)
        if needs_source(decision):
            cited = await self._answers_from(tenant.id, question.text, decision.language)
            decision = answered_from(decision, cited)
        _remember_what_was_said(conversation, heard, decision, log)
        log.add("decided", heard.last.correlation_id, **decision.facts(hidden=HIDDEN))
        if "resume_consent" in decision.verdict.flags:
            await self._store.suppressions.lift(
                conversation.tenant_id, self._known_as(conversation), heard.last.key, log.at
            )
            if conversation.suppression is not None:
                await self._store.consents.add(agreed_again(conversation, heard.last, log))
        open_before = (conversation.asked, conversation.expects, conversation.asked_times)
        _move(conversation, decision, heard, log)
        cancel_waiting(conversation, log, "contact_wrote_again")
        stale = _stale(conversation)
        effects.take_effect(
            conversation, decision.verdict.flags, heard.last.key, heard.last.correlation_id, tenant, log
        )
        await self._open_data_requests(conversation, heard, decision, log)
        deeds.keep(conversation, decision, heard.last.correlation_id, hold, log, self._is_unset)
        posture = await self._postures.of(tenant)
        lets_go = posture.autonomy is Autonomy.SAFE_REPLIES and not posture.is_paused
        receipts = self._receipts(conversation, heard, decision, playbook, lets_go, log)
        answer = self._draft(conversation, heard, decision, stale, tenant, policies, lets_go, receipts, hold, log)
        if answer is not None and decision.rendered is not None and answer.wording != decision.rendered.key:
            # An older matter stands on the card: the question that came with this answer is not asked.
            conversation.asked, conversation.expects, conversation.asked_times = open_before
        return decision

    async def _open_data_requests(
        self, conversation: Conversation, heard: Heard, decision: Decision, log: Log
    ) -> None:
        """Keep the requests about their data that the contact makes here; each is kept once."""
        flags = decision.verdict.flags
        for ask in data_asks.open_asks(conversation, flags, heard.last.correlation_id, log):
            request = data_asks.request_of(conversation, ask, heard.last.key, heard.last.correlation_id)
            await self._store.data_requests.add(request)

    def _receipts(
        self,
        conversation: Conversation,
        heard: Heard,
        decision: Decision,
        playbook: Playbook,
        lets_go: bool,
        log: Log,
    ) -> list[Draft]:
        """The receipts that are owed now, and the answers that wait for a human behind them."""
        tenant, said, made = self._tenants[conversation.tenant_id], decision.language, []
        policies, wordings = playbook.book.policies, playbook.wordings
        for ask in data_asks.unreceipted(conversation, decision.verdict.flags):
            text = data_asks.receipt_text(ask, said, wordings, policies)
            receipt = data_asks.receipt_of(self._new_id(), conversation, ask, heard.last, text, tenant, log.at)
            if not lets_go:
                receipt.status, receipt.decision = Status.HELD, ""
                receipt.hold_reasons = ("hold.everything_is_drafted",)
            made.append(receipt)
            if ask.kind == "access":
                answer_id = self._new_id()
                made.append(
                    data_asks.answer_of(
                        answer_id, conversation, ask, heard.last, wordings, tenant, policies, log.at
                    )
                )
            data_asks.receipted(conversation, ask)
        return made

    def _draft(
        self,
        conversation: Conversation,
        heard: Heard,
        decision: Decision,
        stale: list[Draft],
        tenant: Tenant,
        policies: Policies,
        lets_go: bool,
        receipts: list[Draft],
        hold: str,
        log: Log,
    ) -> Draft | None:
        """Write the one message that answers all that is unanswered, or say why not; then what is owed."""
        answer = self._answered(conversation, heard, decision, stale, tenant, policies, lets_go, receipts, log)
        if answer is not None and answer.kind is DraftKind.OPT_OUT_CONFIRMATION:
            _confirm_with(answer, receipts)
        for draft in [*([answer] if answer else []), *receipts]:
            if hold:
                held_for(draft, hold, policies, log.at)
            conversation.outbox.append(draft)
            what = "reply_queued_by_bot" if draft.status is Status.QUEUED else "draft_held"
            log.add(what, draft.correlation_id, draft=draft.id, wording=draft.wording, why=draft.hold_reasons)
        return answer

    def _answered(
        self,
        conversation: Conversation,
        heard: Heard,
        decision: Decision,
        stale: list[Draft],
        tenant: Tenant,
        policies: Policies,
        lets_go: bool,
        receipts: list[Draft],
        log: Log,
    ) -> Draft | None:
        correlation_id = heard.last.correlation_id
        if conversation.mode == "human" and "hand_to_human" not in decision.verdict.flags:
            log.add("kept_silent", correlation_id, reason="human_answers")
            # Whoever took over must see what is said to them, wherever they are.
            said = conversation.recent[-1].text[:NOTICE_QUOTES]
            conversation.notices.append(Notice(f"wrote:{correlation_id}", "wrote_to_human", log.at, said))
            return None
        if "opt_out" in decision.verdict.flags and conversation.confirmed_opt_out:
            log.add("kept_silent", correlation_id, reason="opt_out_confirmed_before")
            return None
        draft_id = self._new_id()
        waiting = [d for d in stale if d.status in (Status.HELD, Status.QUEUED)]
        rendered = decision.rendered
        if rendered is not None and rendered.key == data_asks.BOOKS_ANSWER and receipts:
            rendered = None  # the receipt says it already, with its number
        if rendered is not None:
            draft = draft_of(draft_id, conversation, heard, decision, tenant, policies, lets_go, log.at, waiting)
        elif waiting:
            draft = made_anew(draft_id, waiting[-1], heard, tenant, policies, log.at)
        else:
            if not receipts:
                log.add("kept_silent", correlation_id, reason=decision.silence_reason)
            return None
        for old in waiting:
            old.superseded_by = draft_id
            old.step(Status.CANCELLED, "contact_wrote_again")
            log.add("draft_outdated", old.correlation_id, draft=old.id, by=draft_id)
        if draft.kind is DraftKind.OPT_OUT_CONFIRMATION:
            conversation.confirmed_opt_out = True
        return draft


def _confirm_with(confirmation: Draft, receipts: list[Draft]) -> None:
    """One message is allowed after a stop: what is owed besides stands in it."""
    told = [draft for draft in receipts if draft.kind is DraftKind.PRIVACY_RECEIPT]
    confirmation.text = "\n".join([confirmation.text, *(receipt.text for receipt in told)])
    if told:
        confirmation.request_id = told[0].request_id
    receipts[:] = [draft for draft in receipts if draft not in told]


def _remember_what_was_said(conversation: Conversation, heard: Heard, decision: Decision, log: Log) -> None:
    has_secret = "secret" in decision.verdict.flags
    for item in heard.messages:
        text = HIDDEN if has_secret and item.message.text else item.message.text
        conversation.said(Said("contact", text, item.said_at, item.message.kind.value, item.key))
        log.add("message_received", item.correlation_id, **_facts_of(item, text, has_secret))
        if item.message.came_by:
            log.add("gap_repaired", item.correlation_id, channel=item.channel, sent_at=item.message.sent_at)
    conversation.language = decision.language
    conversation.unclear_count = conversation.unclear_count + 1 if decision.is_unclear else 0


def _facts_of(item: HeardMessage, text: str, has_secret: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "key": item.key,
        "channel": item.channel,
        "kind": item.message.kind.value,
        "text": text,
        "sent_at": item.message.sent_at,
        "received_at": item.received_at,
        "provider_message_id": item.message.provider_message_id,
    }
    if item.message.kind.value not in ("text", "button") and not has_secret:
        facts["raw"] = str(item.message.raw.get("json", ""))[:8_000]
        media = item.message.media
        if media is not None and (media.url or media.provider_media_id):
            facts["media"] = {
                "mime_type": media.mime_type,
                "url": media.url,
                "provider_media_id": media.provider_media_id,
            }
    return facts


def _move(conversation: Conversation, decision: Decision, heard: Heard, log: Log) -> None:
    """Fill the slots that were answered and take the step that the contact's words may cause."""
    for name, value in decision.filled.items():
        conversation.slots[name] = Slot(value, log.at, heard.last.key)
    if decision.rendered is not None or decision.filled:
        conversation.asked, conversation.expects = decision.asked, decision.expects
        conversation.asked_times = decision.asked_times
    if decision.stage_after != decision.stage_before:
        conversation.stage = decision.stage_after
        log.add(
            "stage_moved",
            heard.last.correlation_id,
            before=decision.stage_before,
            after=decision.stage_after,
            event=decision.event,
            intent=decision.verdict.intent,
            confidence=decision.verdict.confidence,
            by="rules",
            rule=_mover(decision),
            book_version=decision.verdict.book_version,
        )


def _mover(decision: Decision) -> str:
    """The page that took this step; the questions take theirs by the thresholds."""
    movers = (reason.page for reason in decision.verdict.because if f"go {decision.event}" in reason.said)
    return next(movers, "qualification")


def _stale(conversation: Conversation) -> list[Draft]:
    """Answers to what the contact wrote before, which have not left."""
    return [
        d for d in conversation.outbox if d.kind is DraftKind.REPLY and d.status in (Status.HELD, Status.QUEUED)
    ]


def _tidy(conversation: Conversation, keep: int = 6) -> None:
    """Keep what is under way and the last few that ended; the timeline has the rest."""
    ended = [
        d
        for d in conversation.outbox
        if d.status not in (Status.HELD, Status.QUEUED, Status.SENDING, Status.UNKNOWN)
    ]
    dropped = {d.id for d in ended[:-keep]}
    conversation.outbox = [d for d in conversation.outbox if d.id not in dropped]
    conversation.notices = conversation.notices[-10:]
