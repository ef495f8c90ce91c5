"""
Which names of a verdict are kept with the conversation until their durable runs are started. Pure.

Rule 1: a deed is written in the commit of the decision that asked for it, and removed when its run is there: a
        crash in between starts the same run again, by the same id.
Rule 2: what the line itself does (an answer, a classification, an entry in the history) is no deed.
Rule 3: when something that really happened moved the deal, whatever follows from that follows in the same way.
Rule 4: a contact who stops us, or must be forgotten, leaves one deed: to end what would still reach them.
Rule 5: while a human answers, the rules start nothing.
Rule 6: what nobody has set up is kept once for a contact, so that it is said, and not again for each message.
"""

from collections.abc import Callable

from bot.conversation import Conversation, Deed
from bot.decision import Decision
from bot.notebook import Log
from rules.layers import layer_of

DONE_BY_THE_LINE = frozenset({"send_whatsapp", "classify_reply", "log_activity", "do_nothing"})

# No names of the vocabulary: nobody can ask for them.
STOP, MOVED = "-stop", "-moved"


# (tenant, name) -> whether nobody does that here.
IsUnset = Callable[[str, str], bool]


def keep(
    conversation: Conversation, decision: Decision, correlation_id: str, hold: str, log: Log, is_unset: IsUnset
) -> None:
    """Remember what one decision wants done."""
    verdict = decision.verdict
    conversation.unset = tuple(name for name in conversation.unset if is_unset(conversation.tenant_id, name))
    names = [name for name in verdict.actions if name not in (*DONE_BY_THE_LINE, *conversation.unset)]
    if not names or "opt_out" in verdict.flags or conversation.is_suppressed:
        return
    if conversation.mode == "human" and "hand_to_human" not in verdict.flags:
        log.add("actions_left_to_human", correlation_id, actions=names)
        return
    numbers = verdict.understanding.numbers
    for name in names:
        pages = tuple(b.page for b in verdict.because if not b.shadow and f"act {name}" in b.said)
        layers = [layer_of(_without_line(b.file)) for b in verdict.because if b.page in pages]
        deed = Deed(
            name=name,
            correlation_id=correlation_id,
            at=log.at,
            pages=pages,
            is_by_book=bool(pages) and not decision.needs_human and not any(layers),
            hold=hold,
            number=numbers[0] if len(numbers) == 1 else None,
        )
        if not any(_is_same(deed, other) for other in conversation.deeds):
            conversation.deeds = (*conversation.deeds, deed)  # the decision itself is what the history keeps


def moved(conversation: Conversation, event: str, log: Log) -> None:
    """Let follow what follows from something that really happened."""
    named = (
        f"{event}-{conversation.v + 1}"  # the version that this is written with: the same event may come again
    )
    conversation.deeds = (*conversation.deeds, Deed(name=MOVED, correlation_id=named, at=log.at))


def stop(conversation: Conversation, correlation_id: str, log: Log) -> None:
    """Let nothing begin or go on that would reach this contact."""
    for deed in conversation.deeds:
        if deed.name not in (STOP, MOVED):
            log.add("action_dropped", deed.correlation_id, action=deed.name)
    kept = tuple(deed for deed in conversation.deeds if deed.name == MOVED)
    conversation.deeds = (*kept, Deed(name=STOP, correlation_id=correlation_id, at=log.at))


def _without_line(place: str) -> str:
    """The file of `routing/price.yml:8`, or of `a-layer:routing/price.yml:8`."""
    return place.rpartition(":")[0]


def _is_same(one: Deed, other: Deed) -> bool:
    return (one.name, one.correlation_id) == (other.name, other.correlation_id)
