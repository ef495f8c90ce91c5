"""
An answer that came too late, as an approved template instead: what could be said, and asking for the yes.

Rule 1: the words change, so the old yes is worth nothing: the template's exact words are a draft of their own,
        which waits for a human like any other.
Rule 2: only where free text may not leave: inside the window the answer itself is sent.
Rule 3: asked twice, it is one draft.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.cards import Card, card_of
from bot.conversation import Conversation, Draft, DraftKind, Status
from bot.errors import BadRequest, NotFound
from bot.gate import in_window
from bot.notebook import Log, Notebook
from bot.people import Human
from bot.risks import refuse_forbidden
from bot.templates.room import TemplateRoom
from rules.policies import Policies

USE = "late_answer"
OLD = "sent_as_template"
LATE = frozenset({Status.HELD, Status.EXPIRED, Status.FAILED, Status.CANCELLED})
"""An answer that has left, or is on its way, needs no other."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One template that could be sent instead, in exactly these words."""

    template: str
    title: str
    title_ar: str
    category: str
    language: str
    channel: str
    words: str


class LateAnswers:
    """Offers templates for an old draft, and makes the one that somebody chooses."""

    def __init__(
        self, notebook: Notebook, templates: TemplateRoom, policies_of: Callable[[str], Policies]
    ) -> None:
        self._notebook = notebook
        self._templates = templates
        self._policies_of = policies_of

    async def offers(self, tenant_id: str, draft_id: str) -> Sequence[Offer]:
        """What could be sent instead of a draft now; nothing while free text may leave. Raises NotFound."""
        conversation, draft = await self._holding(tenant_id, draft_id)
        if not self._is_late(conversation, draft):
            return ()
        found = []
        for template in self._policies_of(tenant_id).templates.used_for(USE):
            ready = self._templates.use_for(conversation, template.name, language=draft.language)
            if ready is not None:
                use, words = ready
                told = (template.title, template.title_ar, template.category, use.language, use.channel, words)
                found.append(Offer(template.name, *told))
        return found

    async def choose(self, tenant_id: str, draft_id: str, template: str, by: Human) -> Card:
        """
        Make a draft of exactly a template's words, held for a yes; the old draft is dropped.

        Raises NotFound, BadRequest when this template is not on offer for this draft.
        """
        conversation, old = await self._holding(tenant_id, draft_id)
        made_id = hashlib.sha256(f"{draft_id}\0{template}".encode()).hexdigest()[:26].upper()
        if (made := conversation.draft(made_id)) is not None:
            return card_of(conversation, made)
        if template not in {offer.template for offer in await self.offers(tenant_id, draft_id)}:
            raise BadRequest(
                f"{template!r} cannot be sent instead of this draft now; GET the draft's templates for what can",
                "لا يمكن إرسال هذا القالب بدل هذه المسودة الآن؛ راجع القوالب المتاحة لها",
            )
        tenant, policies = self._notebook.tenants[tenant_id], self._policies_of(tenant_id)

        def edit(fresh: Conversation, log: Log) -> None:
            ready = self._templates.use_for(fresh, template, language=old.language)
            if fresh.draft(made_id) is not None or ready is None:
                return
            use, words = ready
            risks = refuse_forbidden(words, use.language, tenant, policies, log.at)
            times = policies.deadlines.of("reply", log.at, None)
            before = fresh.draft(draft_id)
            if before is not None and before.status is Status.HELD:
                before.superseded_by = made_id
                before.step(Status.CANCELLED, OLD)
            fresh.outbox.append(
                Draft(
                    id=made_id,
                    kind=DraftKind.MANUAL,
                    status=Status.HELD,
                    text=words,
                    language=use.language,
                    correlation_id=old.correlation_id,
                    created_at=log.at,
                    template=use,
                    stage_before=fresh.stage,
                    stage_after=fresh.stage,
                    hold_reasons=("hold.as_template",),
                    flags=risks,
                    warn_at=times.warn_at,
                    due_at=times.due_at,
                    expires_at=times.expires_at,
                )
            )
            log.add(
                "draft_held",
                old.correlation_id,
                draft=made_id,
                instead_of=draft_id,
                template=template,
                by=by.id,
                why=("hold.as_template",),
            )

        written, _ = await self._notebook.change(tenant_id, conversation.id, edit)
        made = written.draft(made_id)
        if made is None:
            raise BadRequest(
                "the template stopped in this moment; ask again what can be sent",
                "توقف القالب في هذه اللحظة؛ اسأل من جديد عما يمكن إرساله",
            )
        return card_of(written, made)

    def _is_late(self, conversation: Conversation, draft: Draft) -> bool:
        tenant = self._notebook.tenants[conversation.tenant_id]
        is_answer = draft.kind in (DraftKind.REPLY, DraftKind.MANUAL) and draft.template is None
        is_open = in_window(conversation, tenant, self._notebook.now())
        return is_answer and draft.status in LATE and not is_open

    async def _holding(self, tenant_id: str, draft_id: str) -> tuple[Conversation, Draft]:
        conversation = await self._notebook.store.conversations.by_draft(tenant_id, draft_id)
        draft = conversation.draft(draft_id) if conversation else None
        if conversation is None or draft is None:
            raise NotFound(f"there is no draft {draft_id}", "لا توجد مسودة بهذا المعرّف")
        return conversation, draft
