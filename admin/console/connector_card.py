"""One connector: its state and why, its numbers, a strip of its history, its standard, and what may be done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from nicegui.events import GenericEventArguments

from admin.console.draw import argument, button, gated, put
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.connectors.standings import Standing
from bot.connectors.states import State

Press = Callable[[str, str], Awaitable[None]]

_CHIPS = {
    State.OK: "good",
    State.DEGRADED: "gold",
    State.DOWN: "bad",
    State.AUTH_FAILED: "bad",
    State.UNKNOWN: "blue",
    State.DISABLED: "gold",
    State.NOT_CONFIGURED: "",
}


@dataclass(frozen=True, slots=True)
class Square:
    """One look of the past."""

    state: str
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A connector, as its card shows it; equal when the card need not be drawn anew."""

    standing: Standing
    strip: tuple[Square, ...]
    may_check: bool
    may_switch: bool
    asked: str
    is_busy: bool


def draw(place: Place, shown: Shown, press: Press) -> None:
    """The card."""
    one, say = shown.standing, place.say
    connector = one.connector
    with put(
        "section",
        f"card connector is-{one.state.value}",
        data_connector=connector.key,
        data_stands=one.state.value,
    ):
        with put("header", "card-who"):
            put("h2", "request-title", connector.called(place.language))
            put("span", "code", connector.key, dir="ltr")
            put("span", f"chip-is {_CHIPS[one.state]}", say(f"state_{one.state.value}"), data_mark="")
        why = one.why_ar if place.language == "ar" else one.why_en
        if why:
            put("p", "connector-why", why, dir="auto", data_why="")
        if one.is_configured or one.kept.is_disabled:
            _draw_facts(place, one)
            _draw_strip(place, shown.strip)
        _draw_standard(place, one)
        _draw_deeds(place, shown, press)


def _draw_facts(place: Place, one: Standing) -> None:
    say, kept, seen = place.say, one.kept, one.seen
    facts = []
    if one.since is not None:
        facts.append(("since", day_and_clock(one.since)))
    if kept.is_disabled and kept.disabled_at is not None:
        who = say("switched", name=place.name_of(kept.disabled_by), at=day_and_clock(kept.disabled_at))
        facts[-1:] = [("since", who)]
    rate = seen.success_rate if seen else None
    calls = say("no_calls")
    if seen is not None and rate is not None:
        calls = say("success_of", rate=f"\u2066{rate:.1%}\u2069", calls=seen.calls)
    facts.append(("success", calls))
    if seen is not None and seen.p95_ms is not None:
        facts.append(("p95", say("seconds", n=f"{seen.p95_ms / 1000:.2f}")))
    at = kept.last_success_at
    facts.append(("last_success", day_and_clock(at) if at else say("never")))
    if kept.last_error_at is not None:
        said = kept.last_error_ar if place.language == "ar" else kept.last_error_en
        facts.append(("last_error", f"{day_and_clock(kept.last_error_at)} · {said}"))
    if kept.looked_at is not None:
        facts.append(("looked", day_and_clock(kept.looked_at)))
    if len(one.channels) > 1:
        facts.append(("channels", ", ".join(one.channels)))
    with put("dl", "facts"):
        for name, value in facts:
            put("dt", text=say(f"fact_{name}"))
            put("dd", text=value, dir="auto", data_fact=name)


def _draw_strip(place: Place, strip: tuple[Square, ...]) -> None:
    say = place.say
    if not strip:
        put("p", "faint tiny", say("history_none"))
        return
    with put("div", "connector-strip", role="img", aria_label=say("history"), data_strip=""):
        for square in strip:
            title = f"{say(f'state_{square.state}')} · {day_and_clock(square.at)}"
            put("span", f"is-{square.state} {square.what}", title=title)
    put("p", "faint tiny", say("history"))


def _draw_standard(place: Place, one: Standing) -> None:
    say, connector, is_arabic = place.say, one.connector, place.language == "ar"
    facts = (
        ("version", connector.version),
        ("timeout", say("seconds", n=f"{connector.timeout_seconds:g}")),
        ("retry", connector.retry_ar if is_arabic else connector.retry_en),
        ("idempotent", say("idempotent_yes" if connector.is_idempotent else "idempotent_no")),
        ("approval", connector.approval_ar if is_arabic else connector.approval_en),
        ("data", say(f"data_{connector.data}")),
        ("audit", ", ".join((*connector.audit_events, "connector_changed"))),
    )
    with put("details", "connector-standard"):
        put("summary", text=say("standard"))
        with put("dl", "facts"):
            for name, value in facts:
                put("dt", text=say(f"std_{name}"))
                put("dd", text=value, dir="auto")


def _draw_deeds(place: Place, shown: Shown, press: Press) -> None:
    one, say = shown.standing, place.say
    connector = one.connector
    with put("div", "actions"):
        if one.is_configured:
            why_not = "" if shown.may_check else say("needs_approver")
            gated(say("do_check"), lambda: press("check", ""), why_not, look="main", data_do="check")
        if connector.can_be_disabled:
            deed = "enable" if one.kept.is_disabled else "disable"
            why_not = "" if shown.may_switch else place.needs(("admin",))
            look = "danger" if one.is_configured and not one.kept.is_disabled else ""
            gated(say(f"do_{deed}"), lambda: press(f"ask:{deed}", ""), why_not, look=look, data_do=deed)
        else:
            put("p", "faint tiny", connector.fixed_ar if place.language == "ar" else connector.fixed_en)
    if shown.is_busy:
        put("p", "chip-is blue", say("at_work"), role="status")
    if shown.asked and shown.may_switch:
        _draw_question(place, connector.key, shown.asked, press)


def _draw_question(place: Place, key: str, deed: str, press: Press) -> None:
    say = place.say

    async def sure(event: GenericEventArguments) -> None:
        await press(deed, argument(event).strip())

    with put("div", "choice", role="group", aria_label=say(f"ask_{deed}")):
        put("p", text=say(f"ask_{deed}"))
        put(
            "textarea",
            "editor",
            "",
            data_reason=key,
            dir="auto",
            maxlength="500",
            aria_label=say(f"ask_{deed}"),
        )
        handler = f"() => emit(document.querySelector('[data-reason=\"{key}\"]').value)"
        made = button(say(f"sure_{deed}"), look="danger" if deed == "disable" else "main", data_sure=deed)
        made.on("click", sure, js_handler=handler)
