"""
The sales pack: everything a seller may say today, gathered from the rules in force. Pure.

Rule 1: nothing is written here. A claim, a price, an answer or a threshold that changes in the rules changes in
        the pack with the next look, so that the two cannot differ.
Rule 2: only what may be said is in it: approved claims with their evidence, restricted ones only together with
        their condition, both only while they are valid. A text with words that the registry forbids is left
        out, and is named by its id only.
Rule 3: the price list is the only source of a price, and only public prices stand on it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.outputs.scoring import MOST
from bot.playbook import Playbook, riyadh_day
from bot.prices import priced
from bot.risks import FORBIDDEN, risks_of
from bot.tenant import Tenant
from flows import qualification
from flows.wording import Wordings
from rules.pages import Page
from rules.policies.claims import Claim

WHAT_WE_DO = "details_then_meeting"
"""The wording by which the book says what we do."""

# What leads object to -> the names that pages use for it: what they hear, and what they take it for.
OBJECTIONS: Mapping[str, tuple[str, ...]] = {
    "price": ("too_expensive_early",),
    "existing_system": ("has_another_system",),
    "not_ready": ("not_now",),
    "must_ask": ("needs_time",),
    "machines": ("does_not_trust_machines",),
}
_MEANING = frozenset({"intent", "heard", "also_intent", "also_heard"})


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One entry of the registry, in one language."""

    id: str
    status: str
    """`approved | restricted | forbidden`"""
    text: str
    text_ar: str
    text_en: str
    qualifier: str
    qualifier_ar: str
    qualifier_en: str
    evidence: tuple[str, ...]
    owner: str
    valid_until: date | None
    is_valid: bool

    @property
    def sentence(self) -> str:
        """As it may be said: with its condition where it has one."""
        return f"{self.text.rstrip('.')}. {self.qualifier}" if self.qualifier else self.text


@dataclass(frozen=True, slots=True)
class PriceView:
    """One line of the price list."""

    id: str
    name: str
    amount_halalas: int
    currency: str
    sentence: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Prices:
    """What things cost, or that this is said after a talk."""

    lines: tuple[PriceView, ...]
    sentence: str
    """What the bot says when it is asked; empty when it offers a quote after discovery."""

    @property
    def is_quote_after_discovery(self) -> bool:
        return not self.sentence


@dataclass(frozen=True, slots=True)
class Weight:
    """One question of the qualification, and how much its answer counts."""

    name: str
    question: str
    points: int
    minimum: int | None
    """Below this a lead does not fit; None where no number is asked."""


@dataclass(frozen=True, slots=True)
class Icp:
    """Whom we are for, as the rules judge it now."""

    minimum_monthly_leads: int
    minimum_monthly_budget_sar: int
    most_unknown_answers: int
    weights: tuple[Weight, ...]
    """Together 100 points."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to an objection, and which pages say it."""

    objection: str
    """One of OBJECTIONS."""
    wording: str
    text: str
    pages: tuple[str, ...]
    intents: tuple[str, ...]
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not in the pack, and why."""

    what: str
    """`claim:<id>`, `wording:<key>`, `price:<id>`"""
    why: str
    """`expired | forbidden_words | no_condition | no_evidence`"""


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything, in one language."""

    language: str
    house: str
    opening: str
    """What we do, as the bot says it."""
    claims: tuple[ClaimView, ...]
    """Approved ones first; all of them may be said."""
    prices: Prices
    icp: Icp
    answers: tuple[Answer, ...]
    left_out: tuple[LeftOut, ...]
    book_version: str
    as_of: datetime

    @property
    def day(self) -> date:
        """Of the prices and claims in it: a day in Riyadh."""
        return riyadh_day(self.as_of)

    @property
    def approved(self) -> tuple[ClaimView, ...]:
        return tuple(claim for claim in self.claims if claim.status == "approved")

    @property
    def restricted(self) -> tuple[ClaimView, ...]:
        return tuple(claim for claim in self.claims if claim.status == "restricted")


def registry(playbook: Playbook, language: str, at: datetime) -> tuple[ClaimView, ...]:
    """Every claim of the registry as it stands, forbidden ones too: for staff, never for a lead."""
    policies = playbook.book.policies
    return tuple(_view(claim, language, policies.day(at)) for claim in policies.claims.claims)


def pack_of(tenant: Tenant, playbook: Playbook, language: str, at: datetime) -> Pack:
    """What may be said today in a language."""
    gathering = _Gathering(priced(tenant, playbook.book.policies, at), playbook, language, at)
    return gathering.pack()


class _Gathering:
    """One look at the rules in force."""

    def __init__(self, tenant: Tenant, playbook: Playbook, language: str, at: datetime) -> None:
        self._tenant = tenant
        self._playbook = playbook
        self._language = language
        self._at = at
        self._today = playbook.book.policies.day(at)
        self._left_out: list[LeftOut] = []

    def pack(self) -> Pack:
        """All of it; what is left out is known at the end."""
        opening, claims, prices = self._opening(), tuple(self._claims()), self._prices()
        answers = tuple(self._answers())
        return Pack(
            language=self._language,
            house=self._tenant.name,
            opening=opening,
            claims=claims,
            prices=prices,
            icp=self._icp(),
            answers=answers,
            left_out=tuple(dict.fromkeys(self._left_out)),
            book_version=self._playbook.version,
            as_of=self._at,
        )

    def _opening(self) -> str:
        """What the bot says of us, without the question it ends with."""
        text = _text(self._playbook.wordings, WHAT_WE_DO, self._language)
        said = " ".join(line for line in text.splitlines() if not line.rstrip().endswith(("?", "؟")))
        return said if self._may_be_said(f"wording:{WHAT_WE_DO}", said) else ""

    def _claims(self) -> Iterator[ClaimView]:
        claims = [c for c in self._playbook.book.policies.claims.claims if c.status != "forbidden"]
        for claim in sorted(claims, key=lambda c: c.status != "approved"):
            seen = _view(claim, self._language, self._today)
            what = f"claim:{claim.id}"
            if not seen.is_valid:
                self._leave(what, "expired")
            elif claim.status == "approved" and not claim.evidence:
                self._leave(what, "no_evidence")
            elif claim.status == "restricted" and not seen.qualifier:
                self._leave(what, "no_condition")
            elif self._may_be_said(what, seen.sentence):
                yield seen

    def _prices(self) -> Prices:
        lines = [
            PriceView(
                id=price.id,
                name=price.name_ar if self._language == "ar" else price.name_en,
                amount_halalas=price.amount_halalas,
                currency=price.currency,
                sentence=price.sentence(self._language),
                valid_from=price.valid_from,
                valid_until=price.valid_until,
            )
            for price in self._playbook.book.policies.prices.public(self._today)
            if self._may_be_said(f"price:{price.id}", price.sentence(self._language))
        ]
        said = self._tenant.public_price.get(self._language, "") if self._tenant.has_public_price else ""
        return Prices(tuple(lines), said if self._may_be_said("price:public", said, ours=True) else "")

    def _icp(self) -> Icp:
        limits = self._playbook.thresholds
        minimum = {
            "monthly_leads": limits.minimum_monthly_leads,
            "monthly_budget_sar": limits.minimum_monthly_budget_sar,
        }
        steps = len(qualification.SLOTS)
        weights = tuple(
            Weight(
                name=slot.name,
                question=self._playbook.wordings.render(
                    slot.wording, self._language, step=step, steps=steps
                ).text,
                points=MOST[slot.name],
                minimum=minimum.get(slot.name),
            )
            for step, slot in enumerate(qualification.SLOTS, 1)
        )
        return Icp(
            limits.minimum_monthly_leads,
            limits.minimum_monthly_budget_sar,
            limits.most_unknown_answers,
            weights,
        )

    def _answers(self) -> Iterator[Answer]:
        pages = [page for page in self._playbook.book.pages if not page.is_shadow and page.then.say]
        for objection, names in OBJECTIONS.items():
            answering: dict[str, list[Page]] = {}
            for page in pages:
                if names_in(page).intersection(names):
                    answering.setdefault(page.then.say, []).append(page)
            for key, saying in answering.items():
                text = _text(self._playbook.wordings, key, self._language)
                if text and self._may_be_said(f"wording:{key}", text):
                    yield Answer(
                        objection=objection,
                        wording=key,
                        text=text,
                        pages=tuple(page.id for page in saying),
                        intents=_unique(name for page in saying for name in sorted(names_in(page))),
                        stages=_unique(name for page in saying for name in _words_of(page, {"stage"})),
                    )

    def _may_be_said(self, what: str, text: str, *, ours: bool = False) -> bool:
        """Whether the registry finds no forbidden words; the tenant's own name and price stand for themselves."""
        if not text:
            return False
        found = risks_of(text, self._language, self._tenant, self._playbook.book.policies, self._at)
        if FORBIDDEN in found and not ours:
            self._leave(what, "forbidden_words")
            return False
        return True

    def _leave(self, what: str, why: str) -> None:
        self._left_out.append(LeftOut(what, why))


def names_in(page: Page) -> frozenset[str]:
    """The intents and the pages of understanding that a page asks for."""
    return frozenset(_words_of(page, _MEANING))


def _words_of(page: Page, facts: Iterable[str]) -> Iterator[str]:
    for alternative in page.alternatives:
        for condition in alternative:
            if condition.fact in facts and condition.test == "is":
                yield from condition.words


def _view(claim: Claim, language: str, today: date) -> ClaimView:
    is_arabic = language == "ar"
    return ClaimView(
        id=claim.id,
        status=claim.status,
        text=claim.text_ar if is_arabic else claim.text_en,
        text_ar=claim.text_ar,
        text_en=claim.text_en,
        qualifier=claim.qualifier_ar if is_arabic else claim.qualifier_en,
        qualifier_ar=claim.qualifier_ar,
        qualifier_en=claim.qualifier_en,
        evidence=claim.evidence,
        owner=claim.owner,
        valid_until=claim.valid_until,
        is_valid=claim.is_valid(today),
    )


def _text(wordings: Wordings, key: str, language: str) -> str:
    """A sentence with no blank left in it; empty where it has one, for then only a talk can complete it."""
    if key not in wordings.keys or wordings.blanks(key):
        return ""
    return wordings.text(key, language).strip()


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
