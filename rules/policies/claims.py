"""
What we may say about ourselves: claims with evidence, claims with a condition, and what is never said.

Rule 1: a forbidden claim blocks, whoever wrote it; nothing approves its words.
Rule 2: a restricted claim needs its qualifier in the same text; an approved one accounts for its own words only
        as long as it is valid.
Rule 3: figures, percentages, competitors and superlatives that no claim accounts for are shown to a human.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

from rules.language.lexicon import Lexicon
from rules.language.patterns import Pattern
from rules.policies import figures
from rules.policies.claim_text import Range, Text, covers

STATUSES = ("approved", "restricted", "forbidden")
KINDS = (
    "forbidden", "restricted_without_qualifier", "expired_claim", "unbacked_percentage", "unbacked_figure",
    "competitor", "superlative",
)  # fmt: skip
"""Worst first. Only the first blocks."""

# The bot says the same few hundred sentences all day; a flood of others empties the memory.
TEXTS_REMEMBERED = 1_000

_SENTENCES = {
    "forbidden": (
        "«{words}» من العبارات الممنوعة: {claim_ar}. احذفها، واكتب ما نقوم به فعلًا.",
        "“{words}” must never be said: {claim_en}. Remove it, and write what we really do.",
    ),
    "restricted_without_qualifier": (
        "«{words}» لا تقال إلا مع شرطها: {qualifier_ar}",
        "“{words}” may only be said with its condition: {qualifier_en}",
    ),
    "expired_claim": (
        "«{words}»: انتهت صلاحية هذا الادعاء، ويحتاج مراجعة قبل استخدامه.",
        "“{words}”: this claim is no longer valid. Review it before you use it.",
    ),
    "unbacked_percentage": (
        "النسبة «{words}» لا يسندها ادعاء معتمد.",
        "The percentage “{words}” has no approved claim behind it.",
    ),
    "unbacked_figure": (
        "الرقم «{words}» لا يسنده ادعاء معتمد ولا قائمة الأسعار.",
        "The figure “{words}” has neither an approved claim nor the price list behind it.",
    ),
    "competitor": ("«{words}» اسم منافس.", "“{words}” names a competitor."),
    "superlative": ("«{words}» تفضيل بلا دليل.", "“{words}” is a superlative without evidence."),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that can be said about us."""

    id: str
    status: str
    text_ar: str
    text_en: str
    phrases: tuple[Pattern, ...]
    """How it is recognised."""
    exceptions: tuple[Pattern, ...] = ()
    """Longer phrases in which these words are no claim."""
    qualifier_ar: str = ""
    qualifier_en: str = ""
    qualifiers: tuple[Pattern, ...] = ()
    """One of these must stand in the same text."""
    evidence: tuple[str, ...] = ()
    owner: str = ""
    valid_until: date | None = None

    def places(self, text: Text) -> list[Range]:
        """Where a text says this."""
        excused = text.find(self.exceptions)
        return [place for place in text.find(self.phrases) if not covers(excused, place)]

    def is_valid(self, today: date) -> bool:
        """Whether it may still be said."""
        return self.valid_until is None or today <= self.valid_until


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a text that must not, or might not, be said."""

    kind: str
    """One of KINDS."""
    words: str
    """As written."""
    span: tuple[int, int]
    """Where they stand in the text."""
    claim: str
    """Id of the claim, empty when there is none."""
    ar: str
    en: str

    @property
    def blocks(self) -> bool:
        """Whether the text must not leave with it."""
        return self.kind == "forbidden"


@dataclass(frozen=True, slots=True)
class Claims:
    """The registry; an empty one flags figures only."""

    claims: tuple[Claim, ...] = ()
    competitors: tuple[Pattern, ...] = ()
    superlatives: tuple[Pattern, ...] = ()
    no_claim: tuple[Pattern, ...] = ()
    """Phrases whose figures claim nothing."""
    lexicon: Lexicon = field(default_factory=lambda: Lexicon(()), repr=False)
    _remembered: dict[tuple[str, str, date, frozenset[int]], tuple[Finding, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def findings(
        self, text: str, language: str, today: date, amounts: Collection[int] = ()
    ) -> tuple[Finding, ...]:
        """
        Everything in a text that a human must look at, in the order of the text.

        Args:
            language: `ar | en`, the language in which a missing qualifier is suggested in both sentences.
            amounts: what the price list says today, in halalas; such a figure is no claim.
        """
        asked = (text, language, today, frozenset(amounts))
        if asked not in self._remembered:
            if len(self._remembered) >= TEXTS_REMEMBERED:
                self._remembered.clear()
            self._remembered[asked] = self._look(text, language, today, amounts)
        return self._remembered[asked]

    def _look(self, text: str, language: str, today: date, amounts: Collection[int]) -> tuple[Finding, ...]:
        read = Text(text, self.lexicon)
        found = [*self._claimed(read, language, today)]
        accounted = [*self._backed(read, today), *read.find(self.no_claim)]
        reported = [place for _, place, _ in found]
        for place, is_percentage in figures.claimed(read, [*accounted, *reported], amounts):
            found.append(("unbacked_percentage" if is_percentage else "unbacked_figure", place, None))
        for kind, phrases in (("competitor", self.competitors), ("superlative", self.superlatives)):
            places = (place for place in read.find(phrases) if not covers([*accounted, *reported], place))
            found += [(kind, place, None) for place in places]
        found.sort(key=lambda one: (one[1], KINDS.index(one[0])))
        return tuple(_finding(read, kind, place, claim, language) for kind, place, claim in found)

    def _claimed(self, text: Text, language: str, today: date) -> Iterator[tuple[str, Range, Claim | None]]:
        for claim in self.claims:
            if claim.status == "forbidden":
                kind = "forbidden"
            elif not claim.is_valid(today):
                kind = "expired_claim"
            elif claim.status == "restricted" and not text.find(claim.qualifiers):
                kind = "restricted_without_qualifier"
            else:
                continue
            for place in claim.places(text):
                yield kind, place, claim

    def _backed(self, text: Text, today: date) -> Iterator[Range]:
        for claim in self.claims:
            is_bare = claim.status == "restricted" and not text.find(claim.qualifiers)
            if claim.status != "forbidden" and claim.is_valid(today) and not is_bare:
                yield from claim.places(text)


def _finding(text: Text, kind: str, place: Range, claim: Claim | None, language: str) -> Finding:
    words = text.said(place)
    wanted = ""
    if claim is not None:
        wanted = claim.qualifier_ar if language == "ar" else claim.qualifier_en
    values = {
        "words": words,
        "claim_ar": claim.text_ar if claim else "",
        "claim_en": claim.text_en if claim else "",
        "qualifier_ar": wanted,
        "qualifier_en": wanted,
    }
    arabic, english = (sentence.format(**values) for sentence in _SENTENCES[kind])
    return Finding(kind, words, text.span(place), claim.id if claim else "", arabic, english)
