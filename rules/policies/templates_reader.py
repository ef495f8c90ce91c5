"""
Reads `policies/templates.yml` and its layers.

Rule 1: a body is numbered {{1}}, {{2}} without a gap, each number once filled; Meta refuses anything else.
Rule 2: what a template says about us is held to the registry of claims when the file is read; only the claims
        that the template names account for its figures.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from rules.notes import Notes
from rules.policies.claims import Claims
from rules.policies.fields import Fields
from rules.policies.prices import Prices
from rules.policies.templates import (
    BLANK,
    CATEGORIES,
    FACTS,
    LANGUAGES,
    MOST_IN_BODY,
    MOST_IN_FOOTER,
    MOST_IN_VALUE,
    USES,
    Brakes,
    Fill,
    Template,
    Templates,
    tidy,
)
from rules.sheet import Sheet

KEYS = ("brakes", "templates")
BRAKE_KEYS = ("after_messages", "bad_percent")
TEMPLATE_KEYS = (
    "title", "title_ar", "category", "used_for", "body", "footer", "fills", "claims", "codes",
)  # fmt: skip
FILL_KEYS = ("fact", "otherwise_ar", "otherwise_en")

# A name at Meta may not be longer.
MOST_IN_NAME = 512

_CODE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_FLAGGED = ("unbacked_percentage", "unbacked_figure", "restricted_without_qualifier", "forbidden")

# A file is read without a clock; whether a claim is still valid is asked when a message is made.
_ANY_DAY = date(2000, 1, 1)


def read_templates(sheets: list[Sheet], notes: dict[str, Notes], claims: Claims, prices: Prices) -> Templates:
    """Read the list; a layer replaces a template by its name, and may only brake sooner."""
    found: dict[str, Template] = {}
    brakes = Brakes()
    amounts = {price.amount_halalas for price in prices}
    for sheet in sheets:
        top = Fields(notes[sheet.file], sheet.content, 1, KEYS, "the file templates.yml")
        brakes = _brakes(top, brakes)
        for name, entry in top.entries("templates", TEMPLATE_KEYS, "the template"):
            if len(name) > MOST_IN_NAME:
                entry.notes.problem(
                    entry.line, f"a name at Meta has at most {MOST_IN_NAME} characters. Shorten it."
                )
            found[name] = _template(name, entry, claims, amounts)
    return Templates(tuple(found.values()), brakes)


def _brakes(top: Fields, before: Brakes) -> Brakes:
    if "brakes" not in top:
        return before
    entry = top.inner("brakes", BRAKE_KEYS)
    return replace(
        before,
        after_messages=entry.whole("after_messages", before.after_messages, 1, before.after_messages),
        bad_percent=entry.whole("bad_percent", before.bad_percent, 1, before.bad_percent),
    )


def _template(name: str, entry: Fields, claims: Claims, amounts: Collection[int]) -> Template:
    entry.need("title", "title_ar", "category", "body")
    bodies = _by_language(entry, "body", MOST_IN_BODY)
    footers = _by_language(entry, "footer", MOST_IN_FOOTER)
    fills = tuple(_fill(item, tuple(bodies)) for item in entry.listed("fills", FILL_KEYS, "a fill"))
    category = entry.word("category", CATEGORIES)
    uses = entry.words("used_for", USES)
    if category == "authentication" and uses:
        entry.problem("used_for", "a code to sign in is nobody's campaign and no follow-up. Leave used_for out.")
    template = Template(
        name,
        entry.text("title"),
        entry.text("title_ar"),
        category,
        uses,
        bodies,
        footers,
        fills,
        entry.words("claims", tuple(claim.id for claim in claims.claims if claim.status != "forbidden")),
        _codes(entry, tuple(bodies)),
    )
    for language in bodies:
        _check_numbers(template, language, entry)
        _check_claims(template, language, entry, claims, amounts)
    return template


def _by_language(entry: Fields, key: str, most: int) -> Mapping[str, str]:
    """The words of each language, with their line breaks."""
    if key not in entry:
        return MappingProxyType({})
    inner = entry.inner(key, LANGUAGES)
    found = {}
    for language in LANGUAGES:
        if language not in inner:
            continue
        inner.text(language)
        said = str(inner.map[language]).strip()
        if len(said) > most:
            inner.problem(language, f"Meta takes at most {most} characters here, not {len(said)}. Shorten it.")
        found[language] = said
    if not found:
        entry.problem(key, f'"{key}" says nothing in ar or en. Write the words that Meta has approved.')
    return MappingProxyType(found)


def _fill(entry: Fields, languages: tuple[str, ...]) -> Fill:
    entry.need("fact")
    otherwise = {}
    for language in LANGUAGES:
        key = f"otherwise_{language}"
        if key not in entry:
            continue
        said = entry.text(key)
        if tidy(said) != said:
            entry.problem(key, f"a filled value is one line of at most {MOST_IN_VALUE} characters. Shorten it.")
        otherwise[language] = said
    missing = [language for language in languages if otherwise and language not in otherwise]
    if missing:
        entry.notes.problem(
            entry.line, f"otherwise is written for every language of the body or for none; {missing[0]} lacks it."
        )
    return Fill(entry.word("fact", FACTS), MappingProxyType(otherwise))


def _codes(entry: Fields, languages: tuple[str, ...]) -> Mapping[str, str]:
    if "codes" not in entry:
        return MappingProxyType({})
    inner = entry.inner("codes", languages or LANGUAGES)
    found = {language: inner.text(language) for language in languages if language in inner}
    for language, code in found.items():
        if not _CODE.fullmatch(code):
            inner.problem(language, f'"{code}" is no code of Meta. Write it as en_US or ar.')
    return MappingProxyType(found)


def _check_numbers(template: Template, language: str, entry: Fields) -> None:
    body = template.bodies[language]
    numbers = sorted({int(found) for found in BLANK.findall(body)})
    if numbers != list(range(1, len(template.fills) + 1)):
        entry.problem(
            "body",
            f"the {language} body has the numbers {numbers} and {len(template.fills)} fills. "
            "Number the blanks from 1 without a gap, and write one fill for each.",
        )
    bare = BLANK.sub("", body)
    if "{{" in bare or "}}" in bare or BLANK.search(template.footers.get(language, "")):
        entry.problem("body", "a blank is written {{1}}, and only in the body. Mend it.")
    if BLANK.match(body) or re.search(r"\}\}$", body):
        entry.problem("body", f"Meta refuses a {language} body that begins or ends with a blank. Add a word.")


def _check_claims(
    template: Template, language: str, entry: Fields, claims: Claims, amounts: Collection[int]
) -> None:
    """Only what the template names accounts for what it says; what is forbidden stays so."""
    named = [claim for claim in claims.claims if claim.id in template.claims or claim.status == "forbidden"]
    registry = replace(claims, claims=tuple(named), _remembered={})
    # A blank is not a figure; what fills it is looked at when a message is made.
    text = BLANK.sub("…", template.pattern(language))
    for finding in registry.findings(text, language, _ANY_DAY, amounts):
        if finding.kind == "forbidden":
            entry.problem("body", f'"{finding.words}" must never be said ({finding.claim}). Remove it.')
        elif finding.kind in _FLAGGED:
            entry.problem(
                "body", f'"{finding.words}" claims something that no claim accounts for. Name it in claims.'
            )
