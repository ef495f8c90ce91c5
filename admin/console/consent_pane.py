"""What one contact has agreed to, as a grid of channel and purpose, and every event behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import argument, button, put
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.phones import mask
from bot.privacy.consent import BASES, CHANNELS, PURPOSES
from bot.privacy.consents import Shown, Wanted

# Older events are read over the API.
EVENTS_SHOWN = 20

_FORM = (
    "() => emit(['channel', 'purpose', 'basis', 'evidence'].map("
    "name => document.querySelector(`[data-grant-${name}]`).value))"
)


@dataclass(frozen=True, slots=True)
class Held:
    """What is shown, and whether the visitor may change it."""

    shown: Shown
    may_act: bool


def draw(
    place: Place,
    held: Held,
    grant: Callable[[Wanted], Awaitable[None]],
    revoke: Callable[[str], Awaitable[None]],
) -> None:
    """The grid, the events, and the two things one can do."""
    say, shown = place.say, held.shown
    with put("div", "consents", data_consents=shown.contact_id):
        put("p", text=mask(shown.phone) if shown.phone else say("no_phone"), dir="ltr")
        found = {(channel, purpose): answer for channel, purpose, answer in shown.now}
        with put("div", "scroll-x"), put("table", "heat consent-grid"):
            with put("thead"), put("tr"):
                put("td")
                for channel in CHANNELS:
                    put("th", text=say(f"channel_{channel}"), scope="col")
            with put("tbody"):
                for purpose in PURPOSES:
                    with put("tr"):
                        put("th", text=say(f"purpose_{purpose}"), scope="row")
                        for channel in CHANNELS:
                            answer = found[channel, purpose]
                            why = answer.reason_ar if place.language == "ar" else answer.reason_en
                            with put("td", title=why, data_allowed=f"{channel}/{purpose}:{answer.is_allowed}"):
                                put(
                                    "span",
                                    f"chip-is {'good' if answer.is_allowed else ''}",
                                    say("allowed" if answer.is_allowed else "refused"),
                                )
        put("h4", text=say("events"))
        if not shown.events:
            put("p", "faint", say("no_events"))
        for event in sorted(shown.events, key=lambda e: e.recorded_at, reverse=True)[:EVENTS_SHOWN]:
            with put("div", "alert-row"):
                what = say(
                    "event_line",
                    channel=_named(place, "channel", event.channel),
                    purpose=_named(place, "purpose", event.purpose),
                )
                put("strong", text=f"{say(f'event_{event.action}')} · {what}")
                put(
                    "span",
                    "faint tiny",
                    f"{day_and_clock(event.at)} · {_named(place, 'via', event.source)} · {event.evidence_ref}",
                    dir="auto",
                )
                if event.text:
                    put("blockquote", text=event.text, dir="auto")
        if held.may_act:
            _draw_forms(place, grant, revoke)


def _named(place: Place, family: str, name: str) -> str:
    key = f"{family}_{name}"
    return place.say(key) if key in place.sentences else name


def _draw_forms(
    place: Place, grant: Callable[[Wanted], Awaitable[None]], revoke: Callable[[str], Awaitable[None]]
) -> None:
    say = place.say

    async def granted(event: GenericEventArguments) -> None:
        channel, purpose, basis, evidence = event.args
        await grant(Wanted(channel, purpose, basis, evidence.strip()))

    async def revoked(event: GenericEventArguments) -> None:
        await revoke(argument(event).strip())

    with put("details", "because"):
        put("summary", text=say("grant"))
        with put("div", "lend-form"):
            for name, values in (("channel", CHANNELS), ("purpose", PURPOSES), ("basis", BASES)):
                with put("label"):
                    put("span", text=say(f"grant_{name}"))
                    with put("select", "pick", **{f"data-grant-{name}": ""}):
                        for value in values:
                            put("option", text=_named(place, name, value), value=value)
            with put("label"):
                put("span", text=say("grant_evidence"))
                put("input", "pick", data_grant_evidence="", dir="auto", maxlength="300")
            made = button(say("grant_sure"), look="main", data_grant="")
            made.on("click", granted, js_handler=_FORM)
    with put("details", "because"):
        put("summary", text=say("revoke"))
        with put("div", "lend-form"):
            with put("label"):
                put("span", text=say("revoke_why"))
                put("input", "pick", data_revoke_evidence="", dir="auto", maxlength="300")
            made = button(say("revoke_sure"), look="danger", data_revoke="")
            made.on(
                "click", revoked, js_handler="() => emit(document.querySelector('[data-revoke-evidence]').value)"
            )
