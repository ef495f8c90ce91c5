"""
Makes the typed weekly pack of what was gathered. Pure.

Rule 1: five numbers stand in front, each with its change against the week before as that is known now.
Rule 2: blockers and risks are sentences about lines and counts; nobody's name, phone or words are in them.
Rule 3: what an earlier pack told and later records deny is a restatement here; the earlier pack is not touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.authority.approval_view import ApprovalView
from bot.evidence.packs import Pack
from bot.executive.rag import Judged, Rag
from bot.executive.words import told
from bot.forecast.accuracy import Accuracy
from bot.forecast.room import Unified
from bot.metrics.dictionary import METRICS, Block, BlockStatus, Number, percent
from bot.metrics.figures import change
from bot.metrics.records import Ahead
from bot.metrics.room import Blocks
from bot.metrics.spans import Span, day_of, iso_week, month_of
from bot.outputs.provenance import Source, provenance
from bot.outputs.weekly import (
    ExecWeeklyPack,
    PackedCount,
    PackedDecision,
    PackedForecast,
    PackedLine,
    PackedNumber,
    PackedSentence,
    Restatement,
)
from rules.policies.rag import Colour

PRODUCER, CONFIDENCE = "exec_weekly_pack/1", "share_of_ok_blocks/1"

HEADLINES = ("revenue_actual", "deals_won", "pipeline_value", "sla_met", "response_seconds")
"""The five numbers in front."""

RESTATED = (
    *("revenue_actual", "revenue_unverified", "deals_won", "deals_lost", "win_rate", "opt_outs"),
    *("messages_received", "drafts_decided", "sla_met", "response_seconds", "workflows_completed"),
)
"""What is counted over a week from records that may come late."""

_DONE = ("deals_won", "deals_lost", "drafts_decided", "opt_outs", "sla_met", "workflows_completed")

RISKS: Mapping[str, str] = {
    "contradictions_critical": "critical",
    "approvals_breach": "high",
    "compliance_non_compliant": "high",
    "connectors_error": "medium",
}
"""Numbers that are a risk from one on, and how bad."""

_SEVERITIES = {Colour.RED: "high", Colour.AMBER: "medium"}

# Whoever decides opens the list; a page shows the most urgent.
DECISIONS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything that one week is made of."""

    tenant_id: str
    week: Span
    version: int
    at: datetime
    blocks: Blocks
    before: Mapping[str, Number | None]
    """The week before, by metric, as it is known now."""
    rag: Rag
    pending: Sequence[ApprovalView]
    due_next_week: int
    ahead: Ahead | None
    """None where it could not be computed, like the next ones."""
    meetings: int
    closing_halalas: int | None
    """What is still to be paid of deals expected in the week to come."""
    month: Unified | None
    accuracy: Accuracy | None
    restatements: tuple[Restatement, ...]


def confidence_of(blocks: Blocks) -> Decimal:
    """The share of numbers that are ok."""
    ok = sum(block.status is BlockStatus.OK for block in blocks.values())
    return (percent(ok, len(blocks)) or Decimal(0)) / 100


def weekly_pack(g: Gathered) -> ExecWeeklyPack:
    """The pack of a week."""
    sources = {
        block.source_query_id: Source(kind="query", id=block.source_query_id, at=block.as_of)
        for block in g.blocks.values()
    }
    return ExecWeeklyPack(
        tenant_id=g.tenant_id,
        week_of=g.week.id,
        first_day=g.week.first.isoformat(),
        last_day=g.week.last.isoformat(),
        iso_week=iso_week(g.week),
        version=g.version,
        as_of=g.at,
        overall_rag=g.rag.overall.value,
        rag=tuple(_line(one) for one in g.rag.lines),
        numbers=tuple(_number(g.blocks[name], g.before.get(name)) for name in METRICS if name in g.blocks),
        completed_this_week=tuple(_count(g.blocks[name]) for name in _DONE),
        planned_next_week=_planned(g),
        blockers=tuple(blocker(one) for one in g.rag.reasons),
        risk_summary=risks_of(g.blocks),
        decisions_pending=tuple(_decision(view) for view in g.pending[:DECISIONS_SHOWN]),
        decisions_pending_total=len(g.pending),
        forecast=_forecast(g),
        restatements=g.restatements,
        provenance=provenance(
            by=PRODUCER,
            now=g.at,
            sources=[sources[name] for name in sorted(sources)],
            confidence=confidence_of(g.blocks),
            confidence_method=CONFIDENCE,
        ),
    )


def restated(pack: Pack, told_before: Mapping[str, int | str | None], now: Blocks) -> tuple[Restatement, ...]:
    """What later records deny of what was told about a week; a number that is broken now denies nothing."""
    found = []
    for name in RESTATED:
        block = now[name]
        if name not in told_before or block.status is BlockStatus.ERROR:
            continue
        value = packed(block.value)
        if value != told_before[name]:
            found.append(
                Restatement(
                    week_of=pack.entity_id,
                    definition_id=name,
                    told=told_before[name],
                    now=value,
                    told_in=pack.id,
                )
            )
    return tuple(found)


def packed(value: Number | None) -> int | str | None:
    """A number as signed JSON holds it: fractions are text."""
    return str(value) if isinstance(value, Decimal) else value


def unpacked(value: int | str | None) -> Number | None:
    return Decimal(value) if isinstance(value, str) else value


def blocker(one: Judged) -> PackedSentence:
    """A line that is not green, in a sentence."""
    unit = METRICS[one.line.metric].unit.value
    severity = _SEVERITIES.get(one.colour, "medium")
    if one.colour is Colour.GREY:
        en, ar = f"{one.line.title}: there is no number for it.", f"{one.line.title_ar}: لا يوجد رقم لها."
    else:
        en = f"{one.line.title}: {told(one.value, unit, 'en')}."
        ar = f"{one.line.title_ar}: {told(one.value, unit, 'ar')}."
    return PackedSentence(
        line=one.line.id, severity=severity, count=packed(one.value), sentence_en=en, sentence_ar=ar
    )


def risks_of(blocks: Blocks) -> tuple[PackedSentence, ...]:
    """The risks, worst first."""
    found = []
    for name, severity in RISKS.items():
        block = blocks.get(name)
        if block is not None and block.value:
            metric = METRICS[name]
            found.append(
                PackedSentence(
                    line=name,
                    severity=severity,
                    count=packed(block.value),
                    sentence_en=f"{metric.name_en}: {told(block.value, metric.unit.value, 'en')}.",
                    sentence_ar=f"{metric.name_ar}: {told(block.value, metric.unit.value, 'ar')}.",
                )
            )
    return tuple(found)


def _line(one: Judged) -> PackedLine:
    return PackedLine(
        line=one.line.id,
        title_en=one.line.title,
        title_ar=one.line.title_ar,
        definition_id=one.line.metric,
        value=packed(one.value),
        colour=one.colour.value,
        needed=one.line.needed,
    )


def _number(block: Block, before: Number | None) -> PackedNumber:
    return PackedNumber(
        definition_id=block.definition_id,
        value=packed(block.value),
        unit=block.unit.value,
        window=block.window,
        status=block.status.value,
        source_query_id=block.source_query_id,
        as_of=block.as_of,
        before=packed(before),
        change=packed(change(block.value, before)),
        is_headline=block.definition_id in HEADLINES,
    )


def _count(block: Block) -> PackedCount:
    metric = METRICS[block.definition_id]
    return PackedCount(
        what=metric.id,
        title_en=metric.name_en,
        title_ar=metric.name_ar,
        value=packed(block.value),
        unit=metric.unit.value,
    )


def _planned(g: Gathered) -> tuple[PackedCount, ...]:
    follow_ups, consents = (g.ahead.follow_ups, g.ahead.expiring_consents) if g.ahead else (None, None)
    rows = (
        ("approvals_due", "Decisions due", "قرارات مستحقة", g.due_next_week, "count"),
        ("meetings", "Meetings booked", "اجتماعات محجوزة", g.meetings, "count"),
        ("follow_ups_due", "Follow-ups due", "متابعات مستحقة", follow_ups, "count"),
        ("expiring_consents", "Consents that end", "موافقات تنتهي", consents, "count"),
        ("closing_value", "Expected to close", "يُتوقع إغلاقه", g.closing_halalas, "halalas"),
    )
    return tuple(PackedCount(what=w, title_en=en, title_ar=ar, value=v, unit=u) for w, en, ar, v, u in rows)


def _decision(view: ApprovalView) -> PackedDecision:
    return PackedDecision(
        approval_id=view.id,
        kind=view.kind,
        action_class=view.action_class,
        risk=str(view.risk),
        level=view.level,
        due_at=view.due_at,
    )


def _forecast(g: Gathered) -> PackedForecast:
    month, right = g.month, g.accuracy
    has_data = month is not None and month.has_data
    start, target = (month.at_start, month.target) if month else (None, None)
    return PackedForecast(
        period=month.period.id if month else month_of(min(g.week.last, day_of(g.at))).id,
        actual_halalas=month.revenue.actual_halalas if month and has_data else None,
        basis=month.revenue.basis if month else "none",
        forecast_halalas=month.outlook.forecast_halalas if month and month.outlook and has_data else None,
        forecast_at_start_halalas=start.outlook.forecast_halalas if start else None,
        target_halalas=target.value if target else None,
        health=month.health if month else "no_data",
        accuracy_status=right.status if right else "no_data",
        accuracy=None if right is None or right.average is None else str(right.average),
        closed_periods=len(right.periods) if right else 0,
    )
