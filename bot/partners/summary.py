"""Where a golden path stands and why, in two sentences for whoever has a minute. Pure."""

from bot.outputs.partner_models import EconomicsModel, PartnerDossier
from bot.partners.case import Case, CaseStatus
from bot.partners.economics import riyals

_STANDS = {
    CaseStatus.RUNNING: ("is being examined", "قيد الدراسة"),
    CaseStatus.WAITING_APPROVAL: ("waits for a decision", "بانتظار القرار"),
    CaseStatus.COMPLETED: ("was agreed to, and the partnership is active", "تمت الموافقة عليه وفُعّلت الشراكة"),
    CaseStatus.REJECTED: ("was rejected", "رُفض"),
    CaseStatus.EXPIRED: ("was not decided in time", "انتهت المهلة دون قرار بشأنه"),
    CaseStatus.CANCELLED: ("was taken back", "سُحب طلبه"),
    CaseStatus.FAILED: ("stopped and needs a person", "توقف ويحتاج إلى تدخل"),
}
RECOMMENDED = {
    "proceed": ("proceed", "المضي قدمًا"),
    "hold": ("hold", "التريث"),
    "reject": ("reject", "الرفض"),
}


def summary_of(
    case: Case, status: CaseStatus, dossier: PartnerDossier | None, economics: EconomicsModel | None
) -> tuple[str, str]:
    """(English, Arabic)"""
    en, ar = _STANDS[status]
    name = case.declared.partner_name
    said_en, said_ar = [f"{name} {en}."], [f"{case.declared.partner_name_ar or name}: {ar}."]
    if dossier is not None:
        word_en, word_ar = RECOMMENDED[dossier.recommendation]
        held = "cr_unverified" in dossier.because
        said_en.append(
            f"Score {dossier.score} of 100, recommendation: {word_en}"
            + (" (the commercial registration is not verified)." if held else ".")
        )
        said_ar.append(
            f"الدرجة {dossier.score} من 100، والتوصية: {word_ar}"
            + (" (السجل التجاري غير متحقق منه)." if held else ".")
        )
    if economics is not None:
        net = riyals(economics.net_halalas)
        months = economics.payback_months
        said_en.append(
            f"Net {net} SAR a year, "
            + ("no payback: there is no monthly upside." if months is None else f"payback in {months} months.")
        )
        said_ar.append(
            f"الصافي {net} ريال سنويًا، "
            + ("ولا استرداد لعدم وجود عائد شهري." if months is None else f"والاسترداد خلال {months} شهرًا.")
        )
    return " ".join(said_en), " ".join(said_ar)
