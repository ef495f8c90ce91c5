"""
The score of a lead: what it has answered, against the thresholds that the rules publish.

Rule 1: the thresholds decide whether somebody qualifies; the score orders those who do, and says why.
Rule 2: an answer that nobody gave earns nothing, and costs nothing either: the confidence says how much is known.
"""

from collections.abc import Mapping
from decimal import Decimal

from bot.outputs.models import LeadScoreCard, Part
from bot.outputs.provenance import Provenance
from flows.qualification import SLOTS, UNKNOWN, Thresholds, result

PRODUCER = "qualification_score/1"
CONFIDENCE = "share_of_known_answers/1"

# Budget decides most, then how many leads, then how soon; having somebody who sells, and a problem that can be
# named, count less. Together 100.
MOST: Mapping[str, int] = {
    "monthly_leads": 25,
    "follow_up_problem": 15,
    "has_sales_team": 10,
    "monthly_budget_sar": 30,
    "start_date": 20,
}
HOT, WARM = 80, 50
QUALIFY, NURTURE = 70, 40
HALALAS_IN_A_RIYAL = 100


def score_card(
    tenant_id: str,
    conversation_id: str,
    answers: Mapping[str, str],
    thresholds: Thresholds,
    made: Provenance,
) -> LeadScoreCard:
    """The card of one lead; `made` carries `confidence_of(answers)`."""
    parts = tuple(_part(slot.name, answers.get(slot.name), thresholds) for slot in SLOTS)
    score = sum(part.points for part in parts)
    budget = _number(answers.get("monthly_budget_sar"))
    return LeadScoreCard(
        tenant_id=tenant_id,
        conversation_id=conversation_id,
        score=score,
        tier="hot" if score >= HOT else "warm" if score >= WARM else "cold",
        recommendation="qualify" if score >= QUALIFY else "nurture" if score >= NURTURE else "disqualify",
        result=result(answers, thresholds),
        parts=parts,
        monthly_budget_halalas=None if budget is None else budget * HALALAS_IN_A_RIYAL,
        minimum_monthly_budget_halalas=thresholds.minimum_monthly_budget_sar * HALALAS_IN_A_RIYAL,
        minimum_monthly_leads=thresholds.minimum_monthly_leads,
        provenance=made,
    )


def confidence_of(answers: Mapping[str, str]) -> Decimal:
    """How many of the questions have a known answer, as a share."""
    known = sum(answers.get(slot.name, UNKNOWN) not in ("", UNKNOWN) for slot in SLOTS)
    return Decimal(known) / len(SLOTS)


def _part(name: str, value: str | None, thresholds: Thresholds) -> Part:
    most = MOST[name]
    if not value:
        return Part(answer=name, points=0, most=most, reason="not_asked")
    if value == UNKNOWN:
        return Part(answer=name, points=0, most=most, reason="unknown")
    wanted = {
        "monthly_leads": thresholds.minimum_monthly_leads,
        "monthly_budget_sar": thresholds.minimum_monthly_budget_sar,
    }.get(name)
    number = _number(value)
    if wanted is not None and number is not None:
        # Below the threshold an answer earns its share of half the points; at twice the threshold it earns all.
        if number < wanted:
            return Part(answer=name, points=most * number // (2 * wanted), most=most, reason="below_threshold")
        points = min(most, most // 2 + (most - most // 2) * (number - wanted) // max(1, wanted))
        return Part(answer=name, points=points, most=most, reason="meets_threshold")
    if value == "no":
        return Part(answer=name, points=0, most=most, reason="no")
    return Part(answer=name, points=most, most=most, reason="answered")


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None
