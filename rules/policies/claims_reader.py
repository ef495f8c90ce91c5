"""
Reads `policies/claims.yml` and its layers.

Rule 1: an approved claim names its evidence, a restricted one its qualifier, and every claim that can stop a text
        has an example that it catches; examples are tried when the file is read.
Rule 2: a layer adds claims and names; it never replaces, approves or excepts what the book forbids.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from rules.language.lexicon import Lexeme, Lexicon
from rules.language.patterns import Grammar, Pattern, PatternError
from rules.layers import layer_of
from rules.notes import Notes
from rules.policies.claim_text import Text
from rules.policies.claims import STATUSES, Claim, Claims
from rules.policies.fields import Fields
from rules.sheet import Sheet, items, line_of, plain

KEYS = ("words", "lexemes", "claims", "competitors", "superlatives", "no_claim")
CLAIM_KEYS = (
    "status", "text_ar", "text_en", "why", "said_as", "except", "qualifier", "evidence", "owner", "valid_until",
    "caught", "not_caught",
)  # fmt: skip
QUALIFIER_KEYS = ("ar", "en", "said_as")
LEXEME_KEYS = ("verb", "noun", "exact", "not")


def read_claims(sheets: list[Sheet], notes: dict[str, Notes]) -> Claims:
    """Read the registry; a layer adds to it, and replaces claims that are not forbidden."""
    if not sheets:
        return Claims()
    tops = [Fields(notes[sheet.file], sheet.content, 1, KEYS, "the file claims.yml") for sheet in sheets]
    reader = _Reader(_grammar(tops))
    for top in tops:
        reader.read(top)
    reader.try_examples()
    return reader.claims()


class _Reader:
    """Compiles the phrases of all layers against one vocabulary."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.found: dict[str, tuple[Claim, Fields]] = {}
        self.lists: dict[str, list[Pattern]] = {"competitors": [], "superlatives": [], "no_claim": []}

    def read(self, top: Fields) -> None:
        """Take over one layer."""
        is_layer = bool(layer_of(top.notes.file))
        if is_layer and "no_claim" in top:
            top.problem(
                "no_claim", "only the book says which figures claim nothing. Write an approved claim instead."
            )
        for key, phrases in self.lists.items():
            phrases += self._phrases(top, key)
        for name, entry in top.entries("claims", CLAIM_KEYS, "the claim"):
            known = self.found.get(name)
            if known and known[0].status == "forbidden":
                entry.notes.problem(
                    entry.line, f'the book forbids "{name}", and a layer cannot change that. Use another id.'
                )
                continue
            self.found[name] = (self._claim(name, entry), entry)

    def claims(self) -> Claims:
        """Everything that was read."""
        return Claims(
            tuple(claim for claim, _ in self.found.values()),
            tuple(self.lists["competitors"]),
            tuple(self.lists["superlatives"]),
            tuple(self.lists["no_claim"]),
            self.grammar.lexicon,
        )

    def try_examples(self) -> None:
        """Note every example that a claim does not treat as its page says."""
        for claim, entry in self.found.values():
            for example, line in entry.texts("caught"):
                if not claim.places(Text(example, self.grammar.lexicon)):
                    entry.notes.problem(line, f'"{claim.id}" does not catch this. Mend said_as, or the example.')
            for example, line in entry.texts("not_caught"):
                places = claim.places(text := Text(example, self.grammar.lexicon))
                if places:
                    words = text.said(places[0])
                    entry.notes.problem(
                        line, f'"{claim.id}" catches "{words}" here. Narrow said_as, or add an except.'
                    )

    def _claim(self, name: str, entry: Fields) -> Claim:
        entry.need("status", "text_ar", "text_en", "said_as", "owner")
        status = entry.word("status", STATUSES)
        evidence = tuple(text for text, _ in entry.texts("evidence"))
        if status == "approved" and not evidence:
            entry.problem("status", "an approved claim names its evidence: a test or a data set. Add evidence.")
        if status == "restricted" and "qualifier" not in entry:
            entry.problem("status", "a restricted claim has a qualifier that must stand beside it. Add one.")
        if status in ("restricted", "forbidden") and "caught" not in entry:
            entry.problem("status", "a claim that stops a text has an example that it catches. Add caught.")
        qualifier = entry.inner("qualifier", QUALIFIER_KEYS)
        if "qualifier" in entry:
            qualifier.need(*QUALIFIER_KEYS)
        return Claim(
            id=name,
            status=status,
            text_ar=entry.text("text_ar"),
            text_en=entry.text("text_en"),
            phrases=self._phrases(entry, "said_as"),
            exceptions=self._phrases(entry, "except"),
            qualifier_ar=qualifier.text("ar"),
            qualifier_en=qualifier.text("en"),
            qualifiers=self._phrases(qualifier, "said_as"),
            evidence=evidence,
            owner=entry.text("owner"),
            valid_until=self._valid_until(entry),
        )

    @staticmethod
    def _valid_until(entry: Fields) -> date | None:
        return entry.day("valid_until")

    def _phrases(self, entry: Fields, key: str) -> tuple[Pattern, ...]:
        compiled = []
        for phrase, line in entry.texts(key):
            try:
                compiled.append(self.grammar.compile(phrase))
            except PatternError as failed:
                entry.notes.problem(line, f'"{phrase}": {failed}.')
        return tuple(compiled)


def _grammar(tops: list[Fields]) -> Grammar:
    """The words and lexemes of all layers; a layer adds some, and changes none."""
    words: dict[str, list[str]] = {}
    lexemes: dict[str, Mapping[str, Any]] = {}
    for top in tops:
        for name, listed, line in _named(top, "words"):
            if name in words:
                top.notes.problem(line, f'the set "{name}" is there already. Use another name.')
            words[name] = [str(item) for item, _ in items(listed)]
        for name, entry, line in _named(top, "lexemes"):
            if name in lexemes:
                top.notes.problem(line, f'the lexeme "{name}" is there already. Use another name.')
            lexemes[name] = plain(Fields(top.notes, entry, line, LEXEME_KEYS, f'the lexeme "{name}"').map)
    return Grammar(Lexicon(Lexeme.from_mapping(name, entry) for name, entry in lexemes.items()), words)


def _named(top: Fields, key: str) -> list[tuple[str, Any, int]]:
    holder = top.map.get(key, {})
    if not isinstance(holder, Mapping):
        top.problem(key, f'"{key}" must be a map from a name to its words. Write one.')
        return []
    return [(name, inner, line_of(holder, name)) for name, inner in holder.items()]
