"""One golden path: where it stands, its score, what changes the outcome, who decided, and what proves it."""

from decimal import Decimal

from admin.console.draw import put
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.outputs.partner_models import EconomicsModel, PartnerDossier, Scenario
from bot.partners.case import CaseStatus
from bot.partners.economics import riyals
from bot.partners.room import Chain

CHIPS = {
    CaseStatus.RUNNING: "blue",
    CaseStatus.WAITING_APPROVAL: "gold",
    CaseStatus.COMPLETED: "good",
    CaseStatus.REJECTED: "bad",
    CaseStatus.EXPIRED: "bad",
    CaseStatus.CANCELLED: "",
    CaseStatus.FAILED: "bad",
}
_RECOMMENDED = {"proceed": "good", "hold": "gold", "reject": "bad"}


def draw(place: Place, chain: Chain) -> None:
    """Everything about one partner."""
    dossier = chain.dossier.output if chain.dossier else None
    model = chain.economics.output if chain.economics else None
    _head(place, chain)
    if isinstance(dossier, PartnerDossier):
        _dossier(place, dossier)
    if isinstance(model, EconomicsModel):
        _economics(place, model)


def _head(place: Place, chain: Chain) -> None:
    say, case = place.say, chain.case
    name = (case.declared.partner_name_ar if place.language == "ar" else "") or case.declared.partner_name
    with put("section", "sheet", data_opened=case.id, data_status=chain.status.value):
        with put("div", "sheet-head"):
            put("h2", text=name, dir="auto")
            put("span", f"chip-is {CHIPS[chain.status]}", say(f"status_{chain.status.value}"))
        put("p", text=chain.summary_ar if place.language == "ar" else chain.summary_en, dir="auto")
        if chain.run is not None:
            with put("ol", "run-steps", aria_label=say("steps")):
                for step in chain.run.steps:
                    with put("li", f"run-step {step.state}", data_step=step.name, data_state=step.state):
                        put("span", text=step.title_ar if place.language == "ar" else step.title_en)
                        put("span", "tiny", say(f"step_{step.state}"))
        if chain.status is CaseStatus.FAILED and chain.run is not None and chain.run.run.error is not None:
            error = chain.run.run.error
            with put("div", "reason", role="note", data_error=error.code):
                put("p", text=error.message_ar if place.language == "ar" else error.message_en, dir="auto")
        _facts(place, chain)
        with put("div", "actions"):
            if chain.approval is not None:
                href = place.address("approvals", approval=chain.approval.id)
                put("a", "btn small", say("to_approval"), href=href, data_to_approval=chain.approval.id)
            if chain.pack is not None:
                href = place.address("evidence", pack=chain.pack.id)
                put("a", "btn small", say("to_evidence"), href=href, data_to_evidence=chain.pack.id)
            put("a", "btn small quiet", say("to_trace"), href=place.address("trace", id=case.correlation_id))


def _facts(place: Place, chain: Chain) -> None:
    say, case = place.say, chain.case
    facts = [
        (say("fact_asked"), f"{place.name_of(case.requested_by.name)} · {day_and_clock(case.created_at)}"),
    ]
    if chain.approval is not None and chain.approval.decided_at is not None:
        who = place.name_of(chain.approval.decided_by.name) or say("nobody")
        facts.append((say("fact_decided"), f"{who} · {day_and_clock(chain.approval.decided_at)}"))
    elif chain.approval is not None and chain.approval.due_at is not None:
        facts.append((say("fact_due"), day_and_clock(chain.approval.due_at)))
    with put("dl", "facts"):
        for name, value in facts:
            put("dt", text=name)
            put("dd", text=value, dir="auto")


def _dossier(place: Place, dossier: PartnerDossier) -> None:
    say = place.say
    with put("section", "sheet", data_dossier=""):
        with put("div", "sheet-head"):
            put("h2", text=say("dossier"))
            look = _RECOMMENDED[dossier.recommendation]
            put(
                "span",
                f"chip-is {look}",
                say(f"recommend_{dossier.recommendation}"),
                data_recommendation=dossier.recommendation,
            )
        confidence = int((dossier.provenance.confidence or Decimal(0)) * 100)
        put("p", "partner-score", say("score", points=dossier.score, confidence=confidence), data_score="")
        if "cr_unverified" in dossier.because:
            put("p", "chip-is gold", say("cr_unverified"))
        with put("ul", "partner-parts"):
            for part in dossier.parts:
                with put("li", data_part=part.input):
                    put("span", text=say(f"input_{part.input}"))
                    with put("span", "run-meter", aria_hidden="true"):
                        put("span").style(f"--done:{100 * part.points // part.most}%")
                    worth = say("of_most", points=part.points, most=part.most)
                    put("span", "tiny", worth if part.declared is not None else say("not_declared"))
        put("p", "faint tiny", say("weights", version=dossier.weights_version))


def _economics(place: Place, model: EconomicsModel) -> None:
    say = place.say
    with put("section", "sheet", data_economics=""):
        with put("div", "sheet-head"):
            put("h2", text=say("economics"))
        widest = max((abs(row.net_halalas) for row in model.sensitivity), default=0)
        with put("ul", "partner-bars", aria_label=say("chart")):
            for row in model.sensitivity:
                _bar(place, row, widest)
        with put("div", "scroll-x"), put("table", "grid-table", data_sensitivity=""):
            put("caption", "faint tiny", say("table"))
            with put("thead"), put("tr"):
                put("th", text=say("scenario"), scope="col")
                for name in ("revenue", "cost", "net", "months", "roi"):
                    put("th", "n", say(f"column_{name}"), scope="col")
            with put("tbody"):
                for row in model.sensitivity:
                    _row(place, row)
        multiplier = model.break_even_multiplier
        told = say("no_break_even") if multiplier is None else say("break_even", x=f"{multiplier * 100:.0f}")
        put("p", "faint", told, data_break_even="" if multiplier is None else str(multiplier))


def _bar(place: Place, row: Scenario, widest: int) -> None:
    share = 100 * abs(row.net_halalas) // widest if widest else 0
    look = "loss" if row.net_halalas < 0 else "gain"
    with put("li", look, data_bar=row.name):
        put("span", text=place.say(f"scenario_{row.name}"))
        with put("span", "partner-bar", aria_hidden="true"):
            put("span").style(f"--share:{share}%")
        put("bdi", "n", riyals(row.net_halalas), dir="ltr")


def _row(place: Place, row: Scenario) -> None:
    say = place.say
    with put("tr", data_scenario=row.name):
        put("th", text=say(f"scenario_{row.name}"), scope="row")
        for amount in (row.revenue_halalas, row.cost_halalas, row.net_halalas):
            with put("td", "n"):
                put("bdi", text=riyals(amount), dir="ltr")
        put("td", "n", say("never") if row.payback_months is None else str(row.payback_months))
        with put("td", "n"):
            put("bdi", text=say("without_cost") if row.roi_pct is None else f"{row.roi_pct}%", dir="auto")
