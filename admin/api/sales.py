"""
The sales pack over HTTP: the one-pager, the marketer hub, and the registry of claims.

Rule: all three are made from the rules in force at the moment of the request; none of them can be written to.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from bot.sales.pack import ClaimView, Pack
from bot.sales.room import Sales
from bot.web.caller import Callers, caller_of

# Its own style and nothing else: an answer of the API runs no script and fetches nothing.
PAGE = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
}

READERS = ("admin", "approver", "rules_editor", "executive", "agent", "service", "dpo")

Language = Annotated[Literal["ar", "en"], Query(alias="lang")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClaimOut(_Body):
    id: str
    status: Literal["approved", "restricted", "forbidden"]
    text_ar: str
    text_en: str
    qualifier_ar: str
    qualifier_en: str
    evidence_ref: list[str]
    owner: str
    valid_until: date | None
    is_valid: bool


class Claims(_Body):
    claims: list[ClaimOut]
    total: int
    book_version: str
    as_of: datetime


class Said(_Body):
    """A claim as it may be said."""

    id: str
    status: Literal["approved", "restricted"]
    text: str
    qualifier: str
    sentence: str
    evidence_ref: list[str]
    owner: str
    valid_until: date | None


class PriceOut(_Body):
    id: str
    name: str
    amount_halalas: int
    currency: str
    sentence: str
    valid_from: date
    valid_until: date | None


class PricesOut(_Body):
    lines: list[PriceOut]
    sentence: str
    is_quote_after_discovery: bool


class WeightOut(_Body):
    name: str
    question: str
    points: int
    minimum: int | None


class IcpOut(_Body):
    minimum_monthly_leads: int
    minimum_monthly_budget_sar: int
    most_unknown_answers: int
    weights: list[WeightOut]


class AnswerOut(_Body):
    objection: str
    wording: str
    text: str
    pages: list[str]
    intents: list[str]
    stages: list[str]


class LeftOutOut(_Body):
    what: str
    why: str


class OnePager(_Body):
    language: Literal["ar", "en"]
    house: str
    opening: str
    claims: list[Said]
    prices: PricesOut
    minimum_monthly_leads: int
    minimum_monthly_budget_sar: int
    book_version: str
    as_of: datetime


class Hub(_Body):
    language: Literal["ar", "en"]
    house: str
    opening: str
    approved: list[Said]
    restricted: list[Said]
    prices: PricesOut
    icp: IcpOut
    answers: list[AnswerOut]
    left_out: list[LeftOutOut]
    book_version: str
    as_of: datetime


def router(sales: Sales, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/sales", tags=["sales"])

    Caller = caller_of(callers)

    @routes.get("/one-pager", response_model=OnePager)
    async def one_pager(
        caller: Caller,
        language: Language = "ar",
        form: Annotated[Literal["json", "html", "pdf"], Query(alias="format")] = "json",
    ) -> OnePager | Response:
        """One page for a lead: what we do, what we may say, what it costs, whom we fit."""
        caller.require(*READERS)
        if form == "html":
            return HTMLResponse(sales.one_pager(caller.tenant_id, language), headers=PAGE)
        if form == "pdf":
            content = await sales.printed(caller.tenant_id, language)
            name = {"content-disposition": f'inline; filename="one-pager-{language}.pdf"'}
            return Response(content, media_type="application/pdf", headers=name)
        return _one_pager(sales.pack(caller.tenant_id, language))

    @routes.get("/hub", response_model=Hub)
    async def hub(
        caller: Caller,
        language: Language = "ar",
        form: Annotated[Literal["json", "html"], Query(alias="format")] = "json",
    ) -> Hub | Response:
        """Everything a marketer works with."""
        caller.require(*READERS)
        if form == "html":
            return HTMLResponse(sales.hub(caller.tenant_id, language), headers=PAGE)
        return _hub(sales.pack(caller.tenant_id, language))

    @routes.get("/claims")
    async def claims(
        caller: Caller,
        status: Annotated[Literal["approved", "restricted", "forbidden"] | None, Query()] = None,
    ) -> Claims:
        """The registry as it stands, with what must never be said: for staff."""
        caller.require(*READERS)
        found = [c for c in sales.claims(caller.tenant_id, "en") if status in (None, c.status)]
        pack = sales.pack(caller.tenant_id, "en")
        return Claims(
            claims=[_claim(one) for one in found],
            total=len(found),
            book_version=pack.book_version,
            as_of=pack.as_of,
        )

    return routes


def _one_pager(pack: Pack) -> OnePager:
    return OnePager(
        language=pack.language,  # type: ignore[arg-type]
        house=pack.house,
        opening=pack.opening,
        claims=[_said(claim) for claim in pack.claims],
        prices=_prices(pack),
        minimum_monthly_leads=pack.icp.minimum_monthly_leads,
        minimum_monthly_budget_sar=pack.icp.minimum_monthly_budget_sar,
        book_version=pack.book_version,
        as_of=pack.as_of,
    )


def _hub(pack: Pack) -> Hub:
    return Hub(
        language=pack.language,  # type: ignore[arg-type]
        house=pack.house,
        opening=pack.opening,
        approved=[_said(claim) for claim in pack.approved],
        restricted=[_said(claim) for claim in pack.restricted],
        prices=_prices(pack),
        icp=IcpOut(
            minimum_monthly_leads=pack.icp.minimum_monthly_leads,
            minimum_monthly_budget_sar=pack.icp.minimum_monthly_budget_sar,
            most_unknown_answers=pack.icp.most_unknown_answers,
            weights=[
                WeightOut(name=w.name, question=w.question, points=w.points, minimum=w.minimum)
                for w in pack.icp.weights
            ],
        ),
        answers=[
            AnswerOut(
                objection=a.objection,
                wording=a.wording,
                text=a.text,
                pages=list(a.pages),
                intents=list(a.intents),
                stages=list(a.stages),
            )
            for a in pack.answers
        ],
        left_out=[LeftOutOut(what=one.what, why=one.why) for one in pack.left_out],
        book_version=pack.book_version,
        as_of=pack.as_of,
    )


def _prices(pack: Pack) -> PricesOut:
    return PricesOut(
        lines=[
            PriceOut(
                id=line.id,
                name=line.name,
                amount_halalas=line.amount_halalas,
                currency=line.currency,
                sentence=line.sentence,
                valid_from=line.valid_from,
                valid_until=line.valid_until,
            )
            for line in pack.prices.lines
        ],
        sentence=pack.prices.sentence,
        is_quote_after_discovery=pack.prices.is_quote_after_discovery,
    )


def _said(claim: ClaimView) -> Said:
    return Said(
        id=claim.id,
        status=claim.status,  # type: ignore[arg-type]
        text=claim.text,
        qualifier=claim.qualifier,
        sentence=claim.sentence,
        evidence_ref=list(claim.evidence),
        owner=claim.owner,
        valid_until=claim.valid_until,
    )


def _claim(claim: ClaimView) -> ClaimOut:
    return ClaimOut(
        id=claim.id,
        status=claim.status,  # type: ignore[arg-type]
        text_ar=claim.text_ar,
        text_en=claim.text_en,
        qualifier_ar=claim.qualifier_ar,
        qualifier_en=claim.qualifier_en,
        evidence_ref=list(claim.evidence),
        owner=claim.owner,
        valid_until=claim.valid_until,
        is_valid=claim.is_valid,
    )
