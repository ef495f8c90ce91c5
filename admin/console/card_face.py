"""
One card of Sami's queue: who, what they said, what it means, what we would answer, and what he may do.

Rule 1: a card that is being edited is not redrawn under the writer's hands; if it is decided meanwhile, the text
        stays and the card says so.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from nicegui.events import GenericEventArguments

from admin.console.draw import argument, button, icon, pieces, put
from admin.console.marks import edited
from admin.console.place import Place
from admin.console.sentences import named
from admin.console.times import clock, span
from bot.cards import REJECT_REASONS, Action, Card
from bot.conversation import DraftKind, Status

SNOOZE_MINUTES = (15, 60, 180)

# How many of the lead's last lines a card repeats.
LINES = 3

_KEYS = (
    "(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey))"
    " { e.preventDefault(); emit('save', e.target.value); }"
    " else if (e.key === 'Escape') { e.preventDefault(); emit('cancel', ''); } }"
)


@dataclass(frozen=True, slots=True)
class Face:
    """A card, and which of its questions stands open."""

    card: Card
    mode: str
    """`"" | edit | reject | snooze`, or `after edit`: that question was just closed."""
    deadline: str
    """The sentence about the time that is left; part of the face, so that it is redrawn when it changes."""
    is_overdue: bool
    expiry: str = ""


@dataclass(frozen=True, slots=True)
class Hands:
    """What the buttons of a card do."""

    act: Callable[[Card, Action], Awaitable[bool]]
    open: Callable[[Card, str], None]
    save: Callable[[Card, str], Awaitable[None]]
    reject: Callable[[Card, str], Awaitable[bool]]
    snooze: Callable[[Card, int], Awaitable[None]]
    look_at: Callable[[Card], Awaitable[None]] | None
    """None where there is no phone to show."""


def face_of(place: Place, card: Card, mode: str) -> Face:
    """The face of a card now."""
    return Face(card, mode, _deadline(place, card), _is_overdue(card, place.now()), _expiry(place, card))


def draw_waiting(place: Place, face: Face, hands: Hands) -> None:
    """A card that waits for a human."""
    card = face.card
    is_doubt = card.status is Status.UNKNOWN
    look = "doubt" if is_doubt else "late" if face.is_overdue else ""
    with put(
        "section", f"card {look}", aria_label=card.contact_name, data_card=card.draft_id, data_status=card.status
    ):
        _draw_who(place, face, hands)
        _draw_talk(place, card)
        _draw_why(place, card)
        if face.mode == "edit":
            _draw_editor(place, card, hands)
        else:
            _draw_text(place, card)
            _draw_model(place, card, hands)
            _draw_actions(place, face, hands)
        if is_doubt:
            put("p", "faint", place.say("unknown_advice"))
        elif card.status is Status.HELD:
            put("p", "faint tiny", " ".join(part for part in (place.say("if_nobody"), face.expiry) if part))


def draw_decided(place: Place, card: Card) -> None:
    """A card that was decided, with what became of it in the end."""
    with put("details", "card decided", data_decided=card.draft_id, data_status=card.status):
        with put("summary"):
            put("strong", text=card.contact_name, dir="auto")
            put("span", f"status {card.status}", named("status", card.status, place.language))
            put("p", "truth", _truth(place, card))
            put("p", "snippet", card.text, dir="auto")
        _draw_text(place, card)
        if card.note:
            put("p", "faint", card.note, dir="auto")


def _draw_who(place: Place, face: Face, hands: Hands) -> None:
    card = face.card
    with put("header", "card-who"):
        name, look_at = card.contact_name or card.phone_masked, hands.look_at
        if look_at is None:
            put("strong", text=name, dir="auto")
        else:
            button(name, lambda: look_at(card), look="link", dir="auto")
        put("span", "number", card.phone_masked, dir="ltr")
        put("span", f"left {'late' if face.is_overdue else ''}", face.deadline)
    with put("div", "card-means"):
        if card.kind is DraftKind.FOLLOW_UP:
            put("strong", "intent", place.say("kind_follow_up"))
        if card.intent:
            put("strong", "intent", place.words("intent", card.intent))
            put("span", "faint", f"{round(card.confidence * 100)}%", dir="ltr")
        put("span", "stage-name", place.words("stage", card.stage))
        if card.stage_after != card.stage:
            icon("arrow")
            put("span", "stage-name moved", place.words("stage", card.stage_after))


def _draw_talk(place: Place, card: Card) -> None:
    said = [line for line in card.last_lines if line.who == "contact"][-LINES:]
    if said:
        with put("div", "card-said"):
            put("h4", text=place.say("said"))
            for line in said:
                words = line.text or named("kind", line.kind, place.language)
                put("blockquote", text=words, dir="auto")


def _draw_why(place: Place, card: Card) -> None:
    with put("div", "card-why"):
        if card.hold_reasons:
            put("h4", text=place.say("held_because"))
            for reason in dict.fromkeys(card.hold_reasons):
                put("p", "reason", place.words("hold", reason.removeprefix("hold.")))
        if card.source is not None:
            with put("p", "reason", data_source=card.source.article_id):
                put("span", text=f"{place.say('source')}: ")
                query = {"article": card.source.article_id, "version": str(card.source.version)}
                put("a", "link", card.source.title, href=place.address("knowledge", **query), dir="auto")
                put("span", "faint", f" · {place.say('source_version', version=card.source.version)}")
        for flag in card.flags:
            put("p", "flag", named("flag", flag, place.language))
        if card.note and card.status is Status.UNKNOWN:
            put("p", "reason", card.note, dir="auto")
        spoke = [reason for reason in card.because if not reason.shadow]
        if spoke:
            with put("details", "because"):
                put("summary", text=place.say("why"))
                with put("ul"):
                    for reason in spoke:
                        put("li", text=reason.title, dir="ltr")


def _draw_text(place: Place, card: Card) -> None:
    put("h4", text=place.say("proposed" if card.status is Status.HELD else "text"))
    put("div", "proposal", card.text, dir="auto", data_text="")
    if card.edits:
        last = card.edits[-1]
        put("h4", text=f"{place.say('edited_by', name=place.name_of(last.by))} · {clock(last.at)}")
        with put("div", "diff", dir="auto", data_diff=""):
            pieces(edited(last.text, card.text))


def _draw_model(place: Place, card: Card, hands: Hands) -> None:
    """What a language model would say; taking its words is an edit of a human, and still waits for a yes."""
    proposal = card.proposal
    if proposal is None or card.status is not Status.HELD:
        return
    with put("aside", "card-why", data_model_proposal=proposal.model):
        put("h4", text=f"{place.say('model_proposes')} · \u2066{proposal.model}\u2069")
        if proposal.intent:
            intent, percent = place.words("intent", proposal.intent), round(proposal.confidence * 100)
            put("p", "faint", place.say("model_means", intent=intent, confidence=percent), dir="auto")
        for flag in proposal.flags:
            put("p", "flag", named("flag", flag, place.language))
        if proposal.text:
            put("blockquote", text=proposal.text, dir="auto", data_model_text="")
            words = proposal.text
            button(place.say("model_take"), lambda: hands.save(card, words), data_take_model="")


def _draw_editor(place: Place, card: Card, hands: Hands) -> None:
    put("h4", text=place.say("do_edit"))
    field = put(
        "textarea",
        "editor",
        card.text,  # not `value`: that would be put back at every redraw of the page, over what is being typed
        aria_label=place.say("proposed"),
        data_editor=card.draft_id,
        data_autofocus="",
        dir="auto",
        maxlength="4096",
    )

    async def keyed(event: GenericEventArguments) -> None:
        verb, text = event.args
        if verb == "save":
            await hands.save(card, text)
        else:
            hands.open(card, "")

    async def saved(event: GenericEventArguments) -> None:
        await hands.save(card, argument(event))

    field.on("keydown", keyed, js_handler=_KEYS)
    with put("div", "actions"):
        save = button(place.say("do_save"), look="main")
        save.on(
            "click",
            saved,
            js_handler=f"() => emit(document.querySelector('[data-editor=\"{card.draft_id}\"]').value)",
        )
        button(place.say("cancel"), lambda: hands.open(card, ""))
        put("span", "faint tiny", place.say("save_hint"))


def _draw_actions(place: Place, face: Face, hands: Hands) -> None:
    card = face.card
    with put("div", "actions"):
        for action in card.actions:
            _draw_action(place, card, action, face.mode, hands)
    if face.mode == "reject":
        _draw_choice(
            place.say("reject_why"),
            [(place.say(f"reason_{r}"), lambda r=r: hands.reject(card, r)) for r in REJECT_REASONS],
        )
    elif face.mode == "snooze":
        _draw_choice(
            place.say("snooze_how_long"),
            [(place.say(f"snooze_{m}"), lambda m=m: hands.snooze(card, m)) for m in SNOOZE_MINUTES],
        )


# How each action looks, and which question it opens first.
_LOOKS = {
    Action.APPROVE: ("main", "check", ""),
    Action.EDIT: ("", "edit", "edit"),
    Action.REJECT: ("", "no", "reject"),
    Action.TAKE_OVER: ("", "hand", ""),
    Action.SNOOZE: ("", "clock", "snooze"),
    Action.VERIFY_PAYMENT: ("gold", "check", ""),
    Action.ARRIVED: ("main", "check", ""),
    Action.SEND_AGAIN: ("", "restart", ""),
    Action.HAND_BACK: ("", "back", ""),
}


def _draw_action(place: Place, card: Card, action: Action, mode: str, hands: Hands) -> None:
    look, picture, question = _LOOKS[action]
    pressed = (lambda: hands.open(card, question)) if question else (lambda: hands.act(card, action))
    made = button(place.say(f"do_{action}"), pressed, look=look, picture=picture, data_action=action.value)
    if question and mode == f"after {question}":
        made.props.update({"data-autofocus": ""})


def _draw_choice(question: str, answers: list[tuple[str, Callable[[], Awaitable[None]]]]) -> None:
    with put("div", "choice", role="group", aria_label=question):
        put("p", text=question)
        for number, (words, chosen) in enumerate(answers):
            made = button(words, chosen, look="pill")
            if number == 0:
                made.props.update({"data-autofocus": ""})


def _deadline(place: Place, card: Card) -> str:
    now = place.now()
    if card.status is not Status.HELD:
        return named("status", card.status, place.language)
    if card.snoozed_until is not None and card.snoozed_until > now:
        return place.say("snoozed_until", at=clock(card.snoozed_until))
    if card.due_at is None:
        return ""
    return place.say(
        "overdue" if _is_overdue(card, now) else "left", left=span(card.due_at - now, place.language)
    )


def _expiry(place: Place, card: Card) -> str:
    if card.status is not Status.HELD or card.expires_at is None:
        return ""
    return place.say("expires", left=span(card.expires_at - place.now(), place.language)) + "."


def _is_overdue(card: Card, now: datetime) -> bool:
    return card.status is Status.HELD and card.due_at is not None and card.due_at <= now


def _truth(place: Place, card: Card) -> str:
    """`Approved by Sami at 13:05 · through simulated`"""
    decision, _, reason = card.decision.partition(":")
    if decision == "approved" and card.kind is DraftKind.MANUAL:
        decision = "written"
    at = clock(card.decided_at) if card.decided_at else ""
    parts = [
        place.say(
            f"by_{decision}",
            name=place.name_of(card.decided_by),
            at=at,
            reason=named("reason", reason, place.language),
        )
    ]
    if card.quiet_until is not None:
        parts.append(place.say("after_quiet", at=clock(card.quiet_until)))
    if card.sent_through:
        parts.append(place.say("through", channel=place.channel(card.sent_through)))
    return " · ".join(parts)
