"""Who stands in for whom on the page of settings; lending happens beside the approvals, ending here as well."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.settings_people import isolated
from admin.console.times import day_and_clock
from bot.authority.mandates import Delegation

Press = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Lent:
    """One delegation, as its card shows it."""

    lent: Delegation
    stands: str
    """`now`, `later`, `over` or `ended`."""
    may_end: bool
    asked: str
    is_busy: bool


def stands(lent: Delegation, now: datetime) -> str:
    """How a delegation stands at a moment."""
    if lent.revoked_at is not None:
        return "ended"
    if now < lent.from_at:
        return "later"
    return "now" if lent.holds_at(now) else "over"


def draw(place: Place, shown: Lent, press: Press) -> None:
    """The card."""
    lent, say = shown.lent, place.say
    is_open = shown.stands in ("now", "later")
    look = {"now": "good", "later": "blue"}.get(shown.stands, "")
    off = "" if is_open else " is-off"
    title = say(
        "lent_line",
        borrower=isolated(lent.borrower.name),
        lender=isolated(lent.lender.name),
        role=say(f"role_{lent.role}"),
    )
    with put("section", f"card setting-card{off}", data_lent=lent.id, data_stands=shown.stands):
        with put("header", "card-who"):
            put("h2", "request-title", title)
            put("span", f"chip-is {look}", say(f"lent_{shown.stands}"))
        with put("dl", "facts"):
            put("dt", text=say("fact_from"))
            put("dd", text=day_and_clock(lent.from_at))
            put("dt", text=say("fact_until"))
            put("dd", text=day_and_clock(lent.until_at))
            if lent.reason:
                put("dt", text=say("fact_reason"))
                put("dd", text=lent.reason, dir="auto")
        if is_open and shown.may_end:
            with put("div", "actions"):
                button(say("do_end"), lambda: press("ask:end"), look="danger", data_do="end")
        if shown.is_busy:
            put("p", "chip-is blue", say("at_work"), role="status")
        if shown.asked == "end" and is_open:
            with put("div", "choice setting-ask"):
                put("p", text=say("sure_end"))
                button(say("yes_end"), lambda: press("end"), look="danger", data_sure="end")
