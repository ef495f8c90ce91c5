"""
The one dictionary of metrics: nobody else defines a number of one of these names.

Rule 1: a metric says its unit, its window and, in both languages, how it is computed from which records.
Rule 2: a number is shown as a `Block` of its metric; one that could not be computed is `no_data` or `error`, and
        its value is then null, never zero.
Rule 3: money is whole halalas, spans are whole seconds, a per cent has one decimal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType

Number = int | Decimal

_TENTH = Decimal("0.1")


class Unit(StrEnum):
    """What a number counts."""

    HALALAS = "halalas"
    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"


class Window(StrEnum):
    """Over what a number is counted."""

    NOW = "now"
    SPAN = "span"
    """The week or the period that was asked for, its first moment included and its last not."""


class BlockStatus(StrEnum):
    """Whether a number can be believed."""

    OK = "ok"
    NO_DATA = "no_data"
    """There is nothing to count, or nobody has stated what it needs."""
    STALE = "stale"
    """It was computed a while ago; `as_of` says when."""
    ERROR = "error"
    """Its source did not answer."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number and what it means."""

    id: str
    name_en: str
    name_ar: str
    unit: Unit
    window: Window
    definition_en: str
    definition_ar: str
    more_is_better: bool | None = None
    """None where neither more nor less is better by itself."""

    def name(self, language: str) -> str:
        return self.name_ar if language == "ar" else self.name_en

    def definition(self, language: str) -> str:
        return self.definition_ar if language == "ar" else self.definition_en


@dataclass(frozen=True, slots=True)
class Block:
    """One number of one metric, as of one moment."""

    value: Number | None
    unit: Unit
    window: str
    """`now`, or the first and the last day that are counted: `2026-11-15/2026-11-21`."""
    definition_id: str
    source_query_id: str
    """Which question to which records answered it, and its version: `timeline.payments/1`."""
    as_of: datetime
    status: BlockStatus


def percent(part: Number, whole: Number) -> Decimal | None:
    """A share in per cent with one decimal; None of nothing."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(_TENTH, ROUND_HALF_UP)


def block(metric_id: str, value: Number | None, window: str, source: str, as_of: datetime) -> Block:
    """A number that was computed; None is `no_data`. Raises KeyError for a metric that does not exist."""
    status = BlockStatus.NO_DATA if value is None else BlockStatus.OK
    return Block(value, METRICS[metric_id].unit, window, metric_id, source, as_of, status)


def failed(metric_id: str, window: str, source: str, as_of: datetime) -> Block:
    """A number whose source did not answer."""
    return Block(None, METRICS[metric_id].unit, window, metric_id, source, as_of, BlockStatus.ERROR)


H, C, P, S = Unit.HALALAS, Unit.COUNT, Unit.PERCENT, Unit.SECONDS
NOW, SPAN = Window.NOW, Window.SPAN

_ALL = (
    Metric(
        "revenue_actual", "Revenue", "الإيراد", H, SPAN,
        "The sum of verified payments in the window (the fact payment_verified with its amount), less verified "
        "refunds. A payment without an amount adds nothing.",
        "مجموع المدفوعات المتحقق منها في الفترة (واقعة payment_verified بمبلغها) مطروحًا منه المبالغ المستردة. "
        "الدفعة بلا مبلغ لا تضيف شيئًا.",
        True,
    ),
    Metric(
        "revenue_unverified", "Won, payment not verified", "صفقات رابحة لم يتحقق دفعها", H, SPAN,
        "The value of deals won in the window for which no payment with an amount was ever verified. It is an "
        "estimate and never part of the revenue.",
        "قيمة الصفقات الرابحة في الفترة التي لم يُتحقق من أي دفعة بمبلغ لها. تقدير ولا يدخل في الإيراد.",
    ),
    Metric(
        "revenue_forecast", "Forecast", "التوقع", H, SPAN,
        "Revenue of the period so far, plus for each open deal expected to close in it: what is still to be paid "
        "of its value, times the probability of its stage.",
        "إيراد الفترة حتى الآن، زائد لكل صفقة مفتوحة يُتوقع إغلاقها فيها: المتبقي من قيمتها مضروبًا في احتمال "
        "مرحلتها.",
    ),
    Metric(
        "revenue_forecast_at_start", "Forecast at the start", "التوقع عند بداية الفترة", H, SPAN,
        "The forecast that was frozen when the period began; it is never computed again.",
        "التوقع الذي جُمّد عند بداية الفترة ولا يُعاد حسابه.",
    ),
    Metric(
        "revenue_target", "Target", "المستهدف", H, SPAN,
        "What somebody has stated as the target of the period, with a date and an owner.",
        "المستهدف الذي حدده شخص مسؤول للفترة بتاريخ محدد.",
    ),
    Metric(
        "revenue_variance_percent", "Revenue against target", "الإيراد مقابل المستهدف", P, SPAN,
        "(revenue - target) / target. Without a target there is no number.",
        "(الإيراد - المستهدف) / المستهدف. بلا مستهدف لا يوجد رقم.",
        True,
    ),
    Metric(
        "revenue_likely_percent", "Likely revenue against target", "الإيراد المرجح مقابل المستهدف", P, SPAN,
        "(forecast - target) / target; of a period that is over, (revenue - target) / target. Without a target "
        "there is no number.",
        "(التوقع - المستهدف) / المستهدف؛ وبعد انتهاء الفترة (الإيراد - المستهدف) / المستهدف. بلا مستهدف لا يوجد "
        "رقم.",
        True,
    ),
    Metric(
        "forecast_variance_percent", "Revenue against forecast", "الإيراد مقابل التوقع", P, SPAN,
        "(revenue - forecast at the start) / forecast at the start.",
        "(الإيراد - التوقع عند البداية) / التوقع عند البداية.",
        True,
    ),
    Metric(
        "forecast_accuracy", "Forecast accuracy", "دقة التوقع", P, SPAN,
        "Over closed periods with a forecast frozen at their start, weighted by what came in: "
        "max(0, 1 - |actual - forecast| / max(actual, forecast)). Fewer than 2 such periods give no number.",
        "على الفترات المغلقة التي جُمّد توقعها عند بدايتها، مرجحة بالفعلي: "
        "max(0, 1 - |الفعلي - التوقع| / الأكبر منهما). أقل من فترتين لا يعطي رقمًا.",
        True,
    ),
    Metric(
        "pipeline_value", "Open pipeline", "قيمة الصفقات المفتوحة", H, NOW,
        "What is still to be paid of the value of deals that are neither won, lost nor opted out.",
        "المتبقي من قيمة الصفقات التي لم تُربح ولم تُخسر ولم يوقف صاحبها الرسائل.",
        True,
    ),
    Metric(
        "open_deals", "Open deals", "صفقات مفتوحة", C, NOW,
        "Deals with a value that are neither won, lost nor opted out.",
        "الصفقات ذات القيمة التي لم تُربح ولم تُخسر ولم يوقف صاحبها الرسائل.",
    ),
    Metric(
        "deals_won", "Deals won", "صفقات رابحة", C, SPAN,
        "Deals that reached closed_won in the window; each counts once.",
        "الصفقات التي بلغت closed_won في الفترة، وتُعد كل منها مرة واحدة.",
        True,
    ),
    Metric(
        "deals_lost", "Deals lost", "صفقات خاسرة", C, SPAN,
        "Deals whose last outcome in the window is closed_lost and that were not opened again in it.",
        "الصفقات التي كانت نتيجتها الأخيرة في الفترة closed_lost ولم يُعَد فتحها خلالها.",
        False,
    ),
    Metric(
        "win_rate", "Win rate", "نسبة الفوز", P, SPAN,
        "Won / (won + lost) of the window. Where nothing was decided there is no number.",
        "الرابحة / (الرابحة + الخاسرة) في الفترة. إن لم يُحسم شيء فلا رقم.",
        True,
    ),
    Metric(
        "opt_outs", "Opt-outs", "إيقاف الرسائل", C, SPAN,
        "Contacts who stopped our messages in the window; each counts once.",
        "جهات الاتصال التي أوقفت رسائلنا في الفترة، وتُعد كل منها مرة واحدة.",
        False,
    ),
    Metric(
        "messages_received", "Messages received", "رسائل واردة", C, SPAN,
        "Messages of contacts in the window.",
        "رسائل جهات الاتصال في الفترة.",
    ),
    Metric(
        "drafts_decided", "Drafts decided", "مسودات حُسمت", C, SPAN,
        "Drafts that a person approved or rejected in the window.",
        "المسودات التي وافق عليها أو رفضها إنسان في الفترة.",
    ),
    Metric(
        "sla_met", "Decided in time", "القرارات ضمن المهلة", P, SPAN,
        "Of drafts and requests that were decided or expired in the window, the share decided before they were "
        "overdue. What expired was not in time.",
        "من المسودات والطلبات التي حُسمت أو انتهت مهلتها في الفترة، نسبة ما حُسم قبل تجاوز المهلة. ما انتهت مهلته "
        "لم يكن ضمنها.",
        True,
    ),
    Metric(
        "response_seconds", "Response time", "زمن الرد", S, SPAN,
        "The median span from the receipt of a message to the first of our messages that answers it and that a "
        "provider accepted, for messages received in the window that were answered.",
        "الوسيط بين استلام الرسالة وأول رد منا قبله مزود الإرسال، للرسائل المستلمة في الفترة التي رُدّ عليها.",
        False,
    ),
    Metric(
        "workflows_completed", "Workflows completed", "مسارات عمل اكتملت", C, SPAN,
        "Durable workflow runs that reached their end in the window.",
        "مسارات العمل التي بلغت نهايتها في الفترة.",
    ),
    Metric(
        "approvals_pending", "Waiting for a decision", "تنتظر قرارًا", C, NOW,
        "Drafts and requests that wait for a person.",
        "المسودات والطلبات التي تنتظر إنسانًا.",
        False,
    ),
    Metric(
        "approvals_warning", "Soon due", "يقترب موعدها", C, NOW,
        "Those that have passed their first warning and are not overdue.",
        "ما تجاوز التنبيه الأول ولم يتأخر بعد.",
        False,
    ),
    Metric(
        "approvals_breach", "Overdue", "متأخرة", C, NOW,
        "Those that nobody decided before they were due.",
        "ما لم يحسمه أحد قبل موعده.",
        False,
    ),
    Metric(
        "connectors_healthy", "Connectors healthy", "موصلات سليمة", C, NOW,
        "Connectors whose last look found them working.",
        "الموصلات التي وُجدت عاملة في آخر فحص.",
        True,
    ),
    Metric(
        "connectors_degraded", "Connectors degraded", "موصلات متراجعة", C, NOW,
        "Connectors that work in part.",
        "الموصلات التي تعمل جزئيًا.",
        False,
    ),
    Metric(
        "connectors_error", "Connectors failing", "موصلات متعطلة", C, NOW,
        "Connectors that do not work.",
        "الموصلات التي لا تعمل.",
        False,
    ),
    Metric(
        "compliance_rate", "Compliance", "الامتثال", P, NOW,
        "Compliant controls / controls that apply, as the compliance matrix measures them.",
        "الضوابط الممتثلة / الضوابط المنطبقة كما تقيسها مصفوفة الامتثال.",
        True,
    ),
    Metric(
        "compliance_compliant", "Controls compliant", "ضوابط ممتثلة", C, NOW,
        "Controls that the last scan or a valid attestation found compliant.",
        "الضوابط التي وجدها آخر فحص أو إقرار سارٍ ممتثلة.",
        True,
    ),
    Metric(
        "compliance_partial", "Controls partial", "ضوابط جزئية", C, NOW,
        "Controls found partly compliant.",
        "الضوابط الممتثلة جزئيًا.",
        False,
    ),
    Metric(
        "compliance_non_compliant", "Controls non-compliant", "ضوابط غير ممتثلة", C, NOW,
        "Controls found non-compliant.",
        "الضوابط غير الممتثلة.",
        False,
    ),
    Metric(
        "contradictions_active", "Contradictions open", "تعارضات مفتوحة", C, NOW,
        "Findings in the register of contradictions that nobody has closed.",
        "ما في سجل التعارضات ولم يُغلق.",
        False,
    ),
    Metric(
        "contradictions_critical", "Contradictions critical", "تعارضات حرجة", C, NOW,
        "Those of them that are critical.",
        "الحرج منها.",
        False,
    ),
    Metric(
        "strategic_deals_active", "Partner deals open", "صفقات شراكة مفتوحة", C, NOW,
        "Partner verifications that go on or wait for a decision.",
        "عمليات التحقق من الشركاء الجارية أو المنتظرة قرارًا.",
    ),
    Metric(
        "strategic_deals_value", "Partner deals, upside", "العائد المتوقع من الشراكات", H, NOW,
        "The yearly upside that was stated for them; an estimate.",
        "العائد السنوي المصرح به لها، وهو تقدير.",
    ),
    Metric(
        "evidence_ready", "Evidence packs complete", "حزم إثبات مكتملة", C, NOW,
        "Packs in force that lack nothing.",
        "الحزم السارية التي لا ينقصها شيء.",
        True,
    ),
    Metric(
        "evidence_pending_review", "Evidence to review", "حزم تنتظر المراجعة", C, NOW,
        "Those of them that nobody has reviewed.",
        "ما لم يراجعه أحد منها.",
    ),
    Metric(
        "roi_cost", "Cost", "التكلفة", H, SPAN,
        "What somebody has stated for the period: plan, providers and models together. Where the plan is not "
        "stated there is no number.",
        "ما صُرّح به للفترة: الاشتراك والمزودون والنماذج معًا. إن لم يُصرح بالاشتراك فلا رقم.",
        False,
    ),
    Metric(
        "roi_return_percent", "Return on cost", "العائد على التكلفة", P, SPAN,
        "(verified revenue - cost) / cost of the period.",
        "(الإيراد المتحقق منه - التكلفة) / التكلفة للفترة.",
        True,
    ),
    Metric(
        "response_change_percent", "Response time against baseline", "زمن الرد مقابل خط الأساس", P, SPAN,
        "(response time - stated baseline) / baseline; less is faster. Without a baseline there is no number.",
        "(زمن الرد - خط الأساس المصرح به) / خط الأساس؛ الأقل أسرع. بلا خط أساس لا يوجد رقم.",
        False,
    ),
)  # fmt: skip

METRICS: Mapping[str, Metric] = MappingProxyType({metric.id: metric for metric in _ALL})
"""Every metric by its id."""
