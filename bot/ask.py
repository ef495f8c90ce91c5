"""
Ask the rules, or hand in an event and wait for what became of it: the same line for the API as for webhooks.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.conversation import REACHED, Conversation, Draft, DraftKind, Grant, LogEntry, Status, Waiting
from bot.decision import decide
from bot.elsewhere import Hands
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.events import InboundMessage, Kind
from bot.notebook import Log, Notebook
from bot.playbook import Playbook
from bot.ports import Chain
from bot.prices import priced
from bot.storable import storable, well_formed
from bot.store import Arrival
from bot.telemetry.steps import recording
from bot.tenant import Tenant
from flows import deal
from rules.verdict import Question

_MESSAGE = TypeAdapter(InboundMessage)

# Test sends prove a set-up; more than a few in a minute is something else.
TEST_SENDS_A_MINUTE = 5

_NOBODY = datetime.fromtimestamp(0, tz=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question without a contact."""

    lead_id: str
    text: str
    stage: str
    expects: str = ""
    last_question: str = ""
    button_id: str = ""
    unclear_before: int = 0


@dataclass(frozen=True, slots=True)
class Reported:
    """An event of a lead that another system saw."""

    lead_id: str
    phone: str
    name: str
    text: str
    button_id: str
    is_from_whatsapp: bool
    source: str
    event_id: str
    sent_at: datetime | None
    hold: str = ""
    """Why nothing that answers it may leave by itself; empty where the rules decide."""


class Ask:
    """What stands behind `/os`."""

    def __init__(
        self,
        notebook: Notebook,
        hands: Hands,
        playbook_of: Callable[[str], Playbook],
        chains: dict[str, Chain],
        new_id: Callable[[], str],
    ) -> None:
        self._notebook = notebook
        self._hands = hands
        self._playbook_of = playbook_of
        self._chains = chains
        self._new_id = new_id
        self._test_sends: list[datetime] = []

    def book_version(self, tenant_id: str) -> str:
        """The version of the rules that decide for a tenant now."""
        return self._playbook_of(tenant_id).version

    def decide(self, tenant_id: str, asked: Asked) -> dict[str, Any]:
        """What the rules would decide about a lead of whom nothing else is known."""
        playbook = self._playbook_of(tenant_id)
        tenant = priced(self._tenant(tenant_id), playbook.book.policies, self._notebook.now())
        nobody = Conversation("", tenant_id, (), _NOBODY, stage=asked.stage, expects=asked.expects)
        nobody.asked = asked.last_question
        question = Question(
            text=well_formed(asked.text),
            stage=asked.stage,
            expects=asked.expects,
            button_id=asked.button_id,
            kind=Kind.BUTTON.value if asked.button_id else Kind.TEXT.value,
            unclear_before=asked.unclear_before,
            has_public_price=tenant.has_public_price,
        )
        decision = decide(nobody, question, tenant, playbook)
        said = decision.rendered
        return {
            **fields_of(decision.facts(hidden="•••")),
            "lead_id": asked.lead_id or self._new_id(),
            "response_message_ar": said.text if said else "",
            "buttons": [{"id": i, "title": t} for i, t in said.buttons] if said else [],
            "auto_send_allowed": said is not None and not decision.needs_human,
            "correlation_id": self._new_id(),
        }

    async def act(self, tenant_id: str, reported: Reported) -> dict[str, Any]:
        """Record an event like a webhook's, handle it at once, and say what became of it."""
        tenant = self._tenant(tenant_id)
        now = self._notebook.now()
        keys, phone = await self._keys_of(tenant_id, reported)
        waiting = self._waiting(tenant, reported, keys, phone, now)
        arrival = Arrival(
            tenant_id,
            waiting,
            keys,
            phone,
            reported.name[:100],
            opens_window=reported.is_from_whatsapp,
            said_at=min(reported.sent_at, now) if reported.sent_at and reported.hold else None,
            wake_at=now,
        )
        with recording(arrival, "os") as (arrival, watched):
            recorded = await self._notebook.store.conversations.record(arrival, now, self._new_id())
            watched.tag(new=recorded.is_new, conversation=recorded.conversation_id)
        await self._hands.look_now(tenant_id, recorded.conversation_id)
        conversation = await self._notebook.store.conversations.read(tenant_id, recorded.conversation_id)
        assert conversation is not None
        return await self._outcome(conversation, waiting.key, is_repeated=not recorded.is_new)

    async def _keys_of(self, tenant_id: str, reported: Reported) -> tuple[tuple[str, ...], str]:
        if reported.phone:
            return (f"phone:{reported.phone}",), reported.phone
        known = await self._notebook.store.conversations.read(tenant_id, reported.lead_id)
        if known is None:
            raise NotFound(
                f"there is no contact {reported.lead_id}; send a phone for a new one",
                "لا يوجد عميل بهذا المعرّف؛ أرسل رقم الجوال لعميل جديد",
            )
        return known.keys, known.phone

    def _waiting(
        self, tenant: Tenant, reported: Reported, keys: tuple[str, ...], phone: str, now: datetime
    ) -> Waiting:
        stem = f"{keys[0]}|{reported.event_id}" if reported.event_id else self._new_id()
        message = InboundMessage(
            key=hashlib.sha256(stem.encode()).hexdigest()[:32],
            contact_keys=keys,
            kind=Kind.BUTTON if reported.button_id else Kind.TEXT,
            text=reported.text,
            button_id=reported.button_id,
            phone=phone,
            profile_name=reported.name,
            sent_at=reported.sent_at,
        )
        # The channel of a report is the one on which its answer leaves.
        channel = tenant.channels[0] if tenant.channels else ""
        data = storable({**_MESSAGE.dump_python(message), "raw": {}})
        return Waiting(
            f"api|{message.key}",
            "message",
            channel,
            now,
            self._new_id(),
            data,
            is_urgent=True,
            hold=reported.hold,
        )

    async def _outcome(self, conversation: Conversation, key: str, *, is_repeated: bool) -> dict[str, Any]:
        """What the handling of this event has written down."""
        draft = next((d for d in reversed(conversation.outbox) if key in d.answers), None)
        decided = await self._decided(conversation, key)
        facts = fields_of(decided.data) if decided else {"new_stage": conversation.stage}
        needs_human = draft is not None and draft.decision != "auto"
        return {
            **facts,
            "lead_id": conversation.id,
            "response_message_ar": draft.text if draft else "",
            "human_approval_required": needs_human,
            "auto_send_allowed": draft is not None and not needs_human,
            "correlation_id": decided.correlation_id if decided else "",
            "is_repeated": is_repeated,
            "execution": _execution(draft),
        }

    async def _decided(self, conversation: Conversation, key: str) -> LogEntry | None:
        """The decision that this event led to: the entry of the same write as the message's own."""
        entries = await self._notebook.store.conversations.log_of(conversation.tenant_id, conversation.id)
        received = [e for e in entries if e.what == "message_received" and e.data["key"] == key]
        writes = {_write_of(entry) for entry in received}
        return next((e for e in entries if e.what == "decided" and _write_of(e) in writes), None)

    async def test_send(
        self, tenant_id: str, subject: str, phone: str, text: str, draft_id: str = ""
    ) -> dict[str, Any]:
        """
        Queue one text to an allow-listed number. Raises NotAllowed for any other.

        A caller that repeats itself after a crash names the draft, so that the text leaves once.
        """
        tenant = self._tenant(tenant_id)
        if phone not in tenant.test_numbers:
            raise NotAllowed(
                "this number is not on the list of test numbers; add it to DEALIX_TEST_NUMBERS",
                "الرقم ليس ضمن أرقام الاختبار؛ أضفه إلى DEALIX_TEST_NUMBERS",
            )
        self._count_test_send()
        now = self._notebook.now()
        conversation_id = await self._contact(tenant_id, phone, now)
        draft_id = draft_id or self._new_id()

        def edit(conversation: Conversation, log: Log) -> None:
            if conversation.draft(draft_id) is not None:
                return
            draft = Draft(
                id=draft_id,
                kind=DraftKind.TEST,
                status=Status.HELD,
                text=text,
                language="ar",
                correlation_id=draft_id,
                created_at=now,
                decided_by=subject,
                decided_at=now,
                decision="approved",
            )
            draft.grant = Grant(
                self._new_id(), subject, draft.text_sha256, conversation.keys, now, now + timedelta(minutes=10)
            )
            draft.step(Status.QUEUED)
            conversation.outbox.append(draft)
            log.add("test_send_ordered", draft_id, draft=draft_id, by=subject)

        await self._notebook.change(tenant_id, conversation_id, edit, look=False)
        await self._hands.look_now(tenant_id, conversation_id)
        conversation = await self._notebook.store.conversations.read(tenant_id, conversation_id)
        sent = conversation.draft(draft_id) if conversation else None
        assert sent is not None
        return _sent_fields(sent)

    async def _contact(self, tenant_id: str, phone: str, now: datetime) -> str:
        """The conversation of a phone, made when there is none."""
        key = f"phone:{phone}"
        known = await self._notebook.store.conversations.by_key(tenant_id, key)
        if known is not None:
            return known.id
        made = Waiting(f"test|{phone}", "opened", "", now, self._new_id(), {}, is_urgent=True)
        arrival = Arrival(tenant_id, made, (key,), phone)
        recorded = await self._notebook.store.conversations.record(arrival, now, self._new_id())
        return recorded.conversation_id

    def _count_test_send(self) -> None:
        now = self._notebook.now()
        self._test_sends = [at for at in self._test_sends if now - at < timedelta(minutes=1)]
        if len(self._test_sends) >= TEST_SENDS_A_MINUTE:
            raise TooManyTests(
                f"at most {TEST_SENDS_A_MINUTE} test sends a minute; wait a moment",
                f"الحد الأقصى {TEST_SENDS_A_MINUTE} رسائل اختبار في الدقيقة؛ انتظر قليلًا",
            )
        self._test_sends.append(now)

    async def providers(self, tenant_id: str) -> dict[str, Any]:
        """Which providers are configured, and what a probe that sends nothing says of them."""
        chain = self._chains[self._tenant(tenant_id).id]
        await chain.refresh_health()
        reports = chain.report()
        usable = [r for r in reports if r.state not in ("not_configured", "disabled")]
        recommended = next((r.name for r in usable if r.state in ("ok", "unknown", "degraded")), None)
        return {
            "providers": {r.name: r.state != "not_configured" for r in reports},
            "any_configured": any(r.name != "simulated" for r in usable),
            "recommended": recommended,
            "details": [
                {
                    "name": r.name,
                    "channel": r.channel,
                    "state": r.state,
                    "breaker": r.breaker,
                    "webhooks_authenticated": r.is_authenticated,
                    "detail_en": r.detail_en,
                    "detail_ar": r.detail_ar,
                }
                for r in reports
            ],
        }

    def stages(self, tenant_id: str) -> dict[str, Any]:
        """What a tenant's rules in force do at each stage."""
        playbook = self._playbook_of(tenant_id)
        return {
            rules.stage: {
                "transitions": {page: after for page, _event, after in rules.routes if after},
                "auto_actions": list(rules.actions),
                "message_template": list(rules.wordings),
                "pages": list(rules.pages),
                "always_held": rules.always_held,
                "is_terminal": rules.stage in deal.FINAL_STAGES,
                "events": list(deal.allowed(rules.stage)),
                "name_ar": playbook.wordings.render(f"stage.{rules.stage}", "ar").text,
                "name_en": playbook.wordings.render(f"stage.{rules.stage}", "en").text,
            }
            for rules in playbook.book.stages()
        }

    def _tenant(self, tenant_id: str) -> Tenant:
        tenant = self._notebook.tenants.get(tenant_id)
        if tenant is None:
            raise BadRequest(f"the tenant {tenant_id!r} does not exist here", "لا توجد منشأة بهذا المعرّف هنا")
        return tenant


class TooManyTests(NotAllowed):
    """The rate of test sends is bounded."""

    code, status = "too_many_requests", 429


def fields_of(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a decision under the names that callers know."""
    return {
        "previous_stage": facts["stage_before"],
        "intent_detected": facts["intent"],
        "new_stage": facts["stage_after"],
        "proposed_stage": facts["proposed_stage"],
        "actions": facts["actions"],
        "human_approval_required": facts["held"],
        "qualification_question": facts["question_text"],
        "qualification_slot": facts["asked"],
        "confidence": facts["confidence"],
        "intents": facts["intents"],
        "opt_out": facts["opt_out"],
        "response_language": facts["language"],
        "hold_reasons": facts["hold_reasons"],
        "flags": facts["flags"],
        "silence_reason": facts["silence_reason"],
        "because": facts["because"],
        "book_version": facts["book_version"],
    }


def _execution(draft: Draft | None) -> dict[str, Any]:
    """What was done about it, never more than is known."""
    if draft is None:
        return {"action_taken": "none", "draft_created": False, "draft_id": None}
    taken = "draft_created"
    if draft.status in REACHED:
        taken = "whatsapp_sent"
    elif draft.status in (Status.FAILED, Status.UNKNOWN):
        taken = "whatsapp_failed" if draft.status is Status.FAILED else "whatsapp_unknown"
    elif draft.status is Status.SIMULATED:
        taken = "whatsapp_simulated"
    elif draft.status in (Status.QUEUED, Status.SENDING):
        taken = "whatsapp_queued"
    return {
        "action_taken": taken,
        "draft_created": draft.decision != "auto",
        "draft_id": draft.id,
        "status": draft.status.value,
        "send_result": _sent_fields(draft) if draft.attempts else None,
    }


def _sent_fields(draft: Draft) -> dict[str, Any]:
    """What became of one send, attempt by attempt."""
    return {
        "draft_id": draft.id,
        "status": draft.status.value,
        "sent": draft.status in REACHED,
        "simulated": draft.status is Status.SIMULATED,
        "provider_used": draft.last_channel if draft.status in REACHED else None,
        "note": draft.note,
        "attempts": [
            {
                "channel": a.channel,
                "outcome": a.outcome.value if a.outcome else "open",
                "send_class": a.send_class.value if a.send_class else "",
                "http_status": a.http_status,
                "code": a.provider_code,
                "detail": a.detail,
            }
            for a in draft.attempts
        ],
    }


def _write_of(entry: LogEntry) -> str:
    """Entries of one write share everything but their last number."""
    return entry.id.rpartition(":")[0]
