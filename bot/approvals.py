"""
What humans may do with drafts, and everything that must be true for it.

Rule 1: a decision is a conditional write: of two approvers, or two taps, one wins and the other is told who did.
Rule 2: a decision is about the wording that the human saw; an older wording is refused as outdated.
Rule 3: a yes creates one grant for this text, this contact and a limited time; the gate uses it up.
Rule 4: nothing here sends. A released draft is queued; the worker passes the gate again on fresh state.
Rule 5: no deal is won without a payment that somebody has verified, or a reason that somebody has given.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import flows.deal as deal
from bot.actions import deeds
from bot.cards import REJECT_REASONS, Card, card_of, oldest_first
from bot.conversation import Conversation, Draft, DraftKind, Edit, Grant, Status
from bot.deals.terms import MOST_HALALAS
from bot.errors import AlreadyDecided, BadRequest, Expired, NotAllowed, NotFound, Outdated
from bot.evidence.payment import VERIFIED, WINNING, Payments
from bot.follow_ups import cancel_waiting
from bot.knowledge.in_talk import StillAnswers, always_answers, has_lost_its_source
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.risks import FLAGS as TEXT_FLAGS
from bot.risks import refuse_forbidden
from bot.telemetry import spans
from rules.policies import Policies

# A released draft that could not leave within this time is no longer what the human agreed to.
GRANT_LASTS = timedelta(hours=24)

# WhatsApp's smallest limit among the providers; a longer text could not be carried by all of them.
TEXT_LIMIT = 4096

# What holds where nobody says otherwise: no registry of claims.
CAREFUL = Policies()

SNOOZE_AT_MOST = timedelta(hours=12)

# How the decisions are called in traces.
RELEASE, DECIDE = "draft.release", "draft.decide"

Paid = Callable[[str, str], Awaitable[bool]]
AskedFor = Callable[[str, str], Awaitable[int | None]]


class PaymentMissing(NotAllowed):
    """Nobody has verified the payment of a deal that is to be won."""

    code, status = "payment_not_verified", 409

    def __init__(self) -> None:
        super().__init__(
            "nobody has verified the payment of this deal: record payment_verified first, or record the event "
            "with override_reason and say why it is won all the same",
            "لم يتحقق أحد من دفع هذه الصفقة: سجّل payment_verified أولًا، أو سجّل الحدث مع override_reason "
            "واذكر سبب اعتبارها رابحة رغم ذلك",
        )


class SourceGone(NotAllowed):
    """The article whose words a draft says answers nobody any more."""

    code, status = "source_gone", 409

    def __init__(self, title: str) -> None:
        super().__init__(
            f"the article “{title}” was retired, replaced or has expired since this was drafted: write the "
            "answer in your own words, or reject it",
            f"المقالة «{title}» أوقفت أو استُبدلت أو انتهت صلاحيتها بعد كتابة هذه المسودة: اكتب الجواب بكلماتك "
            "أو ارفضها",
        )


class Approvals:
    """The same functions for Telegram, the console and the API."""

    def __init__(
        self,
        notebook: Notebook,
        new_id: Callable[[], str],
        policies_of: Callable[[str], Policies] = lambda _: CAREFUL,
        paid: Paid | None = None,
        asked_for: AskedFor | None = None,
        still_answers: StillAnswers = always_answers,
    ) -> None:
        """
        Args:
            policies_of: what the rules of a tenant say about words, now.
            paid: whether somebody verified the payment of a deal; by default the facts of the conversation say.
            asked_for: how much a contact was asked for; by default the payment requests say.
            still_answers: whether the article whose words a draft says may still answer.
        """
        payments = Payments(notebook.store)
        self._paid = paid or payments.is_verified
        self._asked_for = asked_for or payments.asked_for
        self._notebook = notebook
        self._new_id = new_id
        self._policies_of = policies_of
        self._still_answers = still_answers

    async def queue(self, tenant_id: str, limit: int = 100) -> list[Card]:
        """What waits for a human, most urgent first."""
        statuses = (Status.HELD.value, Status.UNKNOWN.value)
        found = await self._notebook.store.conversations.with_drafts(tenant_id, statuses, limit)
        return oldest_first([card_of(c, d) for c in found for d in c.outbox if d.status in statuses])

    async def card(self, tenant_id: str, draft_id: str) -> Card:
        """One draft as it is now. Raises NotFound."""
        conversation = await self._holding(tenant_id, draft_id)
        return card_of(conversation, _draft(conversation, draft_id))

    async def approve(self, tenant_id: str, draft_id: str, text_version: int, by: Human) -> Card:
        """
        Let a draft go.

        Raises AlreadyDecided, Outdated, Expired, NotFound, BadRequest (forbidden words), SourceGone.
        """

        def edit(conversation: Conversation, log: Log) -> None:
            draft = _decidable(conversation, draft_id, text_version, log.at)
            self._risks_of(tenant_id, draft.text, draft.language, log.at)
            _release(conversation, draft, by, log, self._new_id())
            _apply_proposal(conversation, draft, log)

        holding = await self._holding(tenant_id, draft_id)
        if _draft(holding, draft_id).proposes in WINNING and not await self._paid(tenant_id, holding.id):
            raise PaymentMissing
        await self._require_source(tenant_id, _draft(holding, draft_id))
        return await self._decide(tenant_id, draft_id, edit, conversation_id=holding.id, as_span=RELEASE)

    async def release_standing(
        self,
        tenant_id: str,
        draft_id: str,
        text_version: int,
        author: Human,
        standing_id: str,
        still: Callable[[Conversation, Draft], bool],
    ) -> Card:
        """
        Let a draft go that somebody agreed to in advance; `still` is asked about it as it is when it is written.

        Raises as `approve`, and Outdated when it is not what was agreed to any more.
        """

        def edit(conversation: Conversation, log: Log) -> None:
            draft = _decidable(conversation, draft_id, text_version, log.at)
            if not still(conversation, draft):
                raise Outdated(
                    "this draft is no longer what somebody agreed to in advance",
                    "لم تعد هذه المسودة ضمن ما ووفق عليه مسبقًا",
                )
            self._risks_of(tenant_id, draft.text, draft.language, log.at)
            _release(conversation, draft, author, log, self._new_id(), standing_id)

        await self._require_source(tenant_id, _draft(await self._holding(tenant_id, draft_id), draft_id))
        return await self._decide(tenant_id, draft_id, edit, as_span=RELEASE)

    async def edit(self, tenant_id: str, draft_id: str, text_version: int, by: Human, text: str) -> Card:
        """
        Replace the wording; it still waits for a yes.

        Raises BadRequest for a text that nobody could send, and for words that nobody may send.
        """
        wanted = _sendable(text)

        def edit(conversation: Conversation, log: Log) -> None:
            draft = _decidable(conversation, draft_id, text_version, log.at)
            if draft.template is not None:
                raise BadRequest(
                    "these are the words that Meta has approved, and no others may leave: approve or reject them",
                    "هذا نص اعتمدته ميتا ولا يخرج غيره: وافق عليه أو ارفضه",
                )
            risks = self._risks_of(tenant_id, wanted, draft.language, log.at)
            draft.edits = (*draft.edits, Edit(draft.text, by.name, log.at))
            draft.text = wanted
            draft.flags = (*(flag for flag in draft.flags if flag not in TEXT_FLAGS), *risks)
            draft.buttons = ()  # the buttons belonged to the old wording
            draft.rev += 1
            log.add(
                "draft_edited",
                draft.correlation_id,
                draft=draft.id,
                by=by.id,
                version=draft.text_version,
                **_matter(draft),
            )

        return await self._decide(tenant_id, draft_id, edit)

    async def reject(self, tenant_id: str, draft_id: str, by: Human, reason: str, remark: str = "") -> Card:
        """Refuse a draft with a reason code of REJECT_REASONS."""
        if reason not in REJECT_REASONS:
            known = ", ".join(REJECT_REASONS)
            raise BadRequest(
                f"{reason!r} is not a reason: choose one of {known}", f"سبب غير معروف؛ اختر من: {known}"
            )

        def edit(conversation: Conversation, log: Log) -> None:
            draft = _decidable(conversation, draft_id, None, log.at)
            draft.step(Status.REJECTED, remark)
            _decided(draft, by, log.at, f"rejected:{reason}")
            log.add(
                "draft_rejected", draft.correlation_id, draft=draft.id, by=by.id, reason=reason, **_matter(draft)
            )

        return await self._decide(tenant_id, draft_id, edit)

    async def snooze(self, tenant_id: str, draft_id: str, by: Human, minutes: int) -> Card:
        """Ask again later; deadlines go on."""
        wait = timedelta(minutes=minutes)
        if not timedelta(0) < wait <= SNOOZE_AT_MOST:
            most = SNOOZE_AT_MOST // timedelta(minutes=1)
            raise BadRequest(
                f"a draft can be snoozed for 1 to {most} minutes", f"التأجيل من دقيقة إلى {most} دقيقة"
            )

        def edit(conversation: Conversation, log: Log) -> None:
            draft = _decidable(conversation, draft_id, None, log.at)
            draft.snoozed_until = log.at + wait
            draft.rev += 1
            log.add("draft_snoozed", draft.correlation_id, draft=draft.id, by=by.id, minutes=minutes)

        return await self._decide(tenant_id, draft_id, edit)

    async def take_over(self, tenant_id: str, conversation_id: str, by: Human) -> Conversation:
        """Silence the bot for this contact; what it wanted to say is dropped."""
        pace = self._notebook.tenants[tenant_id].pace

        def edit(conversation: Conversation, log: Log) -> None:
            hand_to_human(conversation, f"taken over by {by.name}", log.at + pace.takeover_for)
            for draft in conversation.outbox:
                if draft.status in (Status.HELD, Status.QUEUED):
                    draft.step(Status.CANCELLED, "taken_over")
                    _decided(draft, by, log.at, "taken_over")
            log.add("taken_over", "", by=by.id)

        conversation, _ = await self._notebook.change(tenant_id, conversation_id, edit)
        return conversation

    async def hand_back(self, tenant_id: str, conversation_id: str, by: Human) -> Conversation:
        """Let the bot answer this contact again."""

        def edit(conversation: Conversation, log: Log) -> None:
            hand_to_bot(conversation)
            log.add("handed_back", "", by=by.id)

        conversation, _ = await self._notebook.change(tenant_id, conversation_id, edit)
        return conversation

    async def write(self, tenant_id: str, conversation_id: str, by: Human, text: str, draft_id: str = "") -> Card:
        """
        Send a human's own words, through the same gate as everything else. Raises BadRequest.

        A caller that repeats itself after a crash names the draft, so that the words leave once.
        """
        wanted = _sendable(text)
        draft_id = draft_id or self._new_id()

        def edit(conversation: Conversation, log: Log) -> None:
            if conversation.draft(draft_id) is not None:
                return
            self._risks_of(tenant_id, wanted, conversation.language, log.at)
            draft = Draft(
                id=draft_id,
                kind=DraftKind.MANUAL,
                status=Status.HELD,
                text=wanted,
                language=conversation.language or "ar",
                correlation_id=draft_id,
                created_at=log.at,
                stage_before=conversation.stage,
                stage_after=conversation.stage,
            )
            conversation.outbox.append(draft)
            _release(conversation, draft, by, log, self._new_id())

        return await self._decide(tenant_id, draft_id, edit, conversation_id=conversation_id)

    async def arrived(self, tenant_id: str, draft_id: str, by: Human) -> Card:
        """A human has seen that a send in doubt did arrive."""

        def edit(conversation: Conversation, log: Log) -> None:
            draft = _in_doubt(conversation, draft_id)
            draft.step(Status.ACCEPTED, "seen_by_human")
            _decided(draft, by, log.at, "arrived")
            conversation.heard_from_us(draft, log.at)
            log.add("doubt_resolved", draft.correlation_id, draft=draft.id, by=by.id, arrived=True)

        return await self._decide(tenant_id, draft_id, edit)

    async def send_again(self, tenant_id: str, draft_id: str, by: Human) -> Card:
        """A human has seen that a send in doubt did not arrive, and wants it sent."""

        def edit(conversation: Conversation, log: Log) -> None:
            draft = _in_doubt(conversation, draft_id)
            draft.step(Status.QUEUED, "sent_again")
            draft.retry_at = None
            _decided(draft, by, log.at, "send_again")
            draft.grant = _grant(conversation, draft, by, log.at, self._new_id())
            log.add(
                "doubt_resolved",
                draft.correlation_id,
                draft=draft.id,
                by=by.id,
                arrived=False,
                grant=draft.grant.id,
                text_sha256=draft.text_sha256,
            )

        return await self._decide(tenant_id, draft_id, edit)

    async def system_event(
        self,
        tenant_id: str,
        conversation_id: str,
        event: str,
        by: Human,
        evidence: str,
        override_reason: str = "",
        *,
        amount_halalas: int | None = None,
    ) -> Conversation:
        """
        Record something that really happened (a booking, a verified payment) and move the deal.

        Args:
            override_reason: why a deal is won though nobody has verified its payment; for nothing else.
            amount_halalas: how much came in with a verified payment; where nobody says, what was asked for.

        Raises BadRequest when the event does not exist or the deal cannot take that step, PaymentMissing.
        """
        override_reason = override_reason.strip()
        if event not in deal.SYSTEM_EVENTS:
            known = ", ".join(deal.SYSTEM_EVENTS)
            raise BadRequest(
                f"{event!r} is not an event: choose one of {known}", f"حدث غير معروف؛ اختر من: {known}"
            )
        if override_reason and event not in WINNING:
            raise BadRequest(
                f"override_reason is for a deal that is won without a verified payment, not for {event}",
                "حقل override_reason للصفقة التي تُعد رابحة بلا دفع متحقق منه فقط",
            )
        if amount_halalas is not None and (event != VERIFIED or not 0 < amount_halalas <= MOST_HALALAS):
            raise BadRequest(
                f"amount_halalas says how much came in with {VERIFIED}, in whole halalas, {MOST_HALALAS} at most",
                f"‏amount_halalas هو المبلغ الواصل مع {VERIFIED}، بالهللات الصحيحة، و{MOST_HALALAS} على الأكثر",
            )
        if event == VERIFIED and amount_halalas is None:
            amount_halalas = await self._asked_for(tenant_id, conversation_id)
        overrides = {"override_reason": override_reason} if override_reason else {}
        came_in = {"amount_halalas": amount_halalas} if amount_halalas is not None else {}
        is_proved = event not in WINNING or bool(override_reason) or await self._paid(tenant_id, conversation_id)

        def edit(conversation: Conversation, log: Log) -> None:
            before = conversation.stage
            if not is_proved and deal.may(before, event, "approver"):
                raise PaymentMissing
            try:
                conversation.stage = deal.advance(before, event, source="approver")
            except deal.ImpossibleTransition as impossible:
                raise BadRequest(
                    f"{event} is not possible from {before}: {impossible}",
                    "هذا الحدث غير ممكن في المرحلة الحالية للصفقة",
                ) from impossible
            cancel_waiting(conversation, log, "deal_moved_on")
            deeds.moved(conversation, event, log)
            log.add(
                "stage_moved",
                "",
                before=before,
                after=conversation.stage,
                event=event,
                by=by.id,
                evidence=evidence,
                **overrides,
                **came_in,
            )

        conversation, _ = await self._notebook.change(tenant_id, conversation_id, edit)
        return conversation

    async def card_shown(self, tenant_id: str, draft_id: str, chat_id: int, message_id: int, rev: int) -> None:
        """Remember that a chat shows this draft as of a revision."""
        conversation = await self._holding(tenant_id, draft_id)

        def edit(conversation: Conversation, _log: Log) -> None:
            _draft(conversation, draft_id).show(chat_id, message_id, rev)

        await self._notebook.change(tenant_id, conversation.id, edit, look=False)

    async def notice_shown(self, tenant_id: str, conversation_id: str, notice_id: str, chat_id: int) -> None:
        """Remember that a chat was told."""

        def edit(conversation: Conversation, _log: Log) -> None:
            conversation.notices = [
                replace(n, shown_to=(*n.shown_to, chat_id)) if n.id == notice_id else n
                for n in conversation.notices
            ]

        await self._notebook.change(tenant_id, conversation_id, edit, look=False)

    def _risks_of(self, tenant_id: str, text: str, language: str, at: datetime) -> tuple[str, ...]:
        """The flags of a text. Raises BadRequest when some of its words must never be said."""
        tenant = self._notebook.tenants[tenant_id]
        return refuse_forbidden(text, language, tenant, self._policies_of(tenant_id), at)

    async def _require_source(self, tenant_id: str, draft: Draft) -> None:
        """Raises SourceGone; the gate asks again before anything leaves."""
        if draft.status is Status.HELD and await has_lost_its_source(tenant_id, draft, self._still_answers):
            raise SourceGone(draft.source.title if draft.source else "")

    async def _holding(self, tenant_id: str, draft_id: str) -> Conversation:
        conversation = await self._notebook.store.conversations.by_draft(tenant_id, draft_id)
        if conversation is None:
            raise NotFound(f"there is no draft {draft_id}", "لا توجد مسودة بهذا المعرّف")
        return conversation

    async def _decide(
        self,
        tenant_id: str,
        draft_id: str,
        edit: Callable[[Conversation, Log], None],
        *,
        conversation_id: str = "",
        as_span: str = DECIDE,
    ) -> Card:
        with spans.span(as_span, tenant=tenant_id, draft=draft_id) as watched:
            wanted = conversation_id or (await self._holding(tenant_id, draft_id)).id
            conversation, _ = await self._notebook.change(tenant_id, wanted, edit)
            draft = _draft(conversation, draft_id)
            watched.link(draft.traceparent)
            watched.tag(correlation_id=draft.correlation_id, decision=draft.decision)
        return card_of(conversation, draft)


def hand_to_human(conversation: Conversation, reason: str, until: datetime) -> None:
    """The bot stays silent for this contact until then, or until it is handed back."""
    conversation.mode = "human"
    conversation.human_reason = reason
    conversation.human_until = until


def hand_to_bot(conversation: Conversation) -> None:
    conversation.mode = "bot"
    conversation.human_reason = ""
    conversation.human_until = None


def _draft(conversation: Conversation, draft_id: str) -> Draft:
    draft = conversation.draft(draft_id)
    if draft is None:
        raise NotFound(f"there is no draft {draft_id}", "لا توجد مسودة بهذا المعرّف")
    return draft


def _decidable(conversation: Conversation, draft_id: str, text_version: int | None, at: datetime) -> Draft:
    """The draft, if a human may decide about it now; else says why not."""
    draft = _draft(conversation, draft_id)
    if draft.superseded_by or (draft.status is Status.HELD and _has_unread(conversation)):
        raise Outdated(
            "the contact wrote again; a new draft is on its way",
            "كتب العميل رسالة جديدة، والمسودة الجديدة في الطريق",
        )
    if draft.status is Status.EXPIRED or (draft.expires_at and draft.expires_at <= at):
        raise Expired("the time to answer has passed", "انتهت مهلة الرد على هذه الرسالة")
    if draft.status is not Status.HELD:
        raise AlreadyDecided(*_who_was_faster(draft))
    if text_version is not None and text_version != draft.text_version:
        raise Outdated(
            "the text was edited since this card was shown; look at the new one",
            "عُدّل النص بعد عرض هذه البطاقة؛ راجع النص الجديد",
        )
    return draft


def _who_was_faster(draft: Draft) -> tuple[str, str]:
    if not draft.decided_by:
        return f"this draft is {draft.status}: {draft.note}", f"حالة المسودة: {draft.status}"
    when = f"{draft.decided_at:%H:%M} UTC" if draft.decided_at else "earlier"
    return (
        f"already decided by {draft.decided_by} at {when}: {draft.decision}",
        f"سبق البت فيها من {draft.decided_by} عند {when}",
    )


def _has_unread(conversation: Conversation) -> bool:
    return any(w.what == "message" for w in conversation.mailbox)


def _in_doubt(conversation: Conversation, draft_id: str) -> Draft:
    draft = _draft(conversation, draft_id)
    if draft.status is not Status.UNKNOWN:
        raise AlreadyDecided(*_who_was_faster(draft))
    return draft


def _sendable(text: str) -> str:
    wanted = text.strip()
    if not wanted:
        raise BadRequest(
            "the new text is empty: write what the contact should read", "النص فارغ: اكتب ما سيقرؤه العميل"
        )
    if len(wanted) > TEXT_LIMIT:
        raise BadRequest(
            f"the text has {len(wanted)} characters; WhatsApp carries at most {TEXT_LIMIT}",
            f"النص طويل ({len(wanted)} حرفًا) والحد الأقصى في واتساب {TEXT_LIMIT}",
        )
    return wanted


def _release(
    conversation: Conversation, draft: Draft, by: Human, log: Log, grant_id: str, standing_id: str = ""
) -> None:
    draft.grant = _grant(conversation, draft, by, log.at, grant_id)
    draft.released_in = spans.here()
    draft.step(Status.QUEUED)
    _decided(draft, by, log.at, "approved")
    log.add(
        "draft_approved",
        draft.correlation_id,
        draft=draft.id,
        by=by.id,
        grant=grant_id,
        text_sha256=draft.text_sha256,
        **({"standing": standing_id} if standing_id else {}),
        **_matter(draft),
    )


def _matter(draft: Draft) -> dict[str, object]:
    """What a decision was about: what humans keep changing becomes a suggestion to the rules."""
    live = [reason for reason in draft.because if not reason.shadow]
    return {
        # An article is mended in the knowledge base; its words are no suggestion for a sentence of the book.
        "wording": "" if draft.source else draft.wording,
        "article": asdict(draft.source) if draft.source else None,
        "language": draft.language,
        "intent": draft.intent,
        "heard": next((reason.page for reason in live if reason.chapter == "understanding"), ""),
        "pages": [reason.page for reason in live],
        "drafted": draft.edits[0].text if draft.edits else draft.text,
        "text": draft.text if draft.edits else "",
    }


def _grant(conversation: Conversation, draft: Draft, by: Human, at: datetime, grant_id: str) -> Grant:
    return Grant(
        id=grant_id,
        approver=by.id,
        text_sha256=draft.text_sha256,
        recipient=conversation.keys,
        granted_at=at,
        expires_at=min(at + GRANT_LASTS, draft.expires_at or at + GRANT_LASTS),
    )


def _decided(draft: Draft, by: Human, at: datetime, decision: str) -> None:
    draft.decided_by = by.name
    draft.decided_at = at
    draft.decision = decision
    draft.snoozed_until = None


def _apply_proposal(conversation: Conversation, draft: Draft, log: Log) -> None:
    """Cause the transition that only a human's yes may cause."""
    if not draft.proposes:
        return
    before = conversation.stage
    if not deal.may(before, draft.proposes, "approver"):
        raise Outdated(
            f"the deal is at {before} now, where {draft.proposes} is not possible",
            "تغيّرت مرحلة الصفقة ولم يعد هذا الانتقال ممكنًا",
        )
    conversation.stage = deal.advance(before, draft.proposes, source="approver")
    log.add(
        "stage_moved",
        draft.correlation_id,
        before=before,
        after=conversation.stage,
        event=draft.proposes,
        by=draft.decided_by,
    )
