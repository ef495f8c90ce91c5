"""
A stored weekly pack as one page that reads well and prints well, in Arabic and English.

Rule: the page fetches nothing and runs nothing, and every number on it is read from the stored pack.
"""

from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined

from bot.evidence.packs import Pack
from bot.executive.contents import entries
from bot.executive.words import COLOURS, HEALTH, STATUS, change, pick, share, told
from bot.metrics.dictionary import METRICS

Language = Literal["ar", "en"]

_PAGES = Environment(autoescape=True, undefined=StrictUndefined)

_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "heading": ("أسبوع القيادة", "Executive week"),
        "iso": ("الأسبوع الدولي", "ISO week"),
        "version": ("الإصدار", "version"),
        "as_of": ("محسوب في", "as of"),
        "confidence": ("الأرقام المحسوبة", "numbers computed"),
        "five": ("الأرقام الخمسة", "The five numbers"),
        "no_change_known": ("لا مقارنة", "no comparison"),
        "reasons": ("الحالة وأسبابها", "The colour and its reasons"),
        "line": ("البند", "Line"),
        "value": ("القيمة", "Value"),
        "colour": ("اللون", "Colour"),
        "blockers": ("العوائق", "Blockers"),
        "risks": ("المخاطر", "Risks"),
        "completed": ("ما أُنجز هذا الأسبوع", "Completed this week"),
        "planned": ("المخطط للأسبوع القادم", "Planned for next week"),
        "forecast": ("التوقع مقابل الفعلي:", "Forecast and actual:"),
        "decisions": ("قرارات تنتظر", "Decisions that wait"),
        "restatements": ("أرقام مصححة من أسابيع سابقة", "Restatements of earlier weeks"),
        "numbers": ("كل الأرقام وتعريفها", "Every number and what it means"),
        "number": ("الرقم", "Number"),
        "change": ("التغير", "Change"),
        "window": ("الفترة", "Window"),
        "definition": ("التعريف", "Definition"),
        "id": ("المعرّف", "Id"),
        "kind": ("النوع", "Kind"),
        "class": ("الفئة", "Class"),
        "due": ("الموعد", "Due"),
        "week": ("الأسبوع", "Week"),
        "told": ("كان", "Told"),
        "now": ("الآن", "Now"),
        "none": ("لا شيء.", "Nothing."),
        "proof": ("الإثبات", "Proof"),
        "note": (
            "هذه الصفحة للقراءة، والموقّع هو ملف JSON. الحزمة كاشفة للعبث: كل تغيير يظهر عند التحقق.",
            "This page is for reading; the JSON file is what is signed. The pack is tamper-evident: every change "
            "shows when it is checked.",
        ),
    }
)

_AGAINST = (
    ("actual_halalas", "الفعلي", "Actual"),
    ("forecast_at_start_halalas", "التوقع عند البداية", "Forecast at the start"),
    ("forecast_halalas", "التوقع الآن", "Forecast now"),
    ("target_halalas", "المستهدف", "Target"),
)


def as_page(pack: Pack, language: Language) -> str:
    """One page of HTML, complete in itself, fit for paper."""
    week, forecast = entries(pack, "week")[0], entries(pack, "forecast")[0]
    numbers = [_number(one, language) for one in entries(pack, "numbers")]
    title = pack.envelope["title_ar" if language == "ar" else "title"]
    _, ar, en = COLOURS[week["overall_rag"]]
    return _PAGES.from_string(_file("week.html")).render(
        pack=pack,
        key_id=pack.signature.key_id,
        signature=pack.signature.value,
        language=language,
        direction="rtl" if language == "ar" else "ltr",
        w={name: pick(pair, language) for name, pair in _WORDS.items()},
        title=title,
        week=week,
        confidence=f"{Decimal(week['confidence']) * 100:.0f}%",
        overall=pick((ar, en), language),
        numbers=numbers,
        headlines=[one for one in numbers if one["is_headline"]],
        rag=[_line(one, language) for one in entries(pack, "rag")],
        blockers=[one[f"sentence_{language}"] for one in entries(pack, "blockers")],
        risks=[one[f"sentence_{language}"] for one in entries(pack, "risk_summary")],
        completed=[_count(one, language) for one in entries(pack, "completed_this_week")],
        planned=[_count(one, language) for one in entries(pack, "planned_next_week")],
        decisions=entries(pack, "decisions_pending"),
        restatements=[_restated(one, language) for one in entries(pack, "restatements")],
        forecast=forecast,
        against=_against(forecast, language),
    )


def _number(one: Mapping[str, Any], language: Language) -> dict[str, Any]:
    metric = METRICS[one["definition_id"]]
    is_known = one["value"] is not None
    return {
        "id": metric.id,
        "name": metric.name(language),
        "definition": metric.definition(language),
        "value": told(one["value"], one["unit"], language) if is_known else pick(STATUS[one["status"]], language),
        "change": change(one["change"], one["unit"], language),
        "window": one["window"],
        "is_known": is_known,
        "is_headline": one["is_headline"],
    }


def _line(one: Mapping[str, Any], language: Language) -> dict[str, Any]:
    _, ar, en = COLOURS[one["colour"]]
    unit = METRICS[one["definition_id"]].unit.value
    return {
        "title": one[f"title_{language}"],
        "value": told(one["value"], unit, language),
        "key": one["colour"],
        "colour": pick((ar, en), language),
    }


def _count(one: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {"title": one[f"title_{language}"], "value": told(one["value"], one["unit"], language)}


def _restated(one: Mapping[str, Any], language: Language) -> dict[str, Any]:
    metric = METRICS[one["definition_id"]]
    unit = metric.unit.value
    return {
        "week_of": one["week_of"],
        "name": metric.name(language),
        "told": told(one["told"], unit, language),
        "now": told(one["now"], unit, language),
    }


def _against(forecast: Mapping[str, Any], language: Language) -> list[dict[str, str]]:
    rows = [
        {"title": pick((ar, en), language), "value": told(forecast[name], "halalas", language)}
        for name, ar, en in _AGAINST
    ]
    if forecast["basis"] == "unverified":
        rows[0]["value"] += pick((" (غير متحقق)", " (not verified)"), language)
    rows.append(
        {"title": pick(("الحالة", "Standing"), language), "value": pick(HEALTH[forecast["health"]], language)}
    )
    rows.append(
        {"title": pick(("دقة التوقع", "Forecast accuracy"), language), "value": _right(forecast, language)}
    )
    return rows


def _right(forecast: Mapping[str, Any], language: Language) -> str:
    if forecast["accuracy"] is not None:
        return share(forecast["accuracy"])
    closed = forecast["closed_periods"]
    return pick(
        (f"بيانات غير كافية ({closed} فترة مغلقة)", f"insufficient data ({closed} closed periods)"), language
    )


def _file(name: str) -> str:
    return resources.files("bot.executive").joinpath(name).read_text(encoding="utf-8")
