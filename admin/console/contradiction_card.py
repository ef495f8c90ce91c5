"""One contradiction: both sides beside each other, what they stop, what to do, and the decision."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import argument, button, gated, put
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.contradictions.kinds import BY_NAME, OF_CONTACTS
from bot.contradictions.register import Contradiction, Severity, Status

Press = Callable[[str, str], Awaitable[None]]

_CHIPS = {Severity.CRITICAL: "bad", Severity.HIGH: "gold", Severity.MEDIUM: "blue", Severity.LOW: ""}


@dataclass(frozen=True, slots=True)
class Shown:
    """A contradiction, as its card shows it; equal when the card need not be drawn anew."""

    one: Contradiction
    why_not: str
    """Why the visitor may not decide; empty when they may."""
    asked: str
    is_busy: bool


def draw(place: Place, shown: Shown, press: Press) -> None:
    """The card."""
    one, say, is_arabic = shown.one, place.say, place.language == "ar"
    kind = BY_NAME[one.detector]
    look = f"card contradiction is-{one.severity.value}" + ("" if one.is_active else " decided-card")
    with put(
        "section", look, data_contradiction=one.id, data_status=one.status.value, data_detector=one.detector
    ):
        with put("header", "card-who"):
            put("h2", "request-title", kind.title_ar if is_arabic else kind.title_en)
            put("span", f"chip-is {_CHIPS[one.severity]}", say(f"severity_{one.severity.value}"))
            put("span", "chip-is", say(f"status_{one.status.value}"), data_mark="")
        with put("div", "sides"):
            for name, side in (("a", one.a), ("b", one.b)):
                with put("div", "side-claim", role="group", aria_label=say(f"side_{name}")):
                    put("blockquote", "", side.claim, dir="auto")
                    put("cite", "", side.source, dir="auto")
        if one.is_active:
            with put("div", "contradiction-do"):
                blocks = kind.blocks_ar if is_arabic else kind.blocks_en
                if blocks:
                    put("p", "contradiction-blocks", blocks)
                put("strong", text=say("what_to_do"))
                put("p", text=kind.do_ar if is_arabic else kind.do_en)
        _draw_past(place, one)
        _draw_ways(place, one)
        _draw_deeds(place, shown, press)


def _draw_past(place: Place, one: Contradiction) -> None:
    say = place.say
    first, last = day_and_clock(one.first_seen_at), day_and_clock(one.last_seen_at)
    lines = [say("seen", n=one.seen_count, first=first, last=last)]
    if one.reopened:
        lines.append(say("reopened", n=one.reopened))
    if one.status is Status.ACCEPTED and one.accepted_until is not None:
        lines.append(say("until", at=day_and_clock(one.accepted_until)))
    put("p", "faint tiny", " · ".join(lines))
    if one.resolution and not one.is_active and one.resolved_at is not None:
        name = place.name_of(one.resolved_by_name) or say("by_service")
        put("p", text=one.resolution, dir="auto", data_resolution="")
        put("p", "faint tiny", say("settled_by", name=name, at=day_and_clock(one.resolved_at)))


def _draw_ways(place: Place, one: Contradiction) -> None:
    say = place.say
    if one.about and "inbox" in place.leaves:
        put("a", "btn small", say("to_talk"), href=place.address("inbox", conversation=one.about))
    elif one.detector not in OF_CONTACTS and one.detector != "manual":
        put("a", "btn small", say("to_book"), href=place.address("book"))


def _draw_deeds(place: Place, shown: Shown, press: Press) -> None:
    one, say = shown.one, place.say
    deeds = {
        Status.DETECTED: ("review", "resolve", "accept"),
        Status.REVIEWING: ("resolve", "accept"),
        Status.ACCEPTED: ("resolve",),
        Status.RESOLVED: (),
    }[one.status]
    if not deeds:
        return
    with put("div", "actions"):
        for deed in deeds:
            what = deed if deed == "review" else f"ask:{deed}"
            look = "main" if deed == "resolve" else ""
            gated(say(f"do_{deed}"), lambda what=what: press(what, ""), shown.why_not, look=look, data_do=deed)
    if shown.is_busy:
        put("p", "chip-is blue", say("at_work"), role="status")
    if shown.asked in deeds and not shown.why_not:
        _draw_question(place, one.id, shown.asked, press)


def _draw_question(place: Place, name: str, deed: str, press: Press) -> None:
    say = place.say

    async def sure(event: GenericEventArguments) -> None:
        await press(deed, argument(event).strip())

    with put("div", "choice", role="group", aria_label=say(f"ask_{deed}")):
        put("p", text=say(f"ask_{deed}"))
        put(
            "textarea",
            "editor",
            "",
            data_reason=name,
            dir="auto",
            maxlength="2000",
            aria_label=say(f"ask_{deed}"),
        )
        handler = f"() => emit(document.querySelector('[data-reason=\"{name}\"]').value)"
        made = button(say(f"sure_{deed}"), look="main", data_sure=deed)
        made.on("click", sure, js_handler=handler)
