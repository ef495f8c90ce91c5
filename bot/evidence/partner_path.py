"""
What goes into the pack about a partner who was examined: dossier, economics, request and decision. Pure.

Rule 1: who was agreed to has a `golden_path`, everybody else a `decision_record`; the decision says which, not
        whoever asks for the pack.
Rule 2: results stand there by id and hash, with the numbers that were decided on.
"""

from collections.abc import Sequence
from typing import Any

from bot.authority.approval import Approval
from bot.evidence.packs import Content, Item, PackRefused, PackType
from bot.evidence.recipes import Story, entries_of, seals_of
from bot.outputs.stored import Stored
from bot.partners.case import Case

TYPES = (PackType.GOLDEN_PATH, PackType.DECISION_RECORD)
REQUIRED = ("partner_dossier", "economics_model", "approval_packet", "decision", "audit_entries")

_SHOWN = {
    "partner_dossier": (
        "partner_name",
        "partner_name_ar",
        "partner_type",
        "cr_number",
        "score",
        "recommendation",
        "because",
        "missing",
        "weights_version",
        "parts",
    ),
    "economics_model": (
        "revenue_halalas",
        "cost_halalas",
        "net_halalas",
        "payback_months",
        "roi_pct",
        "break_even_multiplier",
        "sensitivity",
    ),
    "approval_packet": ("approval_id", "action", "action_class", "resource", "content_sha256", "risk", "due_at"),
}


def type_of(case: Case) -> PackType:
    """Which pack this case ends with."""
    return PackType.GOLDEN_PATH if case.decision == "approved" else PackType.DECISION_RECORD


def check(pack_type: str, case: Case) -> None:
    """Raises PackRefused for a pack that does not fit what was decided."""
    if not case.decision:
        raise PackRefused(
            f"nobody has decided about the golden path {case.id} yet; its pack is made when somebody has",
            "لم يُتخذ قرار في هذا المسار بعد؛ تُجمع حزمته عند صدور القرار",
        )
    if pack_type != type_of(case):
        raise PackRefused(
            f"the golden path {case.id} was {case.decision}: its pack is a {type_of(case)}",
            f"انتهى هذا المسار بقرار، ونوع حزمته هو {type_of(case)}",
        )


def content(case: Case, made: Sequence[Stored], approval: Approval | None, story: Story) -> Content:
    """The items of the pack."""
    source = f"golden_path:{case.id}"
    items = [Item(one.kind, f"output:{one.id}", _result(one)) for one in made]
    if approval is not None and approval.decided_at is not None:
        items.append(Item("decision", f"approval:{approval.id}", _decision(approval)))
    for name, entries in (("what_happened", entries_of(story)), ("audit_entries", seals_of(story))):
        if entries:
            items.append(Item(name, source, {"entries": entries, "count": len(entries)}))
    there = {item.type for item in items}
    missing = tuple(name for name in REQUIRED if name not in there)
    name = case.declared.partner_name
    return Content(
        title=f"Partner {name}: {case.decision}",
        title_ar=f"الشريك {case.declared.partner_name_ar or name}: {_DECISIONS_AR[case.decision]}",
        entity_type="golden_path",
        entity_id=case.id,
        items=tuple(items),
        missing=(*missing, *(() if story.is_whole else ("whole_story",))),
    )


_DECISIONS_AR = {
    "approved": "تمت الموافقة",
    "rejected": "مرفوض",
    "expired": "انتهت المهلة دون قرار",
    "cancelled": "سُحب الطلب",
    "superseded": "استُبدل الطلب",
}


def _result(one: Stored) -> dict[str, Any]:
    shown = {name: one.content[name] for name in _SHOWN[one.kind]}
    return {"output_id": one.id, "sha256": one.content_sha256, "made_at": one.created_at, **shown}


def _decision(approval: Approval) -> dict[str, Any]:
    return {
        "approval_id": approval.id,
        "status": approval.status.value,
        "decided_by": approval.decided_by.id,
        "on_behalf_of": approval.on_behalf_of.id,
        "decided_at": approval.decided_at,
        "content_sha256": approval.content_sha256,
        "grant_id": approval.grant_id,
        "correlation_id": approval.correlation_id,
    }
