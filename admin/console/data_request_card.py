"""One request of a contact about their own data: who, what, until when, and what is still to be done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import argument, button, put
from admin.console.place import Place
from admin.console.times import day_and_clock, span
from bot.phones import mask
from bot.privacy.data_requests import COMPLETED, PROCESSING, DataRequest

Press = Callable[..., Awaitable[None]]

# What each kind of request asks of whoever carries it out; the first is the main one.
_DEEDS = {
    "access": ("export", "complete", "reject"),
    "correction": ("correct", "reject"),
    "deletion": ("erase", "reject"),
    "restriction": ("complete", "reject"),
}

# These open a question first: words are needed, or it cannot be undone.
_ASKS = frozenset({"correct", "erase", "reject"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A request, and which of its questions stands open."""

    request: DataRequest
    deadline: str
    is_late: bool
    may_act: bool
    mode: str
    is_busy: bool


def shown_of(place: Place, request: DataRequest, *, may_act: bool, mode: str, is_busy: bool) -> Shown:
    """A request as it stands now."""
    now = place.now()
    is_late = request.is_overdue(now)
    deadline = ""
    if request.is_open and not mode:
        left = span(request.due_at - now, place.language)
        deadline = place.say("overdue" if is_late else "left", left=left)
    return Shown(request, deadline, is_late, may_act, mode, is_busy)


def draw(place: Place, shown: Shown, press: Press) -> None:
    """The card."""
    request, say = shown.request, place.say
    look = "card late" if shown.is_late else "card" if request.is_open else "card decided-card"
    with put("section", look, data_request=request.reference, data_status=request.status):
        with put("header", "card-who"):
            put("strong", "request-title", say(f"kind_{request.kind}"))
            put("span", "code", request.reference, dir="ltr")
            put("span", f"chip-is {_chip(request)}", say(f"status_{request.status}"))
            if shown.deadline:
                put("span", f"left {'late' if shown.is_late else ''}", shown.deadline)
        with put("dl", "facts"):
            for name, value in _facts(place, request):
                put("dt", text=say(f"fact_{name}"))
                put("dd", text=value, dir="auto")
        put("p", "faint tiny", say(f"means_{request.kind}"))
        if request.is_open and request.status == PROCESSING and request.kind == "deletion":
            put("p", "reason", say("still_erasing"))
        if request.export_sha256:
            put("p", "code", f"sha256 {request.export_sha256}", dir="ltr")
        if not shown.may_act:
            if request.is_open:
                put("p", "faint tiny", place.needs(("dpo", "admin")))
            return
        _draw_actions(place, shown, press)


def _chip(request: DataRequest) -> str:
    return {"completed": "good", "rejected": "bad", "processing": "blue"}.get(request.status, "gold")


def _facts(place: Place, request: DataRequest) -> list[tuple[str, str]]:
    subject = request.subject
    # Set apart: after Arabic the two halves of a masked number would change places.
    phone = f"\u2066{mask(subject.phone)}\u2069" if subject.phone else ""
    who = " · ".join(part for part in (subject.name, phone) if part)
    facts = [
        ("who", who or place.say("forgotten")),
        ("via", place.say(f"via_{request.via}") if f"via_{request.via}" in place.sentences else request.via),
        ("asked", day_and_clock(request.requested_at)),
        ("due", day_and_clock(request.due_at)),
    ]
    if request.closed_at is not None:
        facts.append(("closed", day_and_clock(request.closed_at)))
    if request.reason:
        facts.append(("reason", request.reason))
    if request.verified_at is not None:
        rows = sum(request.counts.values())
        facts.append(("verified", place.say("verified", at=day_and_clock(request.verified_at), n=rows)))
    return facts


def _draw_actions(place: Place, shown: Shown, press: Press) -> None:
    request, say = shown.request, place.say
    with put("div", "actions"):
        if request.is_open:
            for number, deed in enumerate(_DEEDS[request.kind]):
                what = f"ask:{deed}" if deed in _ASKS else deed
                look = "danger" if deed == "erase" else "main" if number == 0 else ""
                words = say(f"do_{deed}_{request.kind}" if deed == "complete" else f"do_{deed}")
                made = button(words, lambda what=what: press(what), look=look, data_do=deed)
                if shown.is_busy:
                    made.props.update({"disabled": ""})
        if request.export_sha256:
            for form in ("html", "json"):
                deed = f"download_{form}"
                button(say(f"do_{deed}"), lambda deed=deed: press(deed), look="quiet", data_do=deed)
        if request.kind == "restriction" and request.status == COMPLETED:
            button(say("do_lift"), lambda: press("lift"), data_do="lift")
    if shown.is_busy:
        put("p", "chip-is blue", say("at_work"), role="status")
    if shown.mode in _ASKS and request.is_open:
        _draw_question(place, request, shown.mode, press)


def _draw_question(place: Place, request: DataRequest, deed: str, press: Press) -> None:
    say, key = place.say, f"words-{request.id}"

    async def sure(event: GenericEventArguments) -> None:
        await press(deed, argument(event).strip())

    with put("div", "choice", role="group", aria_label=say(f"ask_{deed}")):
        put("p", text=say(f"ask_{deed}"))
        handler = "() => emit('')"
        if deed != "erase":
            put(
                "textarea",
                "editor",
                "",
                data_words=key,
                dir="auto",
                maxlength="500",
                aria_label=say(f"ask_{deed}"),
            )
            handler = f"() => emit(document.querySelector('[data-words=\"{key}\"]').value)"
        look = "danger" if deed in ("erase", "reject") else "main"
        made = button(say(f"sure_{deed}"), look=look, data_sure=deed)
        made.on("click", sure, js_handler=handler)
