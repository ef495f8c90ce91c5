"""
One request of the approval centre as a card: what it is about, who must agree, until when, who did; and, once it
is decided, by whom and why.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import argument, button, put
from admin.console.place import Place
from admin.console.times import day_and_clock, span
from bot.authority.approval import ApprovalStatus
from bot.authority.approval_view import ApprovalView

Hands = Mapping[str, Callable[..., Awaitable[None]]]

_CHIP = {0: "", 1: "gold", 2: "bad", 3: "bad"}
_RISK = {"none": "", "low": "", "medium": "gold", "high": "bad", "critical": "bad"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and which of its questions stands open."""

    view: ApprovalView
    deadline: str
    """The sentence about the time that is left; part of the card, so that it is redrawn when it changes."""
    may_decide: bool
    may_cancel: bool
    is_open: bool
    mode: str
    """`"" | approve | reject | cancel`"""
    is_busy: bool


def asked_of(
    place: Place,
    view: ApprovalView,
    *,
    may_decide: bool,
    may_cancel: bool,
    is_open: bool,
    mode: str,
    is_busy: bool,
) -> Asked:
    """A request as it stands now; a card in which somebody writes shows no running time."""
    deadline = "" if mode in ("approve", "reject", "cancel") else _deadline(place, view)
    return Asked(view, deadline, may_decide, may_cancel, is_open, mode, is_busy)


def draw(place: Place, asked: Asked, hands: Hands) -> None:
    """The card."""
    view, say = asked.view, place.say
    is_pending = view.status is ApprovalStatus.PENDING
    look = "late" if view.level >= 2 else "" if is_pending else "decided-card"
    with put("section", f"card {look}", data_approval=view.id, data_status=view.status.value):
        with put("header", "card-who"):
            put("strong", "request-title", _of(place, view.title_ar, view.title_en), dir="auto")
            put("span", "chip-is blue", _named(place, "kind", view.kind))
            if is_pending:
                put("span", f"chip-is {_RISK[view.risk]}", say(f"risk_{view.risk}"))
                put("span", f"chip-is {_CHIP[view.level]}", _of(place, view.level_ar, view.level_en))
            else:
                put("span", f"chip-is {_ended(view)}", say(f"approval_{view.status}"))
        summary = _of(place, view.summary_ar, view.summary_en)
        if summary:
            put("p", "request-summary", summary, dir="auto")
        _draw_facts(place, view)
        _draw_steps(place, view)
        if asked.deadline:
            put("p", "faint tiny", asked.deadline)
        _draw_details(place, asked, hands)
        if is_pending:
            _draw_actions(place, asked, hands)


def _draw_facts(place: Place, view: ApprovalView) -> None:
    rows = [(_named(place, "fact", name), value) for name, value in view.facts.items()]
    if rows:
        with put("dl", "facts"):
            for name, value in rows:
                put("dt", text=name)
                put("dd", text=value, dir="auto")


def _draw_steps(place: Place, view: ApprovalView) -> None:
    say = place.say
    with put("ol", "yes-steps", aria_label=say("steps")):
        for step in view.steps:
            with put("li", "step done" if not step.is_open else "step"):
                put("span", "step-role", say(f"role_{step.role}"))
                if step.is_open:
                    put("span", "faint", say("step_open"))
                elif step.at is not None:
                    behalf = say("on_behalf", name=step.on_behalf_of.name) if step.on_behalf_of.id else ""
                    put("bdi", text=place.name_of(step.by.name))
                    put("span", "faint", " ".join(part for part in (behalf, day_and_clock(step.at)) if part))
    if view.four_eyes and view.status is ApprovalStatus.PENDING:
        put("p", "faint tiny", say("four_eyes"))


def _draw_details(place: Place, asked: Asked, hands: Hands) -> None:
    view, say = asked.view, place.say
    words = say("hide_details") if asked.is_open else say("show_details")
    button(words, hands["turn"], look="quiet small", data_turn=view.id, aria_expanded=str(asked.is_open).lower())
    if not asked.is_open:
        return
    rows = (
        ("asked_by", place.name_of(view.requested_by.name) or say("by_the_service")),
        ("asked_at", day_and_clock(view.created_at)),
        ("due_at", day_and_clock(view.due_at) if view.due_at else say("no_data")),
        ("expires_at", day_and_clock(view.expires_at) if view.expires_at else say("no_data")),
        ("about", view.resource),
        ("recipient", view.recipient or say("no_data")),
        ("class", f"{view.action} · {view.action_class}"),
        ("content", view.content_sha256),
        ("correlation", view.correlation_id or say("no_data")),
        ("number", view.id),
    )
    with put("dl", "facts"):
        for name, value in rows:
            put("dt", text=say(f"detail_{name}"))
            with put("dd", "code", dir="auto"):
                if name == "correlation" and view.correlation_id:
                    put("a", text=value, href=place.address("trace", id=value), data_trace=value)
                else:
                    put("span", text=value)
    if view.decided_at is not None:
        put(
            "p",
            "faint",
            say("decided_by", name=place.name_of(view.decided_by.name), at=day_and_clock(view.decided_at)),
        )
    if view.decision_note:
        put("blockquote", text=view.decision_note, dir="auto")


def _draw_actions(place: Place, asked: Asked, hands: Hands) -> None:
    say = place.say
    if not asked.may_decide and not asked.may_cancel:
        roles = asked.view.waits_for or ("approver",)
        put("p", "faint tiny", place.needs(tuple(dict.fromkeys(roles))))
        return
    with put("div", "actions"):
        if asked.may_decide:
            _question(place, asked, hands, "approve", "main", "check")
            _question(place, asked, hands, "reject", "", "no")
        if asked.may_cancel:
            _question(place, asked, hands, "cancel", "quiet", "back")
    if asked.mode not in ("approve", "reject", "cancel"):
        return
    key = f"note-{asked.view.id}"
    with put("div", "choice", role="group", aria_label=say(f"{asked.mode}_why")):
        put("p", text=say(f"{asked.mode}_why"))
        put(
            "textarea",
            "editor",
            "",
            aria_label=say(f"{asked.mode}_why"),
            data_note=key,
            data_autofocus="",
            dir="auto",
            maxlength="500",
        )

        async def sure(event: GenericEventArguments) -> None:
            await hands[asked.mode](argument(event))

        look = "main" if asked.mode == "approve" else "danger"
        pressed = button(say(f"{asked.mode}_sure"), look=look, data_sure=asked.mode)
        pressed.on("click", sure, js_handler=f"() => emit(document.querySelector('[data-note=\"{key}\"]').value)")
        if asked.is_busy:
            pressed.props.update({"disabled": ""})


def _question(place: Place, asked: Asked, hands: Hands, what: str, look: str, picture: str) -> None:
    button(
        place.say(f"do_{what}_request"),
        lambda: hands["ask"](what),
        look=look,
        picture=picture,
        data_do=what,
        aria_expanded=str(asked.mode == what).lower(),
    )


def _deadline(place: Place, view: ApprovalView) -> str:
    if view.status is not ApprovalStatus.PENDING or view.due_at is None:
        return ""
    now = place.now()
    left = span(view.due_at - now, place.language)
    words = place.say("overdue" if view.due_at <= now else "left", left=left)
    if view.expires_at is None:
        return words
    return f"{words} · {place.say('expires', left=span(view.expires_at - now, place.language))}"


def _ended(view: ApprovalView) -> str:
    return "good" if view.status is ApprovalStatus.APPROVED else "bad"


def _named(place: Place, family: str, name: str) -> str:
    """In the words of the page; a name that nobody has put into words is shown readable."""
    key = f"{family}_of_{name}"
    return place.say(key) if key in place.sentences else name.replace("_", " ")


def _of(place: Place, arabic: str, english: str) -> str:
    return arabic if place.language == "ar" else english
