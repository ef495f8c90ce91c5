"""
The week in at most twelve lines of Arabic, from the stored pack and nothing else. Pure.

Rule: every number in it is the number of the pack; what the pack does not know the digest does not say.
"""

from bot.evidence.packs import Pack
from bot.executive.contents import entries
from bot.executive.words import COLOURS, HEALTH, change, days, riyals, share, told
from bot.metrics.dictionary import METRICS

LINES_AT_MOST = 12
REASONS_SHOWN = 3


def title(pack: Pack, language: str = "ar") -> str:
    """The first line."""
    week = entries(pack, "week")[0]
    name = "الأسبوع" if language == "ar" else "The week"
    mark, ar, en = COLOURS[week["overall_rag"]]
    return f"{mark} {name} {days(week['first_day'], week['last_day'])}: {ar if language == 'ar' else en}"


def digest(pack: Pack) -> tuple[str, ...]:
    """The lines after the title, eleven at most."""
    week, forecast = entries(pack, "week")[0], entries(pack, "forecast")[0]
    blockers = [one["sentence_ar"] for one in entries(pack, "blockers")]
    lines = [_reasons(blockers)]
    lines += [_number(one) for one in entries(pack, "numbers") if one["is_headline"]]
    overdue = sum(one["level"] >= 2 for one in entries(pack, "decisions_pending"))
    late = f"، منها متأخرة: {overdue}" if overdue else ""
    lines.append(f"قرارات تنتظر: {week['decisions_pending_total']}{late}")
    lines.append(_against_forecast(forecast))
    lines.append(_accuracy(forecast))
    corrected = len(entries(pack, "restatements"))
    if corrected:
        lines.append(f"أرقام مصححة من أسابيع سابقة: {corrected}")
    lines.append(f"الحزمة {pack.id}، الإصدار {week['version']}")
    return tuple(lines[: LINES_AT_MOST - 1])


def _reasons(blockers: list[str]) -> str:
    if not blockers:
        return "لا عوائق."
    more = len(blockers) - REASONS_SHOWN
    shown = " ".join(blockers[:REASONS_SHOWN])
    return f"{shown} (+{more})" if more > 0 else shown


def _number(one: dict[str, object]) -> str:
    name, unit = METRICS[str(one["definition_id"])].name_ar, str(one["unit"])
    moved = change(one["change"], unit, "ar")  # type: ignore[arg-type]
    value = told(one["value"], unit, "ar")  # type: ignore[arg-type]
    return f"{name}: {value}" + (f" ({moved})" if moved else "")


def _against_forecast(forecast: dict[str, object]) -> str:
    actual, frozen = forecast["actual_halalas"], forecast["forecast_at_start_halalas"]
    start = "لا توقع مجمد" if frozen is None else riyals(int(str(frozen)), "ar")
    came = told(actual if actual is None else int(str(actual)), "halalas", "ar")
    mark = " (غير متحقق)" if forecast["basis"] == "unverified" else ""
    return f"{forecast['period']}: الفعلي {came}{mark} مقابل التوقع {start}: {HEALTH[str(forecast['health'])][0]}"


def _accuracy(forecast: dict[str, object]) -> str:
    if forecast["accuracy"] is None:
        return f"دقة التوقع: بيانات غير كافية ({forecast['closed_periods']} فترة مغلقة)"
    return f"دقة التوقع: {share(str(forecast['accuracy']))}"
