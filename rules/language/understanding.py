"""
From a message to an `Understanding`: which pages hear something in it, and which of them governs.

Law 1: an opt-out is looked for in every message, at every stage, and nothing outranks a hard one.
Law 2: of several intents the one that stands first in `book/priorities.yml` governs; the others are reported.
Law 3: an outcome (paid, accepted, converted...) is never read out of a question, a condition or a future.
Law 4: what nothing understands is `default` with confidence 0; it never advances a deal.
Law 5: what a message only resembles comes last: a suspicion where no page is firm, a guess where all are silent.
Law 6: shadow pages hear in a second chapter, so that not even their words can move what the live ones hear.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rules.language import keyboard
from rules.language.hearing import FixedPhrases, Hearing
from rules.language.lexicon import Lexeme, Lexicon
from rules.language.listening import Hit, Listener, heard_by, is_like_enough, listener_of, opt_out_of, resembling
from rules.language.page import LIKENESSES, PageError, UnderstandingPage
from rules.language.patterns import Grammar, Pattern, PatternError
from rules.language.resemblance import Resemblance, shipped
from rules.language.short_answers import CONFIDENCE, ShortAnswers
from rules.language.summing_up import (
    GREETINGS,
    as_found,
    in_order,
    language_of,
    nothing_said,
    summed_up,
    without_fallbacks,
)
from rules.language.tokens import read
from rules.language.vocabulary import INTENTS, NEEDED_SETS, did_you_mean
from rules.layers import layer_of
from rules.verdict import IntentFound, Understanding

CERTAIN = 0.99
FIRM = 0.9
# Longer messages are not tried in the other keyboard layout: nobody types a sentence without looking up.
WORDS_TRIED_IN_OTHER_LAYOUT = 2
KINDS_WITH_TEXT = frozenset({"text", "button", "list", "caption", ""})
# Beside these a strong likeness is believed too; beside a wish to go on, to talk or to buy it is not.
UNWILLING = frozenset(
    {
        "not_interested", "complaint", "not_now", "needs_time", "declined", "rejected", "churned",
        "not_qualified", "question_other", "default", *GREETINGS,
    }
)  # fmt: skip
# A likeness is believed, and not only asked back, beside these and where nothing but suspicions was heard.
NEAR_TO_LEAVING = frozenset({"not_interested", "complaint", "opt_out_suspected", *GREETINGS})
# Fewer words are like too many things.
FEWEST_WORDS_BELIEVED = 4
# How many times likelier than what a page heard another meaning must be before that page is doubted: measured on
# 4,557 messages of readers whose words the pages had not seen.
FAR_FROM_A_PAGE = 55.0
FAR_FROM_A_FALLBACK = 1.6
# Below this the words do not sound like an opt-out, whatever intent they resemble.
LEAST_SUSPICION = 0.7
SAME_FOR_US = frozenset({"not_now", "needs_time"})
# Whoever is angry, wants a person, or says that money moved, is believed by whoever has to look at it.
NEVER_DOUBTED = frozenset({"complaint", "human_request", "erasure_request", "wrong_number", "paid"})
BUTTONS = {"opt_out_yes": ("unsubscribe", "yes"), "opt_out_no": ("default", "no")}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would have been heard, had the shadow pages been live."""

    heard: tuple[IntentFound, ...]
    """What the shadow pages heard; whether or not it would govern."""
    understanding: Understanding


class Understander:
    """A loaded understanding chapter. Make it with `load`; it never changes afterwards."""

    def __init__(
        self,
        pages: Sequence[Listener],
        lexicon: Lexicon,
        fixed: FixedPhrases,
        short_answers: ShortAnswers,
        ranks: Mapping[str, int],
        stop_buttons: Sequence[Pattern],
        resemblance: Resemblance | None,
    ) -> None:
        self._pages = pages
        self._resemblance = resemblance
        self._with_shadows: Understander | None = None
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
        Compile the live pages with their vocabulary, and the shadow pages beside them.

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
        pages = list(pages)
        live = [page for page in pages if page.status == "live"]
        loaded = cls._of(live, words, lexemes, short_answers, priorities)
        if any(page.status == "shadow" for page in pages):
            seen = [page for page in pages if page.status in ("live", "shadow")]
            loaded._with_shadows = cls._of(seen, words, lexemes, short_answers, priorities)
        return loaded

    @classmethod
    def _of(
        cls,
        pages: Sequence[UnderstandingPage],
        words: Mapping[str, Sequence[str]],
        lexemes: Mapping[str, Mapping[str, object]],
        short_answers: Mapping[str, object],
        priorities: Sequence[str],
    ) -> "Understander":
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
        compiled = [listener_of(page, grammar) for page in pages]
        ranks = {intent: rank for rank, intent in enumerate(priorities)}
        answers = ShortAnswers.compile(short_answers, grammar)
        tables = _tables_for(pages)
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
        language = language_of(hearing.reading, language_before)
        if button_id:
            pressed = self._pressed(button_id, hearing, stage, expects, language)
            if pressed is not None:
                return pressed
        if not hearing.keys and kind not in KINDS_WITH_TEXT:
            return nothing_said(hearing.reading, language, answer="other")
        hits, answer = self._heard_in(hearing, text, stage, expects, is_first_reply_to_outbound)
        plain = self._plain_answer(answer, hearing, hits, expects)
        return summed_up(hits, hearing, text, language, plain, self._ranks)

    def pages_that_fire(
        self, text: str, *, stage: str = "new_lead", expects: str = "", is_first_reply_to_outbound: bool = False
    ) -> tuple[str, ...]:
        """Ids of all pages that hear something in this message, whether or not they govern."""
        hits, _ = self._heard_in(self.hear(text), text, stage, expects, is_first_reply_to_outbound)
        return tuple(dict.fromkeys(hit.page.id for hit in hits if hit.page))

    def rehearse(
        self, text: str, *, stage: str = "new_lead", expects: str = "", is_first_reply_to_outbound: bool = False
    ) -> Rehearsal | None:
        """What the shadow pages hear; None, at no cost, when there is none or none hears anything."""
        if self._with_shadows is None:
            return None
        on_stage = self._with_shadows
        hearing = on_stage.hear(text)
        hits, answer = on_stage._heard_in(hearing, text, stage, expects, is_first_reply_to_outbound)
        shadows = [hit for hit in hits if hit.page is not None and hit.page.status == "shadow"]
        if not shadows:
            return None
        heard = tuple(as_found(hit, hearing, text) for hit in shadows)
        language = language_of(hearing.reading, "")
        plain = on_stage._plain_answer(answer, hearing, hits, expects)
        return Rehearsal(heard, summed_up(hits, hearing, text, language, plain, on_stage._ranks))

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

    def _heard_in(
        self, hearing: Hearing, text: str, stage: str, expects: str, is_first_reply: bool
    ) -> tuple[list[Hit], str]:
        """Everything that was heard, and which plain answer it is."""
        hits = self._hits(hearing, stage, expects, is_first_reply)
        answer, places = self._short_answers.answer_in(hearing)
        intent = self._short_answers.meaning(answer, stage, expects) if answer else ""
        if intent:
            hits.append(Hit(None, intent, CONFIDENCE, places, opt_out_of(intent, "")))
        return self._with_likenesses(
            hits or self._in_other_layout(hearing, text), hearing, stage, expects
        ), answer

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
            hit = heard_by(compiled, patterns, hearing, stage)
            if hit is not None:
                hits.append(hit)
        return hits

    def _with_likenesses(self, hits: list[Hit], hearing: Hearing, stage: str, expects: str) -> list[Hit]:
        """What the pages heard, without fallbacks that are not needed; then what it is like, where that helps."""
        heard = {place for hit in hits for place in hit.places} | hearing.courtesies
        if len(heard) < len(hearing.keys) or any(hit.intent not in GREETINGS for hit in hits):
            hits = [*hits, *self._suspicions(hits, hearing, stage, expects)]
        hits = without_fallbacks(hits, hearing)
        if all(hit.intent in GREETINGS for hit in hits):
            return [*hits, *self._guesses(hearing, stage, expects)] if len(heard) < len(hearing.keys) else hits
        return [*hits, *self._doubts(hits, hearing, stage, expects)]

    def _suspicions(self, hits: list[Hit], hearing: Hearing, stage: str, expects: str) -> list[Hit]:
        pages = self._by_likeness["opt_out"]
        if not pages or self._resemblance is None or not hearing.keys:
            return []
        like = self._resemblance.opt_out(hearing)
        firm = [hit for hit in hits if not (hit.page and hit.page.only_if_nothing_else)]
        is_unwilling = bool(firm) and all(hit.intent in UNWILLING for hit in firm)
        return [
            resembling(compiled, like, compiled.page.intent)
            for compiled in pages
            if is_like_enough(compiled, like, hearing, stage, expects)
            if compiled.page.only_if_nothing_else
            or (self._is_clear(firm, hearing, stage) if compiled.page.intent == "unsubscribe" else is_unwilling)
        ]

    def _is_clear(self, firm: list[Hit], hearing: Hearing, stage: str) -> bool:
        """Whether a strong likeness may be believed: enough words, nothing else wanted, and both tables agree."""
        return (
            self._resemblance is not None
            and len(hearing.keys) - len(hearing.courtesies) >= FEWEST_WORDS_BELIEVED
            and all(hit.intent in NEAR_TO_LEAVING for hit in firm)
            and self._resemblance.reads_like_an_opt_out(hearing, stage)
        )

    def _guesses(self, hearing: Hearing, stage: str, expects: str) -> list[Hit]:
        pages = self._by_likeness["an_intent"]
        if not pages or self._resemblance is None:
            return []
        like = self._resemblance.intent(hearing, stage)
        if like.name == "opt_out_suspected":
            return []
        return [resembling(compiled, like, like.name) for compiled in pages
                if like.name and is_like_enough(compiled, like, hearing, stage, expects)]  # fmt: skip

    def _doubts(self, hits: list[Hit], hearing: Hearing, stage: str, expects: str) -> list[Hit]:
        """The meaning that the words resemble far more than what the pages heard: a person then reads both."""
        pages = self._by_likeness["an_intent"]
        governs = in_order(hits, self._ranks)[0]
        if not pages or self._resemblance is None or governs.page is None or governs.page.silences_others:
            return []
        if governs.opt_out == "hard" or governs.page.resembles or governs.page.first_reply:
            return []
        if layer_of(governs.page.file):
            return []  # whoever wrote a page over the book is believed: the tables have never seen it
        if governs.intent == "default":
            return []
        knows_every_word = len(hearing.courtesies.union(governs.places)) >= len(hearing.keys)
        if knows_every_word and not governs.page.only_if_nothing_else:
            return []
        like = self._resemblance.intent(hearing, stage, governs.intent)
        far = FAR_FROM_A_FALLBACK if governs.page.only_if_nothing_else else FAR_FROM_A_PAGE
        if not like.name or like.degree < far * like.against or {like.name, governs.intent} <= SAME_FOR_US:
            return []
        if like.name == "opt_out_suspected":
            if self._resemblance.opt_out(hearing).degree < LEAST_SUSPICION:
                return []
        elif governs.intent in NEVER_DOUBTED or (governs.intent, like.name) == ("question_other", "default"):
            return []
        return [
            replace(resembling(compiled, like, like.name), overrules=True)
            for compiled in pages
            if is_like_enough(compiled, like, hearing, stage, expects)
        ]

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
            opt_out=opt_out_of(intent, ""),
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


def _set(
    grammar: Grammar, words: Mapping[str, Sequence[str]], name: str, *, whole: bool = False
) -> tuple[Pattern, ...]:
    try:
        return tuple(grammar.compile(f"<< {phrase} >>" if whole else phrase) for phrase in words[name])
    except PatternError as exc:
        raise PageError("words.yml", 1, f"{name}: {exc}") from exc


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
