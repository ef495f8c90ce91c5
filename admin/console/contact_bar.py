"""
Who answers the chosen lead, and what a human may do about it: take over, write, hand back, record what happened.

Rule: the field in which Sami writes is drawn once for each takeover, so that nothing takes words from his hands.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nicegui.events import GenericEventArguments

from admin.console.draw import Part, argument, button, gated, put
from admin.console.lead import Caller
from admin.console.place import DECIDES, Place
from admin.console.scene import Deal
from admin.console.sentences import SENTENCES
from admin.console.times import clock
from flows import deal as lifecycle

# What the timeline keeps as the source of a step that was recorded on a page.
EVIDENCE = "recorded by hand on the {leaf} page"

_SEND_ON_ENTER = (
    "(e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing)"
    " { e.preventDefault(); dealix.send(e.target, emit); } }"
)


@dataclass(frozen=True, slots=True)
class _Answering:
    conversation_id: str
    name: str
    mode: str
    """`bot | human | opted_out`"""
    human_until: datetime | None
    sends_paused: str


class ContactBar:
    """The strip above the queue."""

    def __init__(self, place: Place, caller: Callable[[], Caller], *, has_writer: bool = True) -> None:
        """`has_writer`: False where one writes elsewhere on the page."""
        self._place = place
        self._caller = caller
        self._has_writer = has_writer
        # On the simulator everybody is Sami.
        self._why_not = "" if not place.role or place.may(DECIDES) else place.needs(DECIDES)

    def build(self) -> None:
        self._strip = put("section", "contact off")
        with self._strip:
            self._who = Part(put("div"), self._draw_who)
            self._writer = Part(put("div", "writer-slot"), self._draw_writer)
            self._do = Part(put("div"), self._draw_do)
            self._events = Part(put("div"), self._draw_events)

    def show(self, deal: Deal | None) -> None:
        """Nothing stands here before the lead has written."""
        if deal is None:
            self._strip.classes(replace="contact off")
            return
        mode = "opted_out" if deal.is_opted_out else deal.mode
        if self._strip.props.get("data-mode") != mode or "off" in self._strip.classes:
            self._strip.classes(replace=f"contact is-{mode}")
            self._strip.props.update({"data-mode": mode})
        # Isolated, so that an Arabic name does not reorder an English sentence.
        name = f"\u2068{self._caller().name}\u2069"
        answering = _Answering(deal.conversation_id, name, mode, deal.human_until, deal.sends_paused)
        self._who.show(answering)
        self._writer.show(deal.conversation_id if mode == "human" and self._has_writer else "")
        self._do.show((deal.conversation_id, mode))
        self._events.show((deal.conversation_id, deal.stage))

    def _draw_who(self, answering: _Answering) -> None:
        say, paused = self._place.say, answering.sends_paused
        match answering.mode:
            case "opted_out":
                put("p", text=say("is_opted_out", name=answering.name))
            case "human":
                at = clock(answering.human_until) if answering.human_until else "…"
                put("p", text=say("with_human", name=answering.name, at=at))
            case _:
                put("p", text=say("with_bot", name=answering.name))
        if paused:
            why = f"paused_{paused}"
            put("p", "flag", say("sends_paused", why=say(why) if why in SENTENCES else paused))

    def _draw_do(self, answering: tuple[str, str]) -> None:
        conversation_id, mode = answering
        say = self._place.say
        if mode == "human":
            gated(
                say("do_hand_back"),
                self._hand_back(conversation_id),
                self._why_not,
                picture="back",
                data_hand_back="",
            )
        elif mode == "bot":
            gated(
                say("do_take_over"),
                self._take_over(conversation_id),
                self._why_not,
                picture="hand",
                data_take_over="",
            )

    def _draw_writer(self, conversation_id: str) -> None:
        if not conversation_id:
            return
        say = self._place.say
        with put("div", "writer"):
            field = put(
                "textarea",
                rows="1",
                placeholder=say("write_as_sami"),
                aria_label=say("write_as_sami"),
                data_write="",
                dir="auto",
                maxlength="4096",
            )
            send = button("", look="main round", picture="send", aria_label=say("send"))

        async def wrote(event: GenericEventArguments) -> None:
            approvals = self._place.house.approvals
            text = argument(event)
            visitor = self._place.visitor
            doing = self._asked(lambda: approvals.write(self._place.tenant_id, conversation_id, visitor, text))
            await self._place.send(text, doing, "[data-write]", "ok_written")

        field.on("keydown", wrote, js_handler=_SEND_ON_ENTER)
        send.on("click", wrote, js_handler="() => dealix.send(document.querySelector('[data-write]'), emit)")

    def _draw_events(self, at: tuple[str, str]) -> None:
        conversation_id, stage = at
        possible = [
            e
            for e in lifecycle.allowed(stage)
            if lifecycle.may(stage, e, "approver") and e in lifecycle.SYSTEM_EVENTS
        ]
        if not possible or self._why_not:
            return
        say = self._place.say
        with put("details", "events"):
            put("summary", text=say("record"))
            put("p", "faint", say("record_hint"))
            with put("div", "actions"):
                for event in possible:
                    button(
                        say(f"event_{event}"), self._record(conversation_id, event), look="pill", data_event=event
                    )

    def _record(self, conversation_id: str, event: str) -> Callable[[], Awaitable[bool]]:
        place = self._place
        evidence = EVIDENCE.format(leaf=place.leaf)
        return self._later(
            lambda: place.house.approvals.system_event(
                place.tenant_id, conversation_id, event, place.visitor, evidence
            ),
            "ok_recorded",
        )

    def _take_over(self, conversation_id: str) -> Callable[[], Awaitable[bool]]:
        place = self._place
        return self._later(
            lambda: place.house.approvals.take_over(place.tenant_id, conversation_id, place.visitor),
            "ok_taken_over",
        )

    def _hand_back(self, conversation_id: str) -> Callable[[], Awaitable[bool]]:
        place = self._place
        return self._later(
            lambda: place.house.approvals.hand_back(place.tenant_id, conversation_id, place.visitor),
            "ok_handed_back",
        )

    def _later(self, deed: Callable[[], Awaitable[Any]], done: str) -> Callable[[], Awaitable[bool]]:
        return self._place.later(lambda: self._asked(deed), done)

    async def _asked(self, deed: Callable[[], Awaitable[Any]]) -> None:
        if self._place.role:
            self._place.require(*DECIDES)
        await deed()
