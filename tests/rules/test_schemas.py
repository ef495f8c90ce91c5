"""What a reader takes, a schema takes; what a schema can know to be wrong, it refuses."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from jsonschema import Draft202012Validator

import flows.deal as deal
from bot.tenant import Autonomy
from bot.workbench import chat_page
from bot.workbench.chat_reader import read_chats
from flows import wording as sentences
from rules import facts, vocabulary
from rules.book import DEFAULT_PATH, Book
from rules.checks import Lifecycle, WordingFacts
from rules.layers import Layer
from rules.problems import BookError
from rules.schemas import GLOBS, editor_settings, schemas
from rules.schemas import words as described
from rules.sheet import read
from tests.rules.checks.conftest import SmallBook
from tests.rules.engine.random_books import accepted, books
from tests.rules.engine.random_rules import looking_at

LIFECYCLE = Lifecycle.of(deal.STAGES, deal.TABLE, deal.ALLOWED_EVENTS, final=deal.FINAL_STAGES)

PAGE = """\
id: asks_price
title: Somebody asks the price
status: live
owner: sales
why: People ask.
when:
  - stage: [new_lead, nurturing]
  - any: [{intent: ask_price}, {also_intent: ask_price, answer: {is_not: no}}]
  - slots_missing: {above: 0}
  - has_public_price: false
  - text_longer_than: 3
then:
  go: start_qualifying
  say: price_on_request
  act: [sync_crm, log_activity]
tests:
  - name: fires
    given: {stage: new_lead, intent: ask_price, confidence: 0.9, slots_filled: 1, is_late: false}
    expect: {stage: qualifying, held: false, say: price_on_request}
  - name: is silent
    given: {stage: new_lead, says: "هلا"}
    expect: nothing
"""

HEARD = """\
id: thanks_us
title: Thanks
status: live
owner: sales
why: Manners.
when:
  - says: ["شكرا", "(thanks|thx)"]
  - unless: ["لا شكرا"]
  - not_near: {words: ["بس"], within: clause}
  - stage: [new_lead]
  - expects: ["", yes_no]
  - never_if: [question]
  - at_most_words: 9
then:
  understand: thanks
  confidence: 0.9
  instead_at: {qualified: interested}
  if_negated: same
  opt_out: suspected
tests:
  - name: hears
    given: {says: "شكرا", stage: new_lead}
    expect: {intent: thanks}
  - name: silent
    given: {says: "هلا"}
    expect: nothing
"""

CHAT = """\
id: price_then_stop
title: A price, then a stop
why: Because.
start: {stage: qualifying, slots: {monthly_leads: 80}, language: ar, asked: start_date, has_public_price: true}
chat:
  - says: "كم السعر"
    minutes_later: 3
    expect: {intent: ask_price, stage: qualifying, held: false, hold: nothing, slots: {monthly_leads: 80}}
  - kind: voice
  - event: booking_confirmed
    by: system
    expect: {stage: meeting_booked}
  - approves: yes
  - writes: "أهلا"
  - waits: 30
  - says: "وقفوا الرسايل"
    expect: {flag: [opt_out], say: opt_out_confirmation, proposes: nothing}
"""


@pytest.fixture(scope="module")
def book() -> Book:
    return Book.load(backend="reference")


@pytest.fixture(scope="module")
def made(book):
    wordings = sentences.Wordings.load()
    known = {
        key: WordingFacts(
            key,
            wordings.text(key, "ar"),
            wordings.text(key, "en"),
            wordings.blanks(key),
            wordings.expects(key),
            wordings.buttons(key),
        )
        for key in wordings.keys
    }
    also = {
        "hold": chat_page.GATE_HOLDS,
        "silence": chat_page.OTHER_SILENCES,
        "autonomy": [autonomy.value for autonomy in Autonomy],
    }
    return schemas(known, LIFECYCLE, heard=book.language_pages, also=also)


@pytest.fixture
def flaws(made):
    """Return what a schema says about a text."""

    def told(schema: str, text: str) -> list[str]:
        content = read(text, "a.yml").plain()
        return [
            error.message for error in Draft202012Validator(made[f"{schema}.schema.json"]).iter_errors(content)
        ]

    return told


def files_of(pattern: str) -> list[Path]:
    return sorted(DEFAULT_PATH.glob(pattern)) or sorted(sentences.DEFAULT_PATH.parent.glob(pattern))


def test_every_schema_is_one(made):
    assert set(made) == set(GLOBS)
    for name, schema in made.items():
        Draft202012Validator.check_schema(schema)
        assert schema["description"].isascii() is False and "\n\n" in schema["description"], name
        assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize(("name", "pattern"), GLOBS.items())
def test_every_file_that_we_ship_is_taken(flaws, name, pattern):
    files = files_of(pattern)

    assert files
    for path in files:
        assert flaws(name.removesuffix(".schema.json"), path.read_text(encoding="utf-8")) == [], path.name


def test_every_file_of_the_book_has_one_schema_or_is_data_of_the_policies():
    covered = [path for pattern in GLOBS.values() for path in DEFAULT_PATH.glob(pattern)]

    assert len(covered) == len(set(covered))
    rest = {path.relative_to(DEFAULT_PATH).parts[0] for path in DEFAULT_PATH.rglob("*.yml")} - {
        path.relative_to(DEFAULT_PATH).parts[0] for path in covered
    }
    assert rest <= {"policies", "qualification.yml"}


def test_the_pages_of_these_tests_are_good(flaws, small_book):
    assert flaws("routing", PAGE) == []
    assert flaws("understanding", HEARD) == []
    assert flaws("chat", CHAT) == []
    assert small_book(PAGE) is None
    assert small_book(HEARD, "understanding/thanks_us.yml") is None
    assert read_chats({"chats/price_then_stop.yml": CHAT})[1] == ()


@pytest.fixture
def small_book(tmp_path):
    """Put a page into a small book; return what keeps it from loading, None when it loads."""

    def load(page: str, file: str = "routing/asks_price.yml") -> str | None:
        small = SmallBook(tmp_path / "book")
        small.hears("thanks_us", "شكرا", means="thanks")
        small.text(file, page)
        try:
            small.load(backend="reference")
        except BookError as failed:
            return str(failed)
        return None

    return load


BROKEN_PAGES = [
    ("status: live", "status: alive"),
    ("title: Somebody asks the price", "title: ''"),
    ("owner: sales\n", ""),
    ("owner: sales", "owner: 7"),
    ("owner: sales\n", "owner: sales\nprio: 7\n"),
    ("why: People ask.\n", "why: People ask.\nuntil: someday\n"),
    ("stage: [new_lead, nurturing]", "stage: [new_lead, nurtring]"),
    ("stage: [new_lead, nurturing]", "stage: [new_lead, new_lead]"),
    ("stage: [new_lead, nurturing]", "stage: []"),
    ("  - stage: [new_lead, nurturing]\n", "  - stage: new_lead\n    intent: greeting\n"),
    (
        "- any: [{intent: ask_price}, {also_intent: ask_price, answer: {is_not: no}}]",
        "- any: [{intent: ask_price}]",
    ),
    ("{intent: ask_price}, ", "{any: []}, "),
    ("{is_not: no}", "{isnt: no}"),
    ("{is_not: no}", "{is_not: nope}"),
    ("slots_missing: {above: 0}", "slots_missing: 0"),
    ("slots_missing: {above: 0}", "slots_missing: {over: 0}"),
    ("slots_missing: {above: 0}", "slots_missing: {above: some}"),
    ("has_public_price: false", "has_public_price: no"),
    ("text_longer_than: 3", "text_longer_than: -3"),
    ("text_longer_than: 3", "heard: nobody_of_this_name"),
    ("text_longer_than: 3", "intnt: ask_price"),
    ("go: start_qualifying", "go: deal_accepted"),
    ("say: price_on_request\n  act", "say: price_on_reqest\n  act"),
    ("say: price_on_request\n  act", "silence: acknowledged\n  say: clarify\n  act"),
    ("say: price_on_request\n  act", "propose: interest_lost\n  act"),
    ("act: [sync_crm, log_activity]", "act: [sync_crmm]"),
    ("act: [sync_crm, log_activity]", "flag: opt_outt"),
    ("act: [sync_crm, log_activity]", "hold: because"),
    ("act: [sync_crm, log_activity]", "send: now"),
    ("expect: nothing", "expect: {held: true}"),
    ("expect: {stage: qualifying, held: false, say: price_on_request}", "expect: nothing"),
    ("expect: {stage: qualifying,", "expect: {stages: qualifying,"),
    ("given: {stage: new_lead, says", "given: {stage: newlead, says"),
    ("confidence: 0.9, slots_filled: 1", "confidence: high, slots_filled: 1"),
    ("is_late: false", "is_late: 0"),
    ("  - name: fires\n", "  - nam: fires\n"),
]


@pytest.mark.parametrize(("old", "new"), BROKEN_PAGES)
def test_a_broken_page_is_refused_by_the_schema_and_by_the_reader(flaws, small_book, old, new):
    assert old in PAGE
    broken = PAGE.replace(old, new, 1)

    assert flaws("routing", broken)
    assert small_book(broken) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("why: People ask.\n", "why: People ask.\nuntil: 2027-03-09\n"),
        ("why: People ask.\n", "why: People ask.\nuntil: 20270309\n"),
        ("why: People ask.\n", "why: People ask.\nknown_gaps: [Arabizi]\n"),
        ("stage: [new_lead, nurturing]", "stage: new_lead"),
        ("text_longer_than: 3", "answer: ''"),
        ("text_longer_than: 3", "confidence: {above: 0.2, below: 0.9}"),
        ("text_longer_than: 3", "heard: [thanks_us]"),
        ("say: price_on_request\n  act", "say: price_on_request\n  hold: negotiation\n  act"),
        ("say: price_on_request\n  act", "silence: acknowledged\n  act"),
        ("  go: start_qualifying\n", "  hold: confirm_outcome\n  propose: interest_lost\n"),
        ("  - name: fires", "  - name: 80"),
        ("say: price_on_request}", "say: a_typo}"),
        ("status: live", "status: draft"),
    ],
)
def test_what_loads_is_taken(flaws, small_book, old, new):
    assert old in PAGE
    page = PAGE.replace(old, new, 1)

    assert small_book(page) is None
    assert flaws("routing", page) == []


@looking_at(40)
@given(books())
def test_every_random_page_that_loads_is_taken(files):
    """
    Pages of all chapters over the whole vocabulary, as chance writes them.
    """
    loaded, left = accepted(files, lambda texts: Book.of([Layer("", texts)], backend="reference"))
    assume(loaded is not None)
    made = schemas({}, LIFECYCLE)
    for file, page in left.items():
        chapter = file.partition("/")[0].removesuffix(".yml")
        flaws = [e.message for e in Draft202012Validator(made[f"{chapter}.schema.json"]).iter_errors(page)]
        assert flaws == [], (file, page)


@pytest.mark.parametrize(
    ("chapter", "then", "is_fine"),
    [
        ("approval", "say: clarify", False),
        ("approval", "hold: complaint", True),
        ("follow_up", "hold: complaint", False),
        ("follow_up", "act: sync_crm", True),
        ("replies", "go: parked", False),
        ("replies", "say: clarify", True),
        ("safety", "flag: complaint", False),
        ("safety", "flag: complaint\n  silence: acknowledged", True),
    ],
)
def test_a_chapter_offers_only_what_it_has_a_say_in(flaws, chapter, then, is_fine):
    page = PAGE.replace(
        "  go: start_qualifying\n  say: price_on_request\n  act: [sync_crm, log_activity]", f"  {then}"
    )

    assert (flaws(chapter, page) == []) is is_fine


def test_a_draft_may_be_unfinished_where_a_live_page_may_not(flaws):
    page = PAGE.replace(
        "  go: start_qualifying\n  say: price_on_request\n  act: [sync_crm, log_activity]", "  flag: secret"
    )

    assert flaws("safety", page)
    assert flaws("safety", page.replace("status: live", "status: draft")) == []


def test_the_schema_of_safety_knows_the_order_too(flaws):
    assert flaws("safety", "safest_first: [a_page, another]") == []
    assert flaws("safety", "safest_first: [a_page, a_page]")
    assert flaws("safety", "safest_first: [a_page]\nother: 1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("status: live", "status: alive"),
        ("owner: sales\n", ""),
        ("why: Manners.\n", "why: Manners.\nuntil: 2027-01-01\n"),
        ('- says: ["شكرا", "(thanks|thx)"]', "- unless: [x]"),
        ('- says: ["شكرا", "(thanks|thx)"]', "- says: []"),
        ('- says: ["شكرا", "(thanks|thx)"]', "- says: [80]"),
        ('- says: ["شكرا", "(thanks|thx)"]', "- say: [x]"),
        ("within: clause", "within: line"),
        ("stage: [new_lead]", "stage: [newlead]"),
        ('expects: ["", yes_no]', "expects: maybe"),
        ("never_if: [question]", "never_if: [doubt]"),
        ("at_most_words: 9", "at_most_words: 0"),
        ("at_most_words: 9", "resembles: {what: opt_out, at_least: 0.5, table: x}"),
        ("understand: thanks", "understand: thankss"),
        ("confidence: 0.9", "confidence: 1.5"),
        ("  confidence: 0.9\n", ""),
        ("instead_at: {qualified: interested}", "instead_at: {qualifid: interested}"),
        ("instead_at: {qualified: interested}", "instead_at: {qualified: intrested}"),
        ("if_negated: same", "if_negated: other"),
        ("opt_out: suspected", "opt_out: soft"),
        ("opt_out: suspected", "optout: hard"),
        ("expect: {intent: thanks}", "expect: {intent: thankss}"),
        ("expect: nothing", "expect: {intent: thanks}"),
        ('given: {says: "هلا"}', "given: {stage: new_lead}"),
    ],
)
def test_a_broken_page_of_understanding_is_refused_by_both(flaws, small_book, old, new):
    assert old in HEARD
    broken = HEARD.replace(old, new, 1)

    assert flaws("understanding", broken)
    assert small_book(broken, "understanding/thanks_us.yml") is not None


def test_a_guess_stays_weak(flaws):
    likeness = "- resembles: {what: an_intent, at_least: 0.4, table: ours}"
    lines = HEARD[HEARD.index("  - says") : HEARD.index("then:")]
    guess = HEARD.replace(lines, f"  {likeness}\n").replace("understand: thanks", "understand: default")

    assert flaws("understanding", guess)  # as sure as a page that hears words
    assert flaws("understanding", guess.replace("confidence: 0.9", "confidence: 0.4")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("why: Because.\n", ""),
        ("stage: qualifying, slots", "stage: qualifing, slots"),
        ("slots: {monthly_leads: 80}, language", "slots: {leads: 80}, language"),
        ("language: ar", "language: fr"),
        ("has_public_price: true", "has_public_price: maybe"),
        ("minutes_later: 3", "minutes_later: -3"),
        ("intent: ask_price,", "intent: ask_prize,"),
        ("intent: ask_price,", "intnt: ask_price,"),
        ("hold: nothing", "hold: nothng"),
        ("kind: voice", "kind: voic"),
        ("event: booking_confirmed", "event: start_qualifying"),
        ("by: system", "by: nobody"),
        ("    by: system\n", "    says: hello\n"),
        ("  - kind: voice\n", "  - kind: voice\n    by: system\n"),
        ("expect: {stage: meeting_booked}", "expect: {intent: thanks}"),
        ("approves: yes", "approves: no"),
        ("waits: 30", "waits: soon"),
        ("flag: [opt_out]", "flag: [opt_outt]"),
        ("say: opt_out_confirmation", "say: opt_out_confirmaton"),
    ],
)
def test_a_broken_chat_is_refused_by_the_schema_and_by_its_reader(flaws, old, new):
    assert old in CHAT
    broken = CHAT.replace(old, new, 1)

    assert flaws("chat", broken)
    assert read_chats({"chats/price_then_stop.yml": broken})[1] != ()


@pytest.mark.parametrize(
    ("schema", "text", "is_fine"),
    [
        ("words", "want: [ابي, want]", True),
        ("words", "want: ابي", False),
        ("words", "want: [80]", False),
        ("lexemes", "stop: {verb: [وقف], exact: [stop, 3311], not: [كفو]}", True),
        ("lexemes", "stop: {verbs: [وقف]}", False),
        ("lexemes", "stop.do: {verb: [وقف]}", False),
        ("priorities", "safest_first: [unsubscribe, complaint]", True),
        ("priorities", "safest_first: [unsubscribe, unsubscribe]", False),
        ("priorities", "safest_first: [unsubscribed]", False),
        ("short_answers", "answers: {yes: [نعم]}\nopenings: {}\nby_expects: {}\nby_stage: {}", True),
        ("short_answers", "answers: {yes: [نعم]}\nopenings: {}\nby_expects: {}", False),
        ("short_answers", "answers: {yeah: [نعم]}\nopenings: {}\nby_expects: {}\nby_stage: {}", False),
        (
            "short_answers",
            "answers: {}\nopenings: {}\nby_expects: {}\nby_stage: {new_lead: {yes: intrested}}",
            False,
        ),
        (
            "short_answers",
            "answers: {}\nopenings: {}\nby_expects: {date: {no: {any: not_now}}}\nby_stage: {}",
            True,
        ),
        (
            "short_answers",
            "answers: {}\nopenings: {}\nby_expects: {date: {no: {all: not_now}}}\nby_stage: {}",
            False,
        ),
        ("wording", "clarify: {ar: هلا, en: Hello}", True),
        ("wording", "clarify: {ar: هلا}", False),
        ("wording", "clarify: {ar: هلا, en: ' '}", False),
        ("wording", "clarify: {ar: '{question}', en: '{question}', expects: question}", True),
        ("wording", "clarify: {ar: '{qestion}', en: '{qestion}'}", False),
        ("wording", "clarify: {ar: 'a { b', en: 'a } b'}", False),
        ("wording", "clarify: {ar: هلا, en: Hello, expects: answer}", False),
        ("wording", "clarify: {ar: هلا, en: Hello, buttons: [opt_out_yes, opt_out_no]}", True),
        ("wording", "clarify: {ar: هلا, en: Hello, buttons: [opt_out]}", False),
        ("wording", "button.x: {ar: هلا, en: 'a title that is far too long'}", False),
    ],
)
def test_tables_are_checked_word_by_word(flaws, schema, text, is_fine):
    assert (flaws(schema, text) == []) is is_fine


def test_every_word_of_the_vocabulary_is_described_in_both_languages():
    lists = {
        "FACTS": (facts.FACTS, described.FACTS),
        "MESSAGE_EVENTS": (vocabulary.MESSAGE_EVENTS, described.EVENTS),
        "PROPOSED_EVENTS": (vocabulary.PROPOSED_EVENTS, described.EVENTS),
        "system events": (deal.SYSTEM_EVENTS, described.EVENTS),
        "FLAGS": (vocabulary.FLAGS, described.FLAGS),
        "ACTIONS": (vocabulary.ACTIONS, described.ACTIONS),
        "KINDS": (vocabulary.KINDS, described.KINDS),
        "EXPECTS": (sentences.EXPECTS, described.EXPECTS),
        "ANSWERS": (vocabulary.ANSWERS, described.ANSWERS),
        "SCRIPTS": (vocabulary.SCRIPTS, described.SCRIPTS),
        "LANGUAGES": (vocabulary.LANGUAGES, described.LANGUAGES),
        "OPT_OUTS": (vocabulary.OPT_OUTS, described.OPT_OUTS),
        "BUTTONS": (vocabulary.BUTTONS, described.BUTTONS),
        "SLOTS": (vocabulary.SLOTS, described.SLOTS),
        "STATUSES": (vocabulary.STATUSES, described.STATUSES),
    }

    assert {name: set(known) - set(told) for name, (known, told) in lists.items() if set(known) - set(told)} == {}


def test_stages_and_intents_carry_their_names(made):
    lists = list(made["routing.schema.json"]["$defs"].values())
    meanings = {
        word: meaning
        for one in lists
        for word, meaning in zip(one["enum"], one.get("enumDescriptions", ()), strict=False)
    }

    assert meanings["new_lead"] == "عميل جديد — New lead"
    assert meanings["ask_price"].endswith("— asks the price")
    assert "—" in meanings["clarify"]


def test_an_editor_is_told_which_file_has_which_schema():
    settings = editor_settings(".dealix/schemas", "rules/book")

    assert settings["yaml.schemas"][".dealix/schemas/routing.schema.json"] == "rules/book/routing/*.yml"
    assert len(settings["yaml.schemas"]) == len(GLOBS)
