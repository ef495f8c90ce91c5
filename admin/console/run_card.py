"""One run, or one thing that came in and could not be handled: how far it is, why it stands, what may be done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.intake import HANDLING_FAILED
from bot.runs.dead import DeadEvent
from bot.runs.run import WAITING, RunStatus
from bot.runs.view import RunView, StepView

Press = Callable[[str], Awaitable[None]]

_CHIPS = {
    RunStatus.COMPLETED: "good",
    RunStatus.FAILED: "bad",
    RunStatus.WAITING_APPROVAL: "gold",
    RunStatus.WAITING_EVENT: "gold",
    RunStatus.CANCELLED: "",
    RunStatus.COMPENSATED: "",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A run, as its card shows it; equal when the card need not be drawn anew."""

    view: RunView
    title: str
    status: str
    may_act: bool
    asked: str
    is_busy: bool


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """Something that came in, as its card shows it."""

    event: DeadEvent
    may_act: bool
    asked: str
    is_busy: bool


def shown_of(place: Place, view: RunView, may_act: bool, asked: str, is_busy: bool) -> Shown:
    """A run as it stands now."""
    title = view.title_ar if place.language == "ar" else view.title_en
    status = "parked" if view.run.is_parked else view.run.status.value
    # A heartbeat changes nothing that is shown.
    calm = replace(view, run=replace(view.run, lease_until=None, fence=0, v=0))
    return Shown(calm, title, status, may_act, asked, is_busy)


def draw(place: Place, shown: Shown, press: Press) -> None:
    """The card of a run."""
    view, run, say = shown.view, shown.view.run, place.say
    look = "card late" if view.is_dead else "card decided-card" if run.is_over else "card"
    with put("section", look, data_run=run.id, data_status=shown.status):
        with put("header", "card-who"):
            put("strong", "request-title", shown.title, dir="auto")
            put("span", "code", run.id, dir="ltr")
            put("span", f"chip-is {_CHIPS.get(run.status, 'blue')}", say(f"status_{shown.status}"))
        if run.error is not None and not run.is_over:
            with put("div", "reason", role="note", data_error=run.error.code):
                why = run.error.message_ar if place.language == "ar" else run.error.message_en
                put("p", text=why, dir="auto")
        _draw_bar(place, view)
        if view.steps:
            with put("ol", "run-steps", aria_label=say("steps")):
                for step in view.steps:
                    _draw_step(place, step)
        _draw_facts(_facts(place, view))
        if run.correlation_id:
            whole = place.address("trace", id=run.correlation_id)
            put("a", "tiny", say("whole_story"), href=whole, data_trace_of=run.correlation_id)
        if run.status is RunStatus.WAITING_APPROVAL:
            put("a", "btn small", say("to_approvals"), href=place.address("approvals"))
        if run.cancel_by.id and not run.is_over:
            put("p", "chip-is gold", say("cancel_asked"), role="status")
        if view.may_retry or view.may_cancel:
            deeds = [name for name, may in (("retry", view.may_retry), ("cancel", view.may_cancel)) if may]
            _draw_actions(place, deeds, shown.may_act, shown.asked, shown.is_busy, press)


def draw_event(place: Place, shown: ShownEvent, press: Press) -> None:
    """The card of something that came in."""
    event, say = shown.event, place.say
    with put("section", "card late", data_event=event.id):
        with put("header", "card-who"):
            put("strong", "request-title", say("event_title"))
            put("span", "code", place.channel(event.channel), dir="auto")
            put("span", "chip-is bad", say("status_parked_event"))
        _draw_facts(
            [
                (say("fact_came"), day_and_clock(event.received_at)),
                (say("fact_size"), say("bytes", n=event.size_bytes)),
                (say("fact_why"), _why(place, event.reason)),
            ]
        )
        put("p", "faint tiny", say("event_means"))
        _draw_actions(place, ["retry", "cancel"], shown.may_act, shown.asked, shown.is_busy, press, "event_")


def _why(place: Place, reason: str) -> str:
    """What intake says in English; whoever reads Arabic is told the kind of it, and then the same."""
    if reason == HANDLING_FAILED:
        return place.say("why_failed")
    return place.say("why_unread", reason=reason)


def _draw_bar(place: Place, view: RunView) -> None:
    words = f"{view.percent}%"
    told = view.progress
    if told is not None:
        note = told.note_ar if place.language == "ar" else told.note_en
        words = " · ".join(part for part in (words, f"\u2066{told.done}/{told.total}\u2069", note) if part)
    with put("div", "run-bar"):
        bar = put(
            "div",
            "run-meter",
            role="progressbar",
            aria_valuenow=str(view.percent),
            aria_valuemin="0",
            aria_valuemax="100",
            aria_label=place.say("progress"),
        )
        with bar:
            put("span").style(f"--done:{view.percent}%")
        put("span", "tiny", words, dir="auto")


def _draw_step(place: Place, step: StepView) -> None:
    title = step.title_ar if place.language == "ar" else step.title_en
    with put("li", f"run-step {step.state}", data_step=step.name, data_state=step.state):
        put("span", text=title, dir="auto")
        put("span", "tiny", place.say(f"step_{step.state}"))


def _facts(place: Place, view: RunView) -> list[tuple[str, str]]:
    run, say = view.run, place.say
    facts = [(say("fact_started"), day_and_clock(run.created_at))]
    if run.by.id:
        facts.append((say("fact_by"), place.name_of(run.by.name)))
    if run.status in WAITING:
        facts.append(
            (say("fact_waits"), say("waits_people" if run.waits_for[:9] == "approval:" else "waits_event"))
        )
        if run.wait_until is not None:
            facts.append((say("fact_until"), day_and_clock(run.wait_until)))
    elif run.next_run_at is not None and not view.is_dead:
        facts.append((say("fact_next"), day_and_clock(run.next_run_at)))
    if run.attempts:
        facts.append((say("fact_failures"), str(run.attempts)))
    if view.is_dead:
        facts.append((say("fact_stopped"), day_and_clock(run.error.at if run.error else run.updated_at)))
    if run.is_over:
        facts.append((say("fact_ended"), day_and_clock(run.updated_at)))
    return facts


def _draw_facts(facts: list[tuple[str, str]]) -> None:
    with put("dl", "facts"):
        for name, value in facts:
            put("dt", text=name)
            put("dd", text=value, dir="auto")


def _draw_actions(
    place: Place, deeds: list[str], may_act: bool, asked: str, is_busy: bool, press: Press, kind: str = ""
) -> None:
    say = place.say
    if not may_act:
        put("p", "faint tiny", place.needs(("admin",)))
        return
    with put("div", "actions"):
        for deed in deeds:
            what = "ask:cancel" if deed == "cancel" else deed
            look = "main" if deed == "retry" else "danger"
            made = button(say(f"{kind}do_{deed}"), lambda what=what: press(what), look=look, data_do=deed)
            if is_busy:
                made.props.update({"disabled": ""})
    if is_busy:
        put("p", "chip-is blue", say("at_work"), role="status")
    if asked == "cancel":
        with put("div", "ask"):
            put("p", text=say(f"{kind}sure_cancel"))
            button(say(f"{kind}yes_cancel"), lambda: press("cancel"), look="danger", data_sure="cancel")
