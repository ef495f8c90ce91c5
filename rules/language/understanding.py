"""
From a message to an `Understanding`: which pages hear something in it, and which of them governs.

Law 1: an opt-out is looked for in every message, at every stage, and nothing outranks a hard one.
Law 2: of several intents the one that stands first in `book/priorities.yml` governs; the others are reported.
Law 3: an outcome (paid, accepted, converted...) is never read out of a question, a condition or a future.
Law 4: what nothing understands is `default` with confidence 0; it never advances a deal.
Law 5: what a message only resembles comes last: a suspicion where no page is firm, a guess where all are silent.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules.language import keyboard
from rules.language.hearing import FixedPhrases, Hearing, Match
from rules.language.lexicon import Lexeme, Lexicon
from rules.language.page import LIKENESSES, PageError, UnderstandingPage
from rules.language.patterns import Grammar, Pattern, PatternError
from rules.language.resemblance import Likeness, Resemblance, shipped
from rules.language.secrets import has_secret
from rules.language.short_answers import CONFIDENCE, PAGE, ShortAnswers
from rules.language.tokens import Reading, read
from rules.language.vocabulary import INTENTS, NEEDED_SETS, did_you_mean
from rules.verdict import IntentFound, Understanding

CERTAIN = 0.99
FIRM = 0.9
# Longer messages are not tried in the other keyboard layout: nobody types a sentence without looking up.
WORDS_TRIED_IN_OTHER_LAYOUT = 2
KINDS_WITH_TEXT = frozenset({"text", "button", "list", "caption", ""})
BUTTONS = {"opt_out_yes": ("unsubscribe", "yes"), "opt_out_no": ("default", "no")}
GREETINGS = frozenset({"greeting", "thanks"})


@dataclass(frozen=True, slots=True)
class Hit:
    """One page that heard something."""

    page: UnderstandingPage | None
    intent: str
    confidence: float
    places: tuple[int, ...]
    opt_out: str = ""


@dataclass(frozen=True, slots=True)
class _Compiled:
    page: UnderstandingPage
    says: tuple[tuple[Pattern, ...], ...]
    unless: tuple[Pattern, ...]
    unless_in_message: tuple[Pattern, ...]
    not_near: tuple[tuple[tuple[Pattern, ...], int], ...]


class Understander:
    """A loaded understanding chapter. Make it with `load`; it never changes afterwards."""

    def __init__(
        self,
        pages: Sequence[_Compiled],
        lexicon: Lexicon,
        fixed: FixedPhrases,
        short_answers: ShortAnswers,
        ranks: Mapping[str, int],
        stop_buttons: Sequence[Pattern],
        resemblance: Resemblance | None,
    ) -> None:
        self._pages = pages
        self._resemblance = resemblance
        self._by_likeness = {
            what: tuple(c for c in pages if c.page.resembles and c.page.resembles.what == what)
            for what in LIKENESSES
        }
        self._lexicon = lexicon
        self._fixed = fixed
        self._short_answers = short_answers
        self._ranks = ranks
        self._stop_buttons = stop_buttons
        self._index: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, compiled in enumerate(pages):
            for place, pattern in enumerate(compiled.says[0] if compiled.says else ()):
                for anchor in pattern.anchors:
                    self._index[anchor].append((number, place))

    @classmethod
    def load(
        cls,
        pages: Iterable[UnderstandingPage],
        words: Mapping[str, Sequence[str]],
        lexemes: Mapping[str, Mapping[str, object]],
        short_answers: Mapping[str, object],
        priorities: Sequence[str],
    ) -> "Understander":
        """
        Compile the live pages with their vocabulary.

        `words`, `lexemes`, `short_answers` and `priorities` are the parsed files of the same names.
        Raises PageError with the file, the line and what to write instead.
        """
        for name in NEEDED_SETS:
            if name not in words:
                raise PageError(
                    "words.yml", 1, f'the set "{name}" is missing; the language layer itself needs it'
                )
        for intent in priorities:
            if intent not in INTENTS:
                raise PageError("priorities.yml", 1, f'unknown intent "{intent}".{did_you_mean(intent, INTENTS)}')
        lexicon = Lexicon(Lexeme.from_mapping(name, entry) for name, entry in lexemes.items())
        grammar = Grammar(lexicon, words)
        fixed = FixedPhrases(
            idioms=_set(grammar, words, "idioms"),
            fillers=_set(grammar, words, "fillers"),
            question_openers=_set(grammar, words, "question_openers"),
        )
        for name in ("negators", "nominal_negators", "carries_negation", "conditions", "future_marks"):
            grammar.named_set(name, 1)
        stop_buttons = _set(grammar, words, "stop_buttons", whole=True)
        pages = list(pages)
        compiled = [_compile(page, grammar) for page in pages if page.status == "live"]
        ranks = {intent: rank for rank, intent in enumerate(priorities)}
        answers = ShortAnswers.compile(short_answers, grammar)
        tables = _tables_for(page for page in pages if page.status == "live")
        return cls(compiled, lexicon, fixed, answers, ranks, stop_buttons, tables)

    @property
    def pages(self) -> tuple[UnderstandingPage, ...]:
        """The live pages, in the order of their files."""
        return tuple(compiled.page for compiled in self._pages)

    def understand(
        self,
        text: str,
        *,
        stage: str = "new_lead",
        expects: str = "",
        button_id: str = "",
        kind: str = "text",
        is_first_reply_to_outbound: bool = False,
        language_before: str = "",
    ) -> Understanding:
        """Say what this message means here. Never raises, whatever the text."""
        hearing = self.hear(text)
        language = _language(hearing.reading, language_before)
        if button_id:
            pressed = self._pressed(button_id, hearing, stage, expects, language)
            if pressed is not None:
                return pressed
        if not hearing.keys and kind not in KINDS_WITH_TEXT:
            return _nothing_said(hearing.reading, language, answer="other")
        hits = self._hits(hearing, stage, expects, is_first_reply_to_outbound)
        answer, places = self._short_answers.answer_in(hearing)
        if answer:
            intent = self._short_answers.meaning(answer, stage, expects)
            if intent:
                hits.append(Hit(None, intent, CONFIDENCE, places, _opt_out_of(intent, "")))
        hits = self._with_likenesses(hits or self._in_other_layout(hearing, text), hearing, stage, expects)
        return self._summed_up(hits, hearing, text, language, self._plain_answer(answer, hearing, hits, expects))

    def pages_that_fire(
        self, text: str, *, stage: str = "new_lead", expects: str = "", is_first_reply_to_outbound: bool = False
    ) -> tuple[str, ...]:
        """Ids of all pages that hear something in this message, whether or not they govern."""
        hearing = self.hear(text)
        hits = self._hits(hearing, stage, expects, is_first_reply_to_outbound)
        hits = self._with_likenesses(hits, hearing, stage, expects)
        return tuple(dict.fromkeys(hit.page.id for hit in hits if hit.page))

    # Hearing

    def _unglue(self, word: str) -> int:
        """«لاترسلون» and «ماعندنا» are two words."""
        if len(word) < 5 or word[:2] not in ("لا", "ما") or self._lexicon.is_known(word, mistyped=False):
            return 0
        return 2 if self._lexicon.is_known(word[2:]) else 0

    def hear(self, text: str) -> Hearing:
        """Read a message with the vocabulary of this book."""
        reading = read(text, self._unglue)
        return Hearing(reading, self._lexicon, self._fixed, arabizi=reading.may_be_arabizi)

    def _hits(self, hearing: Hearing, stage: str, expects: str, is_first_reply: bool) -> list[Hit]:
        candidates: dict[int, set[int]] = defaultdict(set)
        for key in hearing.all_keys:
            for number, place in self._index.get(key, ()):
                candidates[number].add(place)
        hits = []
        for number in sorted(candidates):
            compiled = self._pages[number]
            page = compiled.page
            if page.stages and stage not in page.stages:
                continue
            if page.expects and expects not in page.expects:
                continue
            if page.first_reply and not is_first_reply:
                continue
            patterns = [compiled.says[0][place] for place in sorted(candidates[number])]
            hit = _heard_by(compiled, patterns, hearing, stage)
            if hit is not None:
                hits.append(hit)
        return hits

    def _with_likenesses(self, hits: list[Hit], hearing: Hearing, stage: str, expects: str) -> list[Hit]:
        """What the pages heard, without fallbacks that are not needed; then what it is like, if that is needed."""
        heard = {place for hit in hits for place in hit.places} | hearing.courtesies
        if len(heard) < len(hearing.keys) or any(hit.intent not in GREETINGS for hit in hits):
            hits = [*hits, *self._suspicions(hearing, stage, expects)]
        hits = _without_fallbacks(hits, hearing)
        if len(heard) < len(hearing.keys) and all(hit.intent in GREETINGS for hit in hits):
            hits = [*hits, *self._guesses(hearing, stage, expects)]
        return hits

    def _suspicions(self, hearing: Hearing, stage: str, expects: str) -> list[Hit]:
        pages = self._by_likeness["opt_out"]
        if not pages or self._resemblance is None or not hearing.keys:
            return []
        like = self._resemblance.opt_out(hearing)
        return [_resembling(compiled, like, "opt_out_suspected") for compiled in pages
                if _is_like_enough(compiled, like, hearing, stage, expects)]  # fmt: skip

    def _guesses(self, hearing: Hearing, stage: str, expects: str) -> list[Hit]:
        pages = self._by_likeness["an_intent"]
        if not pages or self._resemblance is None:
            return []
        like = self._resemblance.intent(hearing, stage)
        return [_resembling(compiled, like, like.name) for compiled in pages
                if like.name and _is_like_enough(compiled, like, hearing, stage, expects)]  # fmt: skip

    def _in_other_layout(self, hearing: Hearing, text: str) -> list[Hit]:
        if not 0 < len(hearing.keys) <= WORDS_TRIED_IN_OTHER_LAYOUT or len(text) > 40:
            return []
        other = self.hear(keyboard.flipped(text))
        if any(other.anywhere(pattern) for pattern in self._stop_buttons):
            everything = tuple(range(len(hearing.keys)))
            return [Hit(None, "unsubscribe", FIRM, everything, "hard")]
        return []

    # Buttons

    def _pressed(
        self, button_id: str, hearing: Hearing, stage: str, expects: str, language: str
    ) -> Understanding | None:
        title = self.hear(button_id.replace("_", " ").replace("-", " "))
        if button_id in BUTTONS:
            intent, answer = BUTTONS[button_id]
        elif button_id in ("yes", "no"):
            intent = self._short_answers.meaning(button_id, stage, expects) or "default"
            answer = button_id
        elif button_id in INTENTS:
            intent, answer = button_id, ""
        elif any(self._is_stop(heard) for heard in (title, hearing)):
            intent, answer = "unsubscribe", ""
        else:
            return None
        found = IntentFound(intent, CERTAIN, f"button:{button_id}")
        return Understanding(
            primary=found,
            intents=(found,),
            language=language,
            script=hearing.reading.script,
            numbers=hearing.reading.numbers,
            answer=answer,
            opt_out=_opt_out_of(intent, ""),
        )

    def _is_stop(self, heard: Hearing) -> bool:
        return any(heard.anywhere(pattern) for pattern in self._stop_buttons)

    # Summing up

    def _plain_answer(self, answer: str, hearing: Hearing, hits: list[Hit], expects: str) -> str:
        if answer:
            return {"okay": "yes", "cancel": "other"}.get(answer, answer)
        if not expects:
            return ""
        if expects == "number" and len(hearing.reading.numbers) == 1:
            return "number"
        opening = self._short_answers.opening_of(hearing)
        if opening:
            return {"okay": "yes"}.get(opening, opening)
        return "other" if any(hit.intent in ("qualified", "not_qualified") for hit in hits) else ""

    def _summed_up(
        self, hits: list[Hit], hearing: Hearing, text: str, language: str, answer: str
    ) -> Understanding:
        for hit in hits:
            if hit.page is not None and hit.page.silences_others:
                hits = [hit, *(other for other in hits if other.opt_out == "hard")]
                break
        hits.sort(
            key=lambda hit: (self._ranks.get(hit.intent, len(self._ranks)), -len(hit.places), -hit.confidence)
        )
        intents: dict[str, IntentFound] = {}
        for hit in hits:
            intents.setdefault(hit.intent, _as_found(hit, hearing, text))
        found = tuple(intents.values()) or (IntentFound("default", 0.0, ""),)
        opt_outs = {hit.opt_out for hit in hits}
        return Understanding(
            primary=found[0],
            intents=found,
            language=language,
            script=hearing.reading.script,
            numbers=hearing.reading.numbers,
            answer=answer,
            opt_out="hard" if "hard" in opt_outs else "suspected" if "suspected" in opt_outs else "",
            has_secret=has_secret(text, hearing.reading.folded.text),
        )


def _set(
    grammar: Grammar, words: Mapping[str, Sequence[str]], name: str, *, whole: bool = False
) -> tuple[Pattern, ...]:
    try:
        return tuple(grammar.compile(f"<< {phrase} >>" if whole else phrase) for phrase in words[name])
    except PatternError as exc:
        raise PageError("words.yml", 1, f"{name}: {exc}") from exc


def _compile(page: UnderstandingPage, grammar: Grammar) -> _Compiled:
    def compiled(phrases: Iterable[str]) -> tuple[Pattern, ...]:
        found = []
        for phrase in phrases:
            try:
                found.append(grammar.compile(phrase))
            except PatternError as exc:
                raise PageError(page.file, page.line, f'in the phrase "{phrase}", {exc}') from exc
        return tuple(found)

    return _Compiled(
        page=page,
        says=tuple(compiled(group) for group in page.says),
        unless=compiled(page.unless),
        unless_in_message=compiled(page.unless_in_message),
        not_near=tuple((compiled(near.phrases), near.within) for near in page.not_near),
    )


def _heard_by(compiled: _Compiled, candidates: list[Pattern], hearing: Hearing, stage: str) -> Hit | None:
    """The longest match of the page that no guard of it forbids."""
    page = compiled.page
    if page.at_most_words and len(hearing.keys) > page.at_most_words:
        return None
    best: Hit | None = None
    for pattern in candidates:
        for match in hearing.find_all(pattern):
            if best is None or len(match.places) > len(best.places):
                intent = _meaning(compiled, match, hearing, stage)
                if intent:
                    best = Hit(page, intent, page.confidence, match.places, _opt_out_of(intent, page.opt_out))
    if best is None or not all(any(map(hearing.anywhere, group)) for group in compiled.says[1:]):
        return None
    if any(map(hearing.anywhere, compiled.unless_in_message)):
        return None
    return best


def _meaning(compiled: _Compiled, match: Match, hearing: Hearing, stage: str) -> str:
    """The intent of one match; empty when a guard forbids it."""
    page = compiled.page
    if "question" in page.never_if and hearing.asks(match.clause):
        return ""
    if "condition" in page.never_if and hearing.is_conditional(match.clause):
        return ""
    if "future" in page.never_if and hearing.is_future(match):
        return ""
    if any(hearing.in_clause(pattern, match.clause) for pattern in compiled.unless):
        return ""
    for patterns, within in compiled.not_near:
        if any(hearing.is_near(pattern, match, within) for pattern in patterns):
            return ""
    intent = dict(page.instead_at).get(stage, page.intent)
    if page.if_negated != "same" and hearing.is_negated(match):
        return page.if_negated
    return intent


def _tables_for(pages: Iterable[UnderstandingPage]) -> Resemblance | None:
    """The tables that the pages name; none is read for a book that does not ask for them."""
    tables = None
    for page in pages:
        if page.resembles is None:
            continue
        tables = shipped()
        if page.resembles.table != tables.name:
            what = (
                f'there is no table "{page.resembles.table}". The one that ships is "{tables.name}"; test with it'
            )
            raise PageError(page.file, page.line, what)
    return tables


def _is_like_enough(compiled: _Compiled, like: Likeness, hearing: Hearing, stage: str, expects: str) -> bool:
    page = compiled.page
    if page.resembles is None or like.degree < page.resembles.at_least:
        return False
    if (page.stages and stage not in page.stages) or (page.expects and expects not in page.expects):
        return False
    if page.at_most_words and len(hearing.keys) > page.at_most_words:
        return False
    if "question" in page.never_if and any(map(hearing.asks, range(len(hearing.reading.clauses)))):
        return False
    return not any(map(hearing.anywhere, (*compiled.unless, *compiled.unless_in_message)))


def _resembling(compiled: _Compiled, like: Likeness, intent: str) -> Hit:
    page = compiled.page
    return Hit(page, intent, page.confidence, like.places, _opt_out_of(intent, page.opt_out))


def _opt_out_of(intent: str, said: str) -> str:
    return said or {"unsubscribe": "hard", "opt_out_suspected": "suspected"}.get(intent, "")


def _without_fallbacks(hits: list[Hit], hearing: Hearing) -> list[Hit]:
    """Pages marked `only_if_nothing_else` speak only when the others are silent, greetings aside."""
    firm = [hit for hit in hits if hit.page is None or not hit.page.only_if_nothing_else]
    if len(firm) == len(hits):
        return hits
    only_courteous = bool(firm) and len(hearing.courtesies) == len(hearing.keys)
    return firm if only_courteous or any(hit.intent not in GREETINGS for hit in firm) else hits


def _as_found(hit: Hit, hearing: Hearing, text: str) -> IntentFound:
    tokens = [hearing.reading.tokens[place] for place in hit.places]
    return IntentFound(
        name=hit.intent,
        confidence=hit.confidence,
        page=hit.page.id if hit.page else PAGE,
        spans=tuple((token.start, token.end) for token in tokens),
        words=tuple(text[token.start : token.end] for token in tokens),
    )


def _language(reading: Reading, before: str) -> str:
    if reading.script == "none" or (reading.script == "mixed" and before):
        return before or reading.language
    return reading.language


def _nothing_said(reading: Reading, language: str, answer: str) -> Understanding:
    nothing = IntentFound("default", 0.0, "")
    return Understanding(
        primary=nothing, intents=(nothing,), language=language, script=reading.script, answer=answer
    )
