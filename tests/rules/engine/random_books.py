"""Whole random books as files in memory: pages of all chapters over the closed vocabulary."""

import json

from hypothesis import strategies as st

from rules import facts, vocabulary
from rules.layers import path_of
from rules.problems import BookError

STAGES = vocabulary.STAGES
INTENTS = tuple(vocabulary.INTENTS)
NUMBERS = st.sampled_from([0, 1, 2, 4, 0.5, 0.7, 0.95, 1000])
ACTIONS = ("book_meeting", "enroll_sequence", "escalate_human", "sync_crm", "log_activity", "do_nothing")
HOLDS = tuple(reason for reason in vocabulary.HOLDS if reason != "engine_disagreed")

# Few of them, so that random pages meet each other.
SOME = {
    **facts.WORDS,
    "intent": ("unsubscribe", "greeting", "ask_price", "paid", "default", "replied_positive"),
    "also_intent": ("unsubscribe", "greeting", "ask_price", "paid", "default", "complaint"),
    "kind": ("text", "button", "image", "voice"),
}
EXAMPLES = [
    {"name": "fires", "given": {"stage": "new_lead", "intent": "default"}, "expect": {"held": True}},
    {"name": "is silent", "given": {"stage": "new_lead", "intent": "default"}, "expect": "nothing"},
]
SAID = [
    {"name": "hears", "given": {"says": "hello"}, "expect": {"intent": "greeting"}},
    {"name": "does not", "given": {"says": "bye"}, "expect": "nothing"},
]


def one_or_more(words, most=3):
    return st.one_of(
        st.sampled_from(words), st.lists(st.sampled_from(words), min_size=1, max_size=most, unique=True)
    )


def facts_about(heard):
    """One line of `when`."""
    worded = {**SOME, **(dict.fromkeys(facts.PAGES, heard) if heard else {})}

    def about(fact):
        words = one_or_more(worded[fact])
        return st.one_of(words, st.builds(lambda w: {"is_not": w}, words)).map(lambda value: {fact: value})

    limits = st.fixed_dictionaries({}, optional={"above": NUMBERS, "below": NUMBERS}).filter(bool)
    return st.one_of(
        st.sampled_from(sorted(worded)).flatmap(about),
        st.sampled_from(facts.YES_NO).flatmap(lambda fact: st.booleans().map(lambda value: {fact: value})),
        st.sampled_from(facts.NUMBERS).flatmap(lambda fact: limits.map(lambda value: {fact: value})),
        st.integers(0, 2000).map(lambda value: {"text_longer_than": value}),
    )


@st.composite
def whens(draw, heard, stages=None):
    """All lines of `when`; at these stages only, when they are given."""
    line = facts_about(heard)
    either = st.lists(line, min_size=2, max_size=3).map(lambda choices: {"any": choices})
    lines = draw(st.lists(st.one_of(line, line, either), min_size=0 if stages else 1, max_size=4))
    lines = [line for line in lines if "stage" not in line] if stages else lines
    return [{"stage": stages}, *lines] if stages else lines or "always"


# Who opts a contact out or back in is the business of the book's own safety pages.
OF_THE_BOOK_ALONE = ("opt_out", "resume_consent", "opted_out")


@st.composite
def thens(draw, chapter, is_layer=False):
    """What a page decides, and the stages where it can."""
    not_ours = OF_THE_BOOK_ALONE if is_layer else ()
    if chapter == "approval":
        return {"hold": draw(one_or_more(HOLDS))}, None
    if chapter == "follow_up":
        return {"act": draw(one_or_more(ACTIONS))}, None
    then, stages = {}, None
    if chapter in ("safety", "routing"):
        event = draw(st.sampled_from(["", "", "go", "propose"]))
        if event:
            name = draw(
                st.sampled_from(
                    sorted(vocabulary.MESSAGE_EVENTS if event == "go" else vocabulary.PROPOSED_EVENTS)
                )
            )
            known = vocabulary.MESSAGE_EVENTS[name][0] if event == "go" else vocabulary.PROPOSED_EVENTS[name]
            stages = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
            then[event] = name
        if event == "propose" or draw(st.integers(0, 4)) == 0:
            then["hold"] = draw(one_or_more(HOLDS))
        if draw(st.integers(0, 2)) == 0:
            then["flag"] = draw(one_or_more([flag for flag in vocabulary.FLAGS if flag not in not_ours]))
        if draw(st.integers(0, 3)) == 0:
            then["act"] = draw(one_or_more(ACTIONS))
    speech = draw(st.sampled_from(["say", "say", "silence", ""]))
    if speech == "say" or not then:
        then["say"] = draw(st.sampled_from(vocabulary.SAYS))
    elif speech == "silence":
        then["silence"] = draw(st.sampled_from(vocabulary.SILENCES))
    return then, stages


@st.composite
def deciding_pages(draw, name, chapter, heard, is_layer):
    then, stages = draw(thens(chapter, is_layer))
    page = {
        "id": name,
        "title": "A page",
        "status": draw(st.sampled_from(["live", "live", "live", "live", "shadow", "draft", "retired"])),
        "owner": "sales",
        "why": "Because.",
        "when": draw(whens(heard, stages)),
        "then": then,
        "tests": EXAMPLES,
    }
    return f"{chapter}/{name}.yml", page


PHRASES = (
    "(كم|بكم) [السعر]",
    "<< (hi|hello) >>",
    "price ..2 please",
    "وقفوا ..3 (الرسايل|الرسائل)",
    "ok",
    "لا",
    "80",
)


@st.composite
def understanding_pages(draw, name):
    """A page that hears something, written in a small part of the grammar."""
    then = {
        "understand": draw(st.sampled_from(INTENTS)),
        "confidence": draw(st.sampled_from([0.4, 0.7, 0.9, 0.97])),
    }
    opt_out = draw(st.sampled_from(["", "", "", "hard", "suspected"]))
    if opt_out:
        then["opt_out"] = opt_out
    lines = [{"says": draw(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=3, unique=True))}]
    if draw(st.booleans()):
        lines.append({"stage": draw(st.lists(st.sampled_from(STAGES), min_size=1, max_size=5, unique=True))})
    page = {
        "id": name,
        "title": "Hears something",
        "status": "live",
        "owner": "sales",
        "why": "Because.",
        "when": lines,
        "then": then,
        "tests": SAID,
    }
    return f"understanding/{name}.yml", page


@st.composite
def pages_of(draw, prefix, *, most=7, heard=(), is_layer=False):
    """Some pages of random chapters, and the order of those of safety; a layer also hears things."""
    files, order = {}, []
    hearing = [f"{prefix}_hears_{n}" for n in range(draw(st.integers(0, 2)))] if is_layer else []
    for name in hearing:
        file, page = draw(understanding_pages(name))
        files[file] = page
    for number in range(draw(st.integers(1, most))):
        chapter = draw(
            st.sampled_from(["safety", "safety", "routing", "routing", "replies", "approval", "follow_up"])
        )
        file, page = draw(deciding_pages(f"{prefix}_{number}", chapter, (*heard, *hearing), is_layer))
        files[file] = page
        if chapter == "safety":
            order.append(page["id"])
    if order:
        files["safety/order.yml"] = {"safest_first": draw(st.permutations(order))}
    return files


@st.composite
def books(draw):
    """A book from nothing: the two pages that every book needs, and whatever chance adds."""
    files = draw(pages_of("page"))
    for chapter, then in (("routing", {"hold": "not_understood"}), ("replies", draw(thens("replies"))[0])):
        files[f"{chapter}/the_rest_of_{chapter}.yml"] = {
            "id": f"the_rest_of_{chapter}",
            "title": "The rest",
            "status": "live",
            "owner": "sales",
            "why": "Because.",
            "when": "always",
            "then": then,
            "tests": EXAMPLES,
        }
    return files


def text_of(page):
    """Every JSON is YAML."""
    return json.dumps(page, ensure_ascii=False, indent=1)


def accepted(files, load):
    """
    Load a random book; what is refused is mended as an analyst in a hurry would: the pages named are thrown away.

    Returns what was loaded, and the files that it was loaded from; None when nothing was left to throw away.
    """
    files = dict(files)
    while True:
        try:
            return load({file: text_of(page) for file, page in files.items()}), files
        except BookError as refused:
            named = {path_of(problem.file) for problem in refused.problems} & set(files)
            named.discard("safety/order.yml")
            if not named:
                return None, files
            for file in named:
                del files[file]
            _mend_order(files)


def _mend_order(files):
    order = files.pop("safety/order.yml", {"safest_first": []})["safest_first"]
    kept = [name for name in order if f"safety/{name}.yml" in files]
    if kept:
        files["safety/order.yml"] = {"safest_first": kept}
