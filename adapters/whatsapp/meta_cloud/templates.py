"""
Meta's templates: what a send of one looks like, the list of an account, and the news of one.

Rule 1: the words are read as they stand at Meta, body and footer; what else a template holds (a header, buttons)
        is named, so that nobody takes two different messages for the same one.
Rule 2: Meta has more words for a status than matter here; one that is not known lets nothing leave.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp.body import hash_of, id_at, list_at, moment_at, object_at, text_at
from bot.events import Ignored, ProviderEvent, TemplateNews
from bot.ports import TemplateAtProvider, TemplateMessage

Tree = Mapping[str, Any]

STATUSES = {
    "APPROVED": "approved",
    "REINSTATED": "approved",
    "FLAGGED": "approved",  # a warning: it is paused next if people go on complaining
    "UNPAUSED": "approved",
    "PENDING": "pending",
    "IN_APPEAL": "pending",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "disabled",
    "LIMIT_EXCEEDED": "disabled",
    "ARCHIVED": "disabled",
    "DELETED": "missing",
    "PENDING_DELETION": "missing",
}

FIELDS = "name,language,status,category,quality_score,rejected_reason,components"
NEWS = ("message_template_status_update", "message_template_quality_update", "template_category_update")

# What a code in the answer to a send says of the template itself; the others are about our request.
STATUS_OF_CODE = {"132001": "missing", "132007": "rejected", "132015": "paused", "132016": "disabled"}


def content_of(template: TemplateMessage) -> dict[str, Any]:
    """The part of a send that names a template and fills its numbers."""
    named: dict[str, Any] = {"name": template.name, "language": {"code": template.code}}
    if template.values:
        values = [{"type": "text", "text": value} for value in template.values]
        named["components"] = [{"type": "body", "parameters": values}]
    return {"type": "template", "template": named}


def listed(row: Tree) -> TemplateAtProvider:
    """One row of the list."""
    body, footer, others = "", "", []
    for component in (object_at(found) for found in list_at(row, "components")):
        sort = text_at(component, "type").upper()
        if sort == "BODY":
            body = text_at(component, "text")
        elif sort == "FOOTER":
            footer = text_at(component, "text")
        else:
            others.append(sort.lower())
    return TemplateAtProvider(
        name=text_at(row, "name"),
        code=text_at(row, "language"),
        status=STATUSES.get(text_at(row, "status").upper(), "unknown"),
        category=text_at(row, "category").lower(),
        quality=text_at(row, "quality_score", "score").lower(),
        reason=_reason(text_at(row, "rejected_reason")),
        words=f"{body}\n\n{footer}" if footer else body,
        besides=tuple(sorted(others)),
    )


def news_of(field: str, change: Tree, value: Tree, now: datetime, sent: Tree) -> ProviderEvent:
    """What a webhook says of one template; `sent` is the entry, which knows when."""
    name = text_at(value, "message_template_name")
    code = text_at(value, "message_template_language")
    if not name or not code:
        return Ignored(hash_of(change), f"{field} without a template", change)
    said = text_at(value, "event").upper()
    status = STATUSES.get(said, "unknown") if field == NEWS[0] else ""
    return TemplateNews(
        key=hash_of([sent.get("time"), change]),
        name=name,
        code=code,
        status=status,
        category=text_at(value, "new_category").lower(),
        quality=text_at(value, "new_quality_score").lower(),
        reason=_reason(text_at(value, "reason")),
        at=moment_at(sent, now, "time"),
        raw=change,
    )


def account_of(entry: Tree) -> str:
    """The business account that an entry is about."""
    return id_at(entry, "id")


def _reason(said: str) -> str:
    return "" if said.upper() in ("", "NONE") else said[:200]
