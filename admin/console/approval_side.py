"""
Beside the list: what must be known, and who decides for whom meanwhile.

Lending one's yes takes a colleague and a last day; taking it back takes one press.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from nicegui.events import GenericEventArguments

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.times import RIYADH, day_and_clock
from bot.alerts import Alert
from bot.authority.mandates import Delegation
from bot.errors import BadRequest
from bot.people import Human

LENDERS = ("approver", "admin", "dpo")

# More than fits beside a list; the oldest are read over the API.
ALERTS_SHOWN = 8

_FORM = (
    "() => emit([document.querySelector('[data-lend-to]').value,"
    " document.querySelector('[data-lend-until]').value])"
)


@dataclass(frozen=True, slots=True)
class Side:
    """What stands there."""

    alerts: tuple[Alert, ...]
    delegations: tuple[Delegation, ...]
    """In force now or later."""
    colleagues: tuple[Human, ...]
    """To whom the visitor could lend a role."""


async def read(place: Place) -> Side:
    """As it is now."""
    trust, tenant_id, now = place.house.trust, place.tenant_id, place.now()
    alerts = await trust.alerts.addressed_to(tenant_id, place.visitor.id, place.roles, only_unseen=True)
    lent = await trust.authority.delegations.list(tenant_id)
    people = await trust.who.users.people(tenant_id)
    return Side(
        tuple(alerts[:ALERTS_SHOWN]),
        tuple(d for d in lent if d.revoked_at is None and d.until_at > now),
        tuple(user.human for user in people.users if user.is_active and user.human.id != place.visitor.id),
    )


def draw(place: Place, side: Side, changed: Callable[[], None]) -> None:
    """Alerts, then who stands in for whom."""
    _draw_alerts(place, side, changed)
    _draw_delegations(place, side, changed)


def _draw_alerts(place: Place, side: Side, changed: Callable[[], None]) -> None:
    say = place.say
    with put("section", "sheet", data_alerts=""):
        with put("div", "sheet-head"):
            put("h2", text=say("alerts"))
        if not side.alerts:
            put("p", "faint", say("no_alerts"))
        for alert in side.alerts:
            with put("div", "alert-row", data_alert=alert.id):
                put("strong", text=alert.title(place.language), dir="auto")
                if alert.detail:
                    put("p", "faint tiny", alert.detail, dir="auto")
                put("span", "faint tiny", day_and_clock(alert.at))
                if alert.correlation_id:
                    whole = place.address("trace", id=alert.correlation_id)
                    put("a", "tiny", say("whole_story"), href=whole, data_trace_of=alert.correlation_id)

                async def seen(alert_id: str = alert.id) -> None:
                    await place.house.trust.alerts.seen(place.tenant_id, alert_id, place.visitor.id)
                    changed()

                button(say("seen"), place.later(seen), look="quiet small", data_seen=alert.id)


def _draw_delegations(place: Place, side: Side, changed: Callable[[], None]) -> None:
    say = place.say
    with put("section", "sheet", data_delegations=""):
        with put("div", "sheet-head"):
            put("h2", text=say("standing_in"))
        put("p", "faint tiny", say("standing_in_is"))
        for lent in side.delegations:
            with put("div", "alert-row", data_delegation=lent.id):
                put(
                    "strong",
                    text=say(
                        "lent_line",
                        borrower=lent.borrower.name,
                        lender=lent.lender.name,
                        role=say(f"role_{lent.role}"),
                    ),
                    dir="auto",
                )
                put("span", "faint tiny", say("lent_until", at=day_and_clock(lent.until_at)))
                if place.visitor.id in (lent.lender.id, lent.borrower.id) or place.may(("admin",)):

                    async def end(delegation_id: str = lent.id) -> None:
                        place.require()
                        await place.house.trust.authority.delegations.revoke(
                            place.tenant_id, delegation_id, place.visitor, tuple(place.roles)
                        )
                        changed()

                    button(say("end_it"), place.later(end, "ok_ended"), look="quiet small", data_end=lent.id)
        if place.may(LENDERS):
            _draw_form(place, side, changed)


def _draw_form(place: Place, side: Side, changed: Callable[[], None]) -> None:
    say = place.say
    if not side.colleagues:
        put("p", "faint tiny", say("no_colleagues"))
        return

    async def lend(borrower_id: str, until: str) -> None:
        place.require(*LENDERS)
        borrower = next((human for human in side.colleagues if human.id == borrower_id), None)
        if borrower is None:
            raise BadRequest("choose who stands in", "اختر من ينوب")
        now = place.now()
        role = "dpo" if "dpo" in place.roles and not place.may(("approver", "admin")) else "approver"
        await place.house.trust.authority.delegations.lend(
            place.tenant_id,
            place.visitor,
            tuple(place.roles),
            borrower,
            role=role,
            from_at=now,
            until_at=_end_of(until),
        )
        changed()

    async def pressed(event: GenericEventArguments) -> None:
        borrower_id, until = event.args
        await place.act(lend(borrower_id, until), "ok_lent")

    today = place.now().astimezone(RIYADH).date()
    with put("div", "lend-form"):
        with put("label"):
            put("span", text=say("lend_to"))
            with put("select", "pick", data_lend_to=""):
                for human in side.colleagues:
                    put("option", text=human.name, value=human.id)
        with put("label"):
            put("span", text=say("lend_until"))
            put(
                "input",
                "pick",
                type="date",
                value=(today + timedelta(days=1)).isoformat(),
                min=today.isoformat(),
                data_lend_until="",
            )
        made = button(say("lend"), picture="hand", data_lend="")
        made.on("click", pressed, js_handler=_FORM)


def _end_of(day: str) -> datetime:
    """The last moment of a day in Riyadh. Raises BadRequest."""
    try:
        wanted = datetime.fromisoformat(day).date()
    except ValueError as unreadable:
        raise BadRequest("choose the last day", "اختر آخر يوم") from unreadable
    return datetime.combine(wanted + timedelta(days=1), time(0), RIYADH)
