"""
Recipes: what goes into a pack of each type, made of records and nothing else.

Rule 1: pure; the records come in, the same records always make the same items.
Rule 2: each recipe names what must be there; what is not is named, never made up.
Rule 3: what people wrote appears as a short excerpt without phones and addresses, beside the salted hash under
        which its entry is sealed: whoever may read the entry can show that it is the same text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.compliance.scans import Scan
from bot.conversation import Conversation
from bot.evidence.blocks import Row, data_hash_of, entry_hash
from bot.evidence.packs import Content, Item, PackType, Said
from bot.evidence.payment import WON, proof_in
from bot.outputs.stored import Stored
from bot.phones import mask
from bot.shown_text import masked

# A sentence is recognised by its beginning; the whole text stays in the timeline.
EXCERPT = 80

# About 6 MB of a pack; a story that is longer is told by several packs, and this one says that it is not whole.
STORY_AT_MOST = 5_000

NOT_AVAILABLE: Mapping[str, tuple[str, str]] = {
    PackType.WEEKLY_PACK: (
        "weekly packs are made by the executive room, which is not open here",
        "الحزم الأسبوعية تصنعها غرفة القيادة، وهي غير مفتوحة هنا",
    ),
    PackType.QUARTERLY_REVIEW: (
        "a quarterly review is made of weekly packs, and nothing here makes weekly packs yet",
        "تُبنى المراجعة الفصلية من الحزم الأسبوعية، ولا شيء هنا ينتج الحزم الأسبوعية بعد",
    ),
    PackType.BOARD_REPORT: (
        "a board report is made of forecasts and weekly packs, and nothing here makes them yet",
        "يُبنى تقرير مجلس الإدارة من التوقعات والحزم الأسبوعية، ولا شيء هنا ينتجها بعد",
    ),
}

_DECIDED = ("draft_approved", "draft_edited", "draft_rejected", "doubt_resolved", "taken_over", "handed_back")
_SENT = ("attempt_started", "attempt_ended", "attempt_orphaned", "gate_refused", "send_given_up")
_ARRIVED = ("message_sent", "message_delivered", "message_read", "message_failed_later")
_CONSENT = ("consent_granted", "consent_revoked", "consent_renewed", "opted_out")

# Facts that say what happened without saying what anybody wrote.
_SHARED = frozenset(
    {"request", "partner", "country", "categories", "contacts", "agreed", "left_out", "rows", "consents"}
    | {"content_sha256", "file_sha256", "approval", "approved_by"}
)
"""What was passed on to a partner, on what ground: names, numbers and hashes."""

_TOLD = _SHARED | frozenset(
    {"action", "after", "arrived", "attempt", "before", "book_version", "by", "channel", "code", "draft", "event"}
    | {"grant", "held", "hold_reasons", "http_status", "intent", "kind", "latency_ms", "level", "next", "reason"}
    | {
        "rule",
        "say",
        "send_class",
        "stage_after",
        "stage_before",
        "step",
        "text_sha256",
        "version",
        "why",
        "wording",
    }
)


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, as it is stored and sealed, oldest first."""

    rows: tuple[Row, ...]
    is_whole: bool = True

    def of(self, *kinds: str) -> list[Row]:
        return [row for row in self.rows if row.entry.what in kinds]


def deal_closure(
    conversation_id: str, conversation: Conversation | None, story: Story, cards: Sequence[Stored] = ()
) -> Content:
    """Everything that shows how a deal came to be won; `cards` are scores of the lead, where there are any."""
    source = f"timeline:{conversation_id}"
    won = [row for row in story.of("stage_moved") if row.entry.data.get("after") == WON]
    items = [
        _if(conversation and [_deal(conversation)], "deal", f"conversation:{conversation_id}"),
        _if([_move(row) for row in story.of("stage_moved")] if won else [], "stage_history", source),
        _if(_payment(story, won), "payment", source),
        _if(_approvals(story), "approvals", source),
        _if([_message(row) for row in story.of("message_received")], "messages", source),
        _if([_decision(row) for row in story.of("decided")], "decisions", source),
        _if([_told(row) for row in story.of(*_SENT, *_ARRIVED)], "sends", source),
        _if([_told(row) for row in story.of(*_CONSENT)], "consent", source),
        _if([_score(card) for card in cards], "lead_score_card", source),
        _if(_seals(story), "audit_entries", source),
    ]
    return Content(
        title=f"Closure of deal {conversation_id}",
        title_ar=f"إغلاق الصفقة {conversation_id}",
        entity_type="deal",
        entity_id=conversation_id,
        items=_there(items),
        missing=_missing(
            items, ("deal", "stage_history", "payment", "approvals", "messages", "audit_entries"), story
        ),
    )


def incident_response(entity_type: str, entity_id: str, story: Story) -> Content:
    """What happened in one conversation, or because of one event, in order."""
    source = f"{entity_type}:{entity_id}"
    items = [
        _if([_told(row) for row in story.rows], "what_happened", source),
        _if([_message(row) for row in story.of("message_received")], "messages", source),
        _if([_decision(row) for row in story.of("decided")], "decisions", source),
        _if([_told(row) for row in story.of(*_SENT, *_ARRIVED)], "sends", source),
        _if(_approvals(story), "approvals", source),
        _if(_seals(story), "audit_entries", source),
    ]
    return Content(
        title=f"What happened: {entity_type} {entity_id}",
        title_ar=f"ما الذي حدث: {entity_id}",
        entity_type=entity_type,
        entity_id=entity_id,
        items=_there(items),
        missing=_missing(items, ("what_happened", "audit_entries"), story),
    )


def compliance_audit(scan: Scan, chain: Mapping[str, Any]) -> Content:
    """One compliance scan with what each check measured, and the state of the audit log beside it."""
    source = f"scan:{scan.id}"
    summary = {
        "scan_id": scan.id,
        "started_at": scan.started_at,
        "ended_at": scan.ended_at,
        "trigger": scan.trigger,
        "by": scan.by,
        "controls_edition": scan.edition,
        "posture": str(scan.posture),
        "rate": str(scan.rate),
        "counts": {str(status): number for status, number in scan.counts.items()},
        "regressions": [
            {"control": r.control_id, "before": str(r.before), "after": str(r.after)} for r in scan.regressions
        ],
    }
    controls = [
        {
            "control": outcome.control_id,
            "status": str(outcome.status),
            "basis": outcome.basis,
            "findings": [
                {
                    "check": found.check,
                    "status": str(found.status),
                    "measured_at": found.measured_at,
                    "detail": found.detail_en,
                    "detail_ar": found.detail_ar,
                    "records": list(found.evidence),
                    "numbers": dict(found.numbers),
                }
                for found in outcome.findings
            ],
        }
        for outcome in scan.outcomes
    ]
    items = [
        _if([summary], "scan", source),
        _if(controls, "controls", source),
        _if([dict(chain)], "audit_chain", "audit_log"),
    ]
    return Content(
        title=f"Compliance scan of {scan.started_at:%Y-%m-%d}",
        title_ar=f"فحص الامتثال بتاريخ {scan.started_at:%Y-%m-%d}",
        entity_type="compliance_scan",
        entity_id=scan.id,
        items=_there(items),
        missing=_missing(items, ("scan", "controls", "audit_chain"), Story(())),
    )


def entries_of(story: Story) -> list[dict[str, Any]]:
    """Everything of a story, without what anybody wrote."""
    return [_told(row) for row in story.rows]


def seals_of(story: Story) -> list[dict[str, Any]]:
    """Under which hash in which block each entry of a story is sealed."""
    return _seals(story)


def _if(found: Sequence[Mapping[str, Any]] | None, kind: str, source: str) -> tuple[str, Item | None]:
    """An item of what was found, under its name; without anything found there is no item."""
    return kind, Item(kind, source, {"entries": list(found), "count": len(found)}) if found else None


def _there(items: Iterable[tuple[str, Item | None]]) -> tuple[Item, ...]:
    return tuple(item for _, item in items if item is not None)


def _missing(items: Iterable[tuple[str, Item | None]], required: Sequence[str], story: Story) -> tuple[str, ...]:
    absent = [kind for kind, item in items if kind in required and item is None]
    return (*absent, *(() if story.is_whole else ("whole_story",)))


def _deal(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation_id": conversation.id,
        "stage": conversation.stage,
        "created_at": conversation.created_at,
        "contact": mask(conversation.phone) if conversation.phone else "",
        "channel": conversation.channel,
        "language": conversation.language,
        "answers": {
            name: {"value": _excerpt(slot.value, conversation.id), "answered_at": slot.answered_at}
            for name, slot in sorted(conversation.slots.items())
        },
    }


def _score(card: Stored) -> dict[str, Any]:
    """A score by its id and hash, and what it says."""
    shown = {name: card.content[name] for name in ("score", "tier", "recommendation", "result")}
    return {"output_id": card.id, "sha256": card.content_sha256, "made_at": card.created_at, **shown}


def _move(row: Row) -> dict[str, Any]:
    data = row.entry.data
    said = {name: _excerpt(data[name], row.conversation_id) for name in _words_of(data)}
    return {**_told(row), **said}


def _words_of(data: Mapping[str, Any]) -> list[str]:
    return [name for name in ("evidence", "override_reason") if isinstance(data.get(name), str) and data[name]]


def _payment(story: Story, won: Sequence[Row]) -> list[dict[str, Any]]:
    """That the payment was verified, or why an approver let the deal be won without."""
    proof = proof_in(row.entry for row in story.rows)
    if proof is not None:
        return [_move(row) for row in story.rows if row.entry.id == proof.id]
    return [_move(row) for row in won if row.entry.data.get("override_reason")][-1:]


def _approvals(story: Story) -> list[dict[str, Any]]:
    """What people decided: about drafts, and about what moved the deal."""
    moved = [row for row in story.of("stage_moved") if row.entry.data.get("by") not in ("rules", "system", None)]
    rows = sorted([*story.of(*_DECIDED), *moved], key=lambda row: (row.entry.at, row.entry.id))
    return [_told(row) for row in rows]


def _message(row: Row) -> dict[str, Any]:
    text = row.entry.data.get("text")
    return {
        **_told(row),
        "excerpt": _excerpt(text, row.conversation_id) if isinstance(text, str) and text else "",
        "data_sha256": data_hash_of(row),
    }


def _decision(row: Row) -> dict[str, Any]:
    because = row.entry.data.get("because") or ()
    rules = [page.get("rule", "") for page in because if isinstance(page, Mapping) and not page.get("shadow")]
    return {**_told(row), "rules": rules}


def _told(row: Row) -> dict[str, Any]:
    """One entry without what anybody wrote."""
    facts = {name: value for name, value in row.entry.data.items() if name in _TOLD}
    return {
        "entry": row.entry.id,
        "at": row.entry.at,
        "what": row.entry.what,
        "correlation_id": row.entry.correlation_id,
        **facts,
    }


def _seals(story: Story) -> list[dict[str, Any]]:
    """Under which hash in which block each entry is sealed."""
    return [
        {"entry": row.entry.id, "what": row.entry.what, "block": row.block, "sha256": entry_hash(row)}
        for row in story.rows
    ]


def _excerpt(text: str, conversation_id: str) -> Said:
    shown = masked(" ".join(text.split()))
    return Said(shown if len(shown) <= EXCERPT else f"{shown[:EXCERPT]}…", conversation_id)
