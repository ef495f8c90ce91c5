"""A day of a pilot in words, for paper and pages. What was not measured says so; a nought is a nought."""

from dataclasses import dataclass

from bot.outputs.offer_models import DailyPilotReport
from bot.proposals.paper import Row, Sheet, Table


@dataclass(frozen=True, slots=True)
class _Line:
    field: str
    ar: str
    en: str


_TALK = (
    _Line("messages_received", "رسائل وصلت من العميل", "Messages from the customer"),
    _Line("messages_sent", "رسائل سلّمناها للمزوّد", "Messages a provider took from us"),
    _Line("messages_failed", "رسائل لم تخرج", "Messages that did not leave"),
    _Line("answered", "مرات كتب فيها العميل وأُجيب", "Times the customer wrote and was answered"),
    _Line("median_response_seconds", "وسيط زمن الرد", "Median time to answer"),
    _Line("longest_response_seconds", "أطول زمن رد", "Longest time to answer"),
    _Line("human_decisions", "قرارات اتخذها إنسان", "Decisions by people"),
)
_MEETINGS = (
    _Line("bookings", "مواعيد حُجزت", "Appointments booked"),
    _Line("meetings_held", "اجتماعات عُقدت", "Meetings held"),
    _Line("no_shows", "غياب عن موعد", "No-shows"),
    _Line("cancellations", "مواعيد أُلغيت", "Appointments cancelled"),
)


def sheet_of(report: DailyPilotReport, house: str, customer: str, language: str) -> Sheet:
    """What is printed."""
    is_arabic = language == "ar"
    day = report.day.isoformat()
    title = "التقرير اليومي للتجربة" if is_arabic else "Daily report of the pilot"
    facts = (
        ("العميل" if is_arabic else "Customer", customer or "-"),
        ("اليوم" if is_arabic else "Day", day),
        ("يوم التجربة" if is_arabic else "Day of the pilot", str(report.pilot_day)),
        ("بدأت في" if is_arabic else "Began on", report.pilot_began_on.isoformat()),
    )
    columns = ("البند", "العدد") if is_arabic else ("What", "How much")
    tables = (
        Table("المحادثة" if is_arabic else "The conversation", columns, _rows(report, _TALK, language)),
        Table("المواعيد" if is_arabic else "Appointments", columns, _rows(report, _MEETINGS, language)),
    )
    return Sheet(
        language=language,
        house=house,
        title=title,
        subtitle=day,
        facts=facts,
        tables=tables,
        paragraphs=tuple(_sentences(report, language)),
        footer=f"{report.provenance.generated_by} · {report.conversation_id}",
        made_at=report.provenance.generated_at,
    )


def _rows(report: DailyPilotReport, lines: tuple[_Line, ...], language: str) -> tuple[Row, ...]:
    return tuple(
        Row((line.ar if language == "ar" else line.en, _value(getattr(report, line.field), line.field, language)))
        for line in lines
    )


def _value(value: int | None, field: str, language: str) -> str:
    if value is None:
        return "لا بيانات" if language == "ar" else "no data"
    return _span(value, language) if field.endswith("_seconds") else f"{value:,}"


def _span(seconds: int, language: str) -> str:
    minutes, rest = divmod(seconds, 60)
    if language == "ar":
        return f"{minutes} د {rest} ث" if minutes else f"{rest} ث"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _sentences(report: DailyPilotReport, language: str) -> list[str]:
    is_arabic = language == "ar"
    told = []
    if report.waits_for_an_answer:
        told.append(
            "آخر ما كتبه العميل في هذا اليوم بقي بلا رد عند نهايته."
            if is_arabic
            else "The customer's last words of the day had no answer when it ended."
        )
    if report.onboarding_items is None:
        told.append("لم تُفتح قائمة الخطوات الأولى بعد." if is_arabic else "The first steps are not opened yet.")
    else:
        done, total = report.onboarding_done, report.onboarding_items
        told.append(
            f"الخطوات الأولى: {done} من {total}." if is_arabic else f"First steps: {done} of {total} done."
        )
    told.append(
        "يُحسب اليوم من منتصف الليل إلى منتصف الليل بتوقيت الرياض، من سجل المحادثة نفسه."
        if is_arabic
        else "A day lasts from midnight to midnight in Riyadh; every number is counted from what happened."
    )
    return told
