"""
The room of models: finds what the rules left open, asks beside the line, and lays the answer before people.

    await models.look()                                     a job: find, ask, propose
    await models.switch(tenant_id, is_on=True, ..., by)     only an admin lets anything leave the house
    proposals = await models.proposed_for(tenant_id, items) for the review queue

Rule 1: a proposal is shown and does nothing. No stage moves, no draft is released, no meaning is replaced by it;
        other words for a draft are only another text that a human may take.
Rule 2: nothing is asked before the message is handled and committed, and nobody waits for the answer.
Rule 3: whether anything may be asked is looked at when it is found, when it is asked, and when the answer comes:
        who stopped us meanwhile is left alone.
Rule 4: without a provider, without an admin's yes, without money or without an answer, everything else goes on.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.audit import Audit
from bot.conversation import Conversation, DraftKind, ModelProposal, Status
from bot.errors import BadRequest, NotFound
from bot.models.asking import UNKNOWN, Intent, Wording, intent_ask, read_intent, wording_ask, wording_reader
from bot.models.dashboard import Dashboards
from bot.models.eligible import is_unclear, matter_of_draft, matter_of_message, may_ask_about, may_word
from bot.models.provider import Providers, Task
from bot.models.question import (
    ASKED_WITHIN,
    CLAIMED_FOR,
    MOST_TRIES,
    ModelQuestion,
    QuestionRows,
    QuestionStatus,
)
from bot.models.router import Answered, NoAnswer, Question, Router
from bot.models.terms import OFF, ModelTerms, TermRows
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.playbook import Playbook
from bot.risks import risks_of
from bot.tenant import Tenant
from bot.workbench.review_queue import UNSURE_BELOW, key_of

log = structlog.get_logger()

S = QuestionStatus

LOOK_EVERY_SECONDS = 2.0

# Facts reach the timeline a moment after they happened, after a crash some seconds.
LOOKED_BACK = timedelta(minutes=10)
FOUND_AT_MOST = 200
REMEMBERED = 5_000

# One look answers so many; the next one begins with whoever wrote last.
ASKED_AT_ONCE = 10

TRY_AGAIN_AFTER = timedelta(minutes=1)
NO_MONEY_FOR = timedelta(minutes=10)

MOST_LATEST = 200


class Models:
    """Everything that others may do with models."""

    def __init__(
        self,
        *,
        providers: Providers,
        router: Router,
        dashboards: Dashboards,
        questions: QuestionRows,
        terms: TermRows,
        notebook: Notebook,
        tenants: Mapping[str, Tenant],
        playbook_of: Callable[[str], Playbook],
        audit: Audit,
        limit_halalas: int,
        now: Callable[[], datetime],
    ) -> None:
        self.dashboards = dashboards
        self._providers = providers
        self._router = router
        self._questions = questions
        self._terms = terms
        self._notebook = notebook
        self._tenants = tenants
        self._playbook_of = playbook_of
        self._audit = audit
        self._limit = limit_halalas
        self._now = now
        self._found: dict[str, dict[str, None]] = {}

    @property
    def is_configured(self) -> bool:
        return bool(self._providers)

    # What a tenant has settled

    async def terms_of(self, tenant_id: str) -> ModelTerms:
        """Off, until somebody switched it on."""
        return await self._terms.read(tenant_id) or OFF

    async def switch(
        self,
        tenant_id: str,
        *,
        is_on: bool,
        by: Human,
        tasks: Sequence[Task] = tuple(Task),
        limit_halalas: int | None = None,
    ) -> ModelTerms:
        """
        Settle whether masked words of conversations may go to the configured providers, and for how much a day.

        Raises BadRequest: nothing to switch on, or more money than the installation allows.
        """
        if is_on and not self.is_configured:
            raise BadRequest(
                "no language model is configured here: set DEALIX_MODEL_URL and DEALIX_MODEL first",
                "لا يوجد نموذج لغوي معدّ هنا: عيّن DEALIX_MODEL_URL وDEALIX_MODEL أولًا",
            )
        if limit_halalas is not None and not 0 <= limit_halalas <= self._limit:
            raise BadRequest(
                f"the limit of a day is from 0 to {self._limit} halalas, which this installation allows",
                f"حد اليوم من 0 إلى {self._limit} هللة، وهو ما تسمح به هذه المنشأة",
            )
        before = await self.terms_of(tenant_id)
        terms = ModelTerms(is_on, tuple(t for t in Task if t in tasks), limit_halalas, by.name, self._now())
        await self._audit.note(
            tenant_id,
            "models_switched",
            by,
            was_on=before.is_on,
            is_on=is_on,
            tasks=[task.value for task in terms.tasks],
            limit_halalas=limit_halalas,
        )
        await self._terms.write(tenant_id, terms)
        return await self.terms_of(tenant_id)

    # What was proposed

    async def proposed_for(self, tenant_id: str, items: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Item of the review queue -> the intents that were proposed for its words, the latest first."""
        found: dict[str, tuple[str, ...]] = {}
        for question in await self._questions.proposed_for(tenant_id, items):
            if question.intent and question.intent not in found.get(question.item, ()):
                found[question.item] = (*found.get(question.item, ()), question.intent)
        return found

    async def latest(self, tenant_id: str, limit: int = 50) -> Sequence[ModelQuestion]:
        """What was asked lately, and what came of it."""
        return await self._questions.latest(tenant_id, min(max(limit, 1), MOST_LATEST))

    # The job

    async def look(self) -> None:
        """Once over all tenants that want it; one tenant's trouble keeps no other waiting."""
        if not self._providers:
            return
        looks = await asyncio.gather(*(self._look_at(t) for t in self._tenants), return_exceptions=True)
        for fault in looks:
            if isinstance(fault, BaseException):
                raise fault

    async def _look_at(self, tenant_id: str) -> None:
        terms = await self.terms_of(tenant_id)
        if not terms.is_on:
            return
        await self._find(tenant_id, terms)
        for question in await self._questions.due(tenant_id, self._now(), ASKED_AT_ONCE):
            # A provider may take its time; an admin's no counts from the next question on.
            await self.propose(question, await self.terms_of(tenant_id))

    async def _find(self, tenant_id: str, terms: ModelTerms) -> None:
        now = self._now()
        since = max(now - LOOKED_BACK, terms.at or now)
        found: list[ModelQuestion] = []
        if Task.INTENT in terms.tasks:
            found += await self._unclear(tenant_id, since, now)
        if Task.WORDING in terms.tasks:
            found += await self._worded(tenant_id, since, now)
        known = self._found.setdefault(tenant_id, {})
        fresh = [question for question in found if question.id not in known]
        if fresh:
            await self._questions.add(fresh)
            known.update(dict.fromkeys(question.id for question in fresh))
            for old in list(known)[:-REMEMBERED]:
                del known[old]

    async def _unclear(self, tenant_id: str, since: datetime, now: datetime) -> list[ModelQuestion]:
        timeline = self._notebook.store.timeline
        until = now + timedelta(seconds=1)
        entries = await timeline.unsure(tenant_id, since, until, UNSURE_BELOW, FOUND_AT_MOST)
        return [
            ModelQuestion(
                id=f"intent:{found.entry.correlation_id}",
                tenant_id=tenant_id,
                task=Task.INTENT,
                conversation_id=found.conversation_id,
                correlation_id=found.entry.correlation_id,
                at=found.entry.at,
                item=key_of(str(found.entry.data["question"]["text"])),
                next_at=now,
            )
            for found in entries
            if found.entry.correlation_id and is_unclear(found.entry.data)
        ]

    async def _worded(self, tenant_id: str, since: datetime, now: datetime) -> list[ModelQuestion]:
        held = await self._notebook.store.conversations.with_drafts(tenant_id, [Status.HELD.value], FOUND_AT_MOST)
        return [
            ModelQuestion(
                id=f"wording:{draft.id}",
                tenant_id=tenant_id,
                task=Task.WORDING,
                conversation_id=conversation.id,
                correlation_id=draft.correlation_id,
                at=draft.created_at,
                draft_id=draft.id,
                next_at=now,
            )
            for conversation in held
            for draft in conversation.outbox
            if draft.kind is DraftKind.REPLY and draft.created_at >= since and may_word(conversation, draft)
        ]

    # One question

    async def propose(self, question: ModelQuestion, terms: ModelTerms) -> ModelQuestion:
        """Ask one question, lay its answer before people, and answer what became of it."""
        now = self._now()
        if now - question.at > ASKED_WITHIN:
            return await self._ended(replace(question, status=S.SKIPPED, why="too_late"))
        if not terms.allows(question.task, question.at):
            return await self._ended(replace(question, status=S.SKIPPED, why="switched_off"))
        if not await self._questions.claim(question, now + CLAIMED_FOR):
            return question
        question = replace(question, tries=question.tries + 1)
        store = self._notebook.store
        conversation = await store.conversations.read(question.tenant_id, question.conversation_id)
        if conversation is None or not may_ask_about(conversation):
            return await self._ended(replace(question, status=S.SKIPPED, why="not_allowed_now"))
        ask = self._about_draft if question.task is Task.WORDING else self._about_message
        try:
            return await self._ended(await ask(question, conversation, terms))
        except NoAnswer as nobody:
            return await self._ended(self._later(question, nobody))

    async def _about_message(
        self, question: ModelQuestion, conversation: Conversation, terms: ModelTerms
    ) -> ModelQuestion:
        timeline = self._notebook.store.timeline
        entries = await timeline.of_correlations(question.tenant_id, [question.correlation_id], "decided")
        decided = next((e.entry.data for e in entries if is_unclear(e.entry.data)), None)
        if decided is None or not all(is_unclear(e.entry.data) for e in entries):
            return replace(question, status=S.SKIPPED, why="not_allowed_now")
        ask = intent_ask(matter_of_message(conversation, decided))
        got: Answered[Intent] = await self._router.ask(
            Question(question.tenant_id, question.correlation_id, conversation.id, Task.INTENT, ask, read_intent),
            terms.allowed(self._limit),
        )
        intent = got.value
        said = replace(
            question, intent=intent.name, confidence=intent.confidence, provider=got.provider, model=got.model
        )
        if intent.name == UNKNOWN:
            return replace(said, status=S.NOTHING, why="not_sure_either")
        await self._shown(said, lambda d: d.correlation_id == said.correlation_id)
        return replace(said, status=S.PROPOSED)

    async def _about_draft(
        self, question: ModelQuestion, conversation: Conversation, terms: ModelTerms
    ) -> ModelQuestion:
        draft = conversation.draft(question.draft_id)
        if draft is None or not may_word(conversation, draft):
            return replace(question, status=S.SKIPPED, why="not_allowed_now")
        matter, tenant_id = matter_of_draft(conversation, draft), question.tenant_id
        tenant, policies = self._tenants[tenant_id], self._playbook_of(tenant_id).book.policies
        read = wording_reader(matter, lambda text: risks_of(text, draft.language, tenant, policies, self._now()))
        got: Answered[Wording] = await self._router.ask(
            Question(
                tenant_id, question.correlation_id, conversation.id, Task.WORDING, wording_ask(matter), read
            ),
            terms.allowed(self._limit),
        )
        said = replace(
            question, text=got.value.text, flags=got.value.flags, provider=got.provider, model=got.model
        )
        if said.text == draft.text:
            return replace(said, status=S.NOTHING, text="", why="the_same_words")
        is_shown = await self._shown(said, lambda d: d.id == draft.id and d.text == draft.text)
        if not is_shown:
            return replace(said, status=S.SKIPPED, text="", why="decided_meanwhile")
        return replace(said, status=S.PROPOSED)

    async def _shown(self, said: ModelQuestion, is_meant: Callable[..., bool]) -> bool:
        """Put a proposal on the card of its draft, if that still waits; nothing else of it changes."""
        at = self._now()

        def edit(conversation: Conversation, entries: Log) -> bool:
            if not may_ask_about(conversation):
                return False
            meant = [d for d in conversation.outbox if is_meant(d) and may_word(conversation, d)]
            for draft in meant:
                before = draft.proposal or ModelProposal()
                draft.proposal = replace(
                    before,
                    intent=said.intent or before.intent,
                    confidence=said.confidence if said.intent else before.confidence,
                    text=said.text or before.text,
                    flags=said.flags if said.text else before.flags,
                    model=said.model,
                    at=at,
                )
                draft.rev += 1
                facts = {"task": said.task.value, "model": said.model, "intent": said.intent}
                entries.add("model_proposed", draft.correlation_id, draft=draft.id, **facts)
            return bool(meant)

        try:
            _, is_shown = await self._notebook.change(said.tenant_id, said.conversation_id, edit, look=False)
        except NotFound:
            return False  # forgotten meanwhile, and the question with it
        return is_shown

    def _later(self, question: ModelQuestion, nobody: NoAnswer) -> ModelQuestion:
        why = ",".join(nobody.codes)
        if nobody.was_asked:
            if question.tries >= MOST_TRIES:
                return replace(question, status=S.FAILED, why=why)
            return replace(question, why=why, next_at=self._now() + TRY_AGAIN_AFTER)
        wait = NO_MONEY_FOR if "budget" in nobody.codes else TRY_AGAIN_AFTER
        # Nobody was asked, so it was no try.
        return replace(question, why=why, tries=question.tries - 1, next_at=self._now() + wait)

    async def _ended(self, question: ModelQuestion) -> ModelQuestion:
        if question.status is not S.WAITING:
            question = replace(question, ended_at=self._now(), next_at=None)
        await self._questions.end(question)
        log.info(
            "model_question",
            tenant=question.tenant_id,
            task=question.task.value,
            status=question.status.value,
            why=question.why,
            correlation_id=question.correlation_id,
        )
        return question
