"""
How one template stands at its provider, and what that means for a message that would leave as it. Pure.

Rule 1: the default is no. Only a template that the provider calls approved, in the words and the category that we
        have on record, may leave.
Rule 2: what was heard later counts, by the provider's own time; nothing older undoes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.conversation import Conversation, Draft, DraftKind
from bot.tenant import Tenant
from rules.policies.templates import Template, Templates

APPROVED = "approved"
STATUSES = (APPROVED, "pending", "rejected", "paused", "disabled", "missing", "unknown")

# The codes of refusals; also the wording keys `note.<code>` and `hold.<code>`.
TROUBLE_OF = {
    "pending": "template_pending",
    "rejected": "template_rejected",
    "paused": "template_paused",
    "disabled": "template_disabled",
    "missing": "template_missing",
    "unknown": "template_unknown",
}
CHANGED, DIFFERS, UNKNOWN = "template_changed", "template_differs", "template_unknown"
NO_TEMPLATE = "no_template"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was last heard of one template in one language."""

    tenant_id: str
    channel: str
    name: str
    code: str
    """The provider's code of the language."""
    status: str
    at: datetime
    """When it was so, by the provider's clock where it says."""
    category: str = ""
    quality: str = ""
    reason: str = ""
    words: str = ""
    """As they stand at the provider; empty where only a webhook has told of it."""
    besides: tuple[str, ...] = ()


class TemplateRows(Protocol):
    """Where standings are kept."""

    async def read(self, tenant_id: str, channel: str, name: str, code: str) -> Standing | None: ...

    async def of_tenant(self, tenant_id: str) -> list[Standing]:
        """By channel, name and language."""

    async def hear(self, heard: Standing) -> Standing | None:
        """
        Take something heard unless something later is known; empty fields say nothing.

        Answers what was known before it, None when nothing was, and `heard` itself when it came too late.
        """


def trouble_at_provider(standing: Standing | None, template: Template, language: str) -> str:
    """Why a template may not leave now, as a code; empty when it may."""
    if standing is None:
        return UNKNOWN
    if standing.status != APPROVED:
        return TROUBLE_OF.get(standing.status, UNKNOWN)
    if standing.besides or (standing.words and _plain(standing.words) != _plain(template.pattern(language))):
        return DIFFERS
    if standing.category and standing.category != template.category:
        return DIFFERS  # Meta moved it to another category, and another consent is needed
    return ""


def trouble_with_words(draft: Draft, templates: Templates) -> str:
    """Whether a draft still says exactly what its template says; empty when it does."""
    use = draft.template
    if use is None:
        return NO_TEMPLATE if draft.kind is DraftKind.CAMPAIGN else ""
    template = templates.find(use.name)
    if template is None or use.language not in template.bodies:
        return CHANGED
    same = (template.category, template.code(use.language), len(template.fills)) == (
        use.category,
        use.code,
        len(use.values),
    )
    return "" if same and template.words(use.language, use.values) == draft.text else CHANGED


def facts_about(conversation: Conversation, tenant: Tenant) -> Mapping[str, str]:
    """What may fill the numbers of a template for one contact."""
    answers = {name: slot.value for name, slot in conversation.slots.items()}
    return {**answers, "name": conversation.name, "our_company": tenant.name}


def language_for(conversation: Conversation, template: Template, wanted: str = "") -> str:
    """The language in which a contact gets it: the wanted one, theirs, or the only one there is."""
    order: Sequence[str] = (wanted, conversation.language, "ar", *template.bodies)
    return next(language for language in order if language in template.bodies)


def _plain(words: str) -> str:
    return "\n".join(line.rstrip() for line in words.replace("\r\n", "\n").strip().split("\n"))
