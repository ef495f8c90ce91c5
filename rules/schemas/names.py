"""
The words that a file of a book may use, each with what it means in Arabic and in English.

Rule 1: sentences, reasons and the names of stages and intents come from the wordings; without them, from the
        vocabulary alone.
"""

from collections.abc import Collection, Iterable, Mapping

from rules import facts, vocabulary
from rules.checks.lifecycle import WordingFacts
from rules.schemas import words
from rules.schemas.shapes import TEXT, Schema, one_of


class Names:
    """The words of a vocabulary with their descriptions; sentences and reasons come from the wordings."""

    def __init__(self, wordings: Mapping[str, WordingFacts], heard: Collection[str]) -> None:
        self._wordings = wordings
        self.heard: Schema = {"enum": list(heard)} if heard else dict(TEXT)
        self.says = self._keys("", vocabulary.SAYS)
        self.holds = self._keys("hold.", vocabulary.HOLDS)
        self.silences = self._keys("silence.", vocabulary.SILENCES)

    def _keys(self, prefix: str, known: Collection[str]) -> Schema:
        """Every wording of a kind; the vocabulary's where no wordings are at hand."""
        found = [key.removeprefix(prefix) for key in self._wordings if key.startswith(prefix)]
        chosen = [key for key in found if "." not in key] or known
        return one_of(chosen, self.named(prefix, chosen))

    def named(self, prefix: str, known: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Words with their names, as the wordings say them."""
        found = ((word, self._wordings.get(f"{prefix}{word}")) for word in known)
        return {word: (wording.ar, wording.en) for word, wording in found if wording is not None}

    def stages(self, *more: str) -> Schema:
        return one_of((*more, *vocabulary.STAGES), words.TABLES | self.named("stage.", vocabulary.STAGES))

    def intents(self, *more: str) -> Schema:
        english = {intent: (intent, meaning) for intent, meaning in vocabulary.INTENTS.items()}
        return one_of((*more, *vocabulary.INTENTS), english | self._intents())

    def _intents(self) -> dict[str, tuple[str, str]]:
        names = self.named("intent.", vocabulary.INTENTS)
        return {intent: (ar, vocabulary.INTENTS[intent]) for intent, (ar, _) in names.items()}

    def word(self, fact: str) -> Schema:
        """One word that a fact can be."""
        if fact in facts.PAGES:
            return self.heard
        if fact == "stage":
            return self.stages()
        if fact in ("intent", "also_intent"):
            return self.intents()
        return one_of(facts.WORDS[fact], _MEANINGS[fact])


_MEANINGS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "expects": words.EXPECTS,
    "answer": words.ANSWERS,
    "kind": words.KINDS,
    "button": words.BUTTONS,
    "script": words.SCRIPTS,
    "language": words.LANGUAGES,
    "opt_out": words.OPT_OUTS,
}
