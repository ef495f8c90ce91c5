"""
Loops: a bot that answers itself, a machine, or nobody at all, and never stops.

Rule 1: whoever is answered must have written: not a machine, not our own sentence, not a reaction.
Rule 2: one message of a contact gets one answer; what follows later is a follow-up that waits its turn.
Rule 3: whoever opted out hears nothing but the answer to a wish to come back.
"""

from collections.abc import Iterator

from rules import vocabulary
from rules.checks.finding import Check, Finding, Level
from rules.checks.lifecycle import WordingFacts
from rules.checks.material import Material, Speech
from rules.pages import Page
from rules.program import weight
from rules.verdict import Question, Verdict

AUTO_REPLY = "silence.auto_reply"

# After these flags a human or a pause stands between the contact and the next automatic answer, or the deal has
# left the stage in which the page fires.
PAUSES = frozenset({"opt_out", "suspect_opt_out", "hand_to_human", "resume_consent"})

# Actions that make a phone ring by themselves, besides the answer.
SENDS = ("send_whatsapp", "send_email", "send_sms")

# Whoever said this is not written to again by a sequence.
NOT_FOLLOWED = (
    "unsubscribe",
    "opt_out_suspected",
    "wrong_number",
    "erasure_request",
    "complaint",
    "not_interested",
)

# Forms that close a turn: the contact wrote nothing that waits for an answer.
GESTURES = (("reaction", "👍"), ("deletion", ""))


def answers_a_machine(material: Material) -> Iterator[Finding]:
    """Find answers to automatic replies: two machines that thank each other never stop."""
    silent = [page for page in material.of("safety", "routing") if page.then.silence == AUTO_REPLY]
    if not silent and material.understands:
        en = "no page stays silent to an automatic reply. Add a safety page with silence: auto_reply."
        ar = "لا توجد صفحة تسكت عن الردود الآلية. أضيفوا صفحة سلامة فيها silence: auto_reply."
        yield Finding("answers_a_machine", "error", "safety", 1, en, ar)
    reported = set()
    for speech in material.speeches:
        if speech.decider.id not in reported and _may_answer(material, speech, silent):
            reported.add(speech.decider.id)
            en = f'an automatic reply that says this too is answered every time. Put it below "{silent[0].id}",'
            ar = f"الرد الآلي الذي يقول هذا أيضا يُجاب في كل مرة. ضعوها تحت «{silent[0].id}»، أو علقوا ردها."
            yield _at(speech.page, "answers_a_machine", "warning", f"{en} or hold it.", ar)


def answers_itself(material: Material) -> Iterator[Finding]:
    """Find sentences that the bot would answer with themselves if a machine sent them back."""
    bounded = dict(material.lifecycle.questions_end_in)
    said = (s for s in material.speeches if not s.decider.then.hold and not s.is_confirmed_at_once)
    by_wording: dict[str, list[Speech]] = {}
    for speech in said if material.understands else ():
        if speech.say in material.wordings and speech.say not in bounded:
            by_wording.setdefault(speech.say, []).append(speech)
    for speeches in by_wording.values():
        wording = material.wordings[speeches[0].say]
        stage = _repeats_at(material, wording, speeches)
        if stage:
            en = f'"{wording.key}", sent back at {stage}, is answered with itself. Say it in other words.'
            ar = f"نص «{wording.key}» لو أُعيد إلينا في {stage} نرد عليه بنفسه. صيغوه بكلمات أخرى."
            yield Finding("answers_itself", "warning", wording.file, wording.line, en, ar)


def rings_twice(material: Material) -> Iterator[Finding]:
    """Find pages that send something besides the answer: two messages in a row without one of the contact."""
    for page in material.pages:
        sends = [action for action in page.then.act if action in SENDS]
        if sends:
            en = f"{', '.join(sends)} sends a second message besides the answer. Drop it; the answer is `say`."
            ar = f"{', '.join(sends)} يرسل رسالة ثانية مع الرد. احذفوه؛ الرد هو say."
            yield _at(page, "rings_twice", "error", en, ar)


def enters_again(material: Material) -> Iterator[Finding]:
    """Find actions that start again at the answers which they cause."""
    for page in material.pages:
        if "classify_reply" in page.then.act:
            en = "classify_reply reads the same message again, and the same page fires again. Drop it."
            ar = "classify_reply يقرأ الرسالة نفسها من جديد فتعمل الصفحة من جديد. احذفوه."
            yield _at(page, "enters_again", "error", en, ar)
        if "enroll_sequence" in page.then.act:
            yield from _sequence(material, page)


def talks_after_stop(material: Material) -> Iterator[Finding]:
    """Find pages that say something to who opted out, but the answer to a wish to come back."""
    reported = set()
    for speech in material.speeches:
        here = material.ground.only(speech.area, "stage", material.lifecycle.opt_out_stage)
        if here is None or "resume_consent" in speech.decider.then.flag or speech.page.id in reported:
            continue
        if material.ground.outside(here, speech.above) is not None:
            reported.add(speech.page.id)
            en = "it says something to who opted out. Add `stage: {is_not: opted_out}`, or keep silent there."
            ar = "ترد على من أوقف الرسائل. أضيفوا stage: {is_not: opted_out} أو اجعلوا صفحة سلامة تسكت هناك."
            yield _at(speech.page, "talks_after_stop", "error", en, ar)


def answers_a_gesture(material: Material) -> Iterator[Finding]:
    """Find pages that answer a reaction or a deletion."""
    if not material.understands:
        return
    files = {page.id: page for page in material.pages}
    reported = set()
    for kind, text in GESTURES:
        for stage in material.lifecycle.stages:
            verdict = material.book.decide(Question(text=text, stage=stage, kind=kind))
            said = [
                reason.page for reason in verdict.because if reason.chapter in ("safety", "routing", "replies")
            ]
            page = files.get(said[-1]) if said else None
            if page is None or not verdict.say or verdict.held or (page.id, kind) in reported:
                continue
            reported.add((page.id, kind))
            en = (
                f"a {kind} is answered at {stage}, and the answer invites the next one. Stay silent to this kind."
            )
            ar = f"يُرد على {kind} في {stage}، والرد يستدعي غيره. اجعلوا صفحة سلامة تسكت عن هذا النوع."
            yield _at(page, "answers_a_gesture", "error", en, ar)


CHECKS = (
    Check("answers_a_machine", "answers to automatic replies", "ردود على الردود الآلية", answers_a_machine),
    Check(
        "answers_itself",
        "sentences that the bot would answer with themselves",
        "نصوص يرد عليها البوت بنفسها",
        answers_itself,
    ),
    Check(
        "rings_twice",
        "two messages in a row to one of the contact",
        "رسالتان متتاليتان على رسالة واحدة",
        rings_twice,
    ),
    Check(
        "enters_again", "actions that start again at the answers they cause", "إجراءات تعيد نفسها", enters_again
    ),
    Check(
        "talks_after_stop", "pages that talk to who opted out", "صفحات ترد على من أوقف الرسائل", talks_after_stop
    ),
    Check(
        "answers_a_gesture", "answers to reactions and deletions", "ردود على التفاعلات والحذف", answers_a_gesture
    ),
)


def _at(page: Page, code: str, level: Level, en: str, ar: str) -> Finding:
    return Finding(code, level, page.file, page.line, en, ar)


def _may_answer(material: Material, speech: Speech, silent: list[Page]) -> bool:
    """Whether an automatic reply can make a page speak, again and again."""
    if speech.decider.then.hold or PAUSES & set(speech.decider.then.flag):
        return False
    wording = material.wordings.get(speech.say)
    expects = wording.expects if wording else ""
    for cover in material.covers_of(tuple(silent)):
        area = material.ground.inside(speech.area, cover)
        # A machine presses no button, and it answers what the sentence before asked.
        area = area and material.ground.only(area, "button", "")
        if expects in vocabulary.EXPECTS:
            area = area and material.ground.only(area, "expects", expects)
        if area and material.leaves_at_once(speech, area) is not None:
            return True
    return False


def _repeats_at(material: Material, wording: WordingFacts, speeches: list[Speech]) -> str:
    """
    Name a stage at which a sentence is answered with itself, empty when there is none.

    Understanding is what costs: a text is understood once, and again only at a stage at which that meaning would
    be answered with the same sentence.
    """
    stages = list(dict.fromkeys(stage for speech in speeches for stage in _stages_after(material, speech)))
    for _, text in wording.texts if stages else ():
        meant = material.book.understand(Question(text=text, stage=stages[0], expects=wording.expects))
        for stage in stages:
            question = Question(text=text, stage=stage, expects=wording.expects)
            if _is_said_again(material.book.judge(question, meant), wording.key) and _is_said_again(
                material.book.decide(question), wording.key
            ):
                return stage
    return ""


def _is_said_again(verdict: Verdict, key: str) -> bool:
    return verdict.say == key and not verdict.held and not PAUSES & set(verdict.flags)


def _stages_after(material: Material, speech: Speech) -> Iterator[str]:
    """Where the deal may stand after something was said."""
    steps = {(step.stage, step.event): step.target for step in material.lifecycle.message_events}
    for stage in material.lifecycle.stages:
        if material.ground.only(speech.area, "stage", stage) is not None:
            yield steps.get((stage, speech.decider.then.go), stage)


def _sequence(material: Material, page: Page) -> Iterator[Finding]:
    if any(weight(way)[0] == 0 for way in page.alternatives):
        en = "enroll_sequence starts at every message, also at answers to the sequence itself. Name an intent."
        ar = "enroll_sequence يبدأ عند كل رسالة، حتى الرد على المتابعة نفسها. حددوا القصد (intent)."
        yield _at(page, "enters_again", "error", en, ar)
        return
    intents = {str(i) for area in material.areas(page) for i in material.ground.values(area, "intent")}
    wrong = [intent for intent in NOT_FOLLOWED if intent in intents]
    stages = [stage for stage in material.fires_at(page) if stage in material.lifecycle.final]
    if wrong or stages:
        what = ", ".join([*wrong, *stages])
        en = f"a follow-up would be sent after {what}. Name only intents and stages in which somebody wants one."
        ar = f"ستُرسل متابعة بعد {what}. حددوا فقط المقاصد والمراحل التي يُراد فيها ذلك."
        yield _at(page, "enters_again", "error", en, ar)
