"""One word per thing: what the rules call it is what the flows, the wordings and the events call it."""

import flows.deal as deal
from bot.events import Kind
from flows import qualification
from flows.wording import Wordings
from rules import vocabulary
from rules.language import vocabulary as spoken


def test_stages_and_events_are_those_of_the_deal():
    assert vocabulary.STAGES == deal.STAGES
    assert tuple(vocabulary.MESSAGE_EVENTS) == deal.MESSAGE_EVENTS
    for event, (stages, target) in vocabulary.MESSAGE_EVENTS.items():
        assert {(stage, event): target for stage in stages} == {
            step: after for step, after in deal.TABLE.items() if step[1] == event
        }
    for event, stages in vocabulary.PROPOSED_EVENTS.items():
        assert event in deal.SYSTEM_EVENTS
        assert set(stages) == {stage for stage, known in deal.TABLE if known == event}


def test_every_wording_that_a_page_may_use_is_written():
    assert set(vocabulary.WORDINGS) <= set(Wordings.load(needed=vocabulary.WORDINGS).keys)


def test_no_word_of_the_vocabulary_is_dead(book):
    """
    Every wording, flag and event is used by a page; `qualified` and the quarrel of the matchers come from code.
    """
    thens = [page.then for page in book.pages]

    used = {key for then in thens for key in (then.say, then.silence, *then.hold)}
    assert set(vocabulary.WORDINGS) - used == {"hold.engine_disagreed"}
    assert set(vocabulary.FLAGS) == {flag for then in thens for flag in then.flag}
    assert set(vocabulary.PROPOSED_EVENTS) == {then.propose for then in thens if then.propose}
    assert set(vocabulary.MESSAGE_EVENTS) - {then.go for then in thens} == {"qualified"}


def test_every_stage_intent_and_question_has_a_name_in_both_languages():
    keys = set(Wordings.load().keys)

    assert {f"stage.{stage}" for stage in vocabulary.STAGES} <= keys
    assert {f"intent.{intent}" for intent in vocabulary.INTENTS} <= keys
    assert {slot.wording for slot in qualification.SLOTS} <= keys


def test_everything_that_can_be_understood_can_be_decided():
    assert set(spoken.INTENTS) == set(vocabulary.INTENTS)
    assert set(spoken.STAGES) == set(vocabulary.STAGES)
    assert set(spoken.EXPECTS) <= set(vocabulary.EXPECTS)
    assert set(spoken.ANSWERS) <= set(vocabulary.ANSWERS)


def test_forms_of_messages_and_questions_are_the_same_everywhere():
    assert set(vocabulary.KINDS) == {str(kind) for kind in Kind}
    assert tuple(slot.name for slot in qualification.SLOTS) == vocabulary.SLOTS
    assert {slot.expects for slot in qualification.SLOTS} <= set(vocabulary.EXPECTS)
