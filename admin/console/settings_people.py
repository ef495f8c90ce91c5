"""
The people of a tenant on the page of settings: one card each, and a form for somebody new.

Rule: a code to bind a Telegram account is shown to the admin who made it until it is put away, and kept nowhere.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import button, gated, put
from admin.console.place import Place
from admin.console.times import day
from bot.access import LONGEST_NAME, ROLES
from bot.access.user import User

Press = Callable[[str, tuple[str, ...]], Awaitable[None]]
Add = Callable[[str, str, tuple[str, ...]], Awaitable[None]]

# A user is a person; what programs may do is said by their keys.
OF_PEOPLE = tuple(role for role in ROLES if role != "service")

# What is asked once more, because somebody is cut off by it.
ASKED_ONCE_MORE = ("deactivate", "log_out", "unbind")

_NEW = (
    "() => emit([document.querySelector('[data-new-name]').value,"
    " document.querySelector('[data-new-email]').value,"
    " [...document.querySelectorAll('[data-new-role]:checked')].map((one) => one.value)])"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A user, as the card shows them; equal when it need not be drawn anew."""

    user: User
    is_visitor: bool
    asked: str
    is_busy: bool
    why_no_code: str
    """Why no code for Telegram can be made; empty when it can."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """The form; another number is an empty form."""

    number: int
    is_first: bool


def draw(place: Place, shown: Person, press: Press) -> None:
    """The card of somebody."""
    user, say = shown.user, place.say
    look = "card setting-card" if user.is_active else "card setting-card is-off"
    with put("section", look, data_user=user.id, data_active="yes" if user.is_active else "no"):
        with put("header", "card-who"):
            put("h2", "request-title", user.name, dir="auto")
            if shown.is_visitor:
                put("span", "chip-is blue", say("it_is_you"))
            put("span", f"chip-is {'good' if user.is_active else 'bad'}", _stands(place, user), data_stands="")
        with put("div", "setting-roles"):
            for role in ROLES:
                if role in user.roles:
                    put("span", "chip-is", say(f"role_{role}"), title=say(f"role_{role}_does"), data_role=role)
        with put("dl", "facts"):
            for name, value in _facts(place, user):
                put("dt", text=say(name))
                put("dd", text=value, dir="auto")
        _draw_deeds(place, shown, press)
        if shown.is_busy:
            put("p", "chip-is blue", say("at_work"), role="status")
        if shown.asked == "roles":
            _draw_roles(place, user, press)
        elif shown.asked in ASKED_ONCE_MORE:
            _draw_sure(place, shown, press)


def _stands(place: Place, user: User) -> str:
    return place.say("user_active" if user.is_active else "user_off")


def _facts(place: Place, user: User) -> list[tuple[str, str]]:
    say = place.say
    telegram = say("bound", id=f"\u2066{user.telegram_id}\u2069") if user.telegram_id else say("not_bound")
    known = f"\u2066{user.email}\u2069" if user.email else say("no_email")
    return [("fact_email", known), ("fact_telegram", telegram), ("fact_since", day(user.created_at))]


def _draw_deeds(place: Place, shown: Person, press: Press) -> None:
    user, say = shown.user, place.say
    with put("div", "actions"):
        button(say("do_roles"), lambda: press("ask:roles", ()), data_do="roles")
        if user.is_active:
            no_code = shown.why_no_code
            gated(say("do_code"), lambda: press("code", ()), no_code, look="quiet", data_do="code")
            if user.telegram_id:
                button(say("do_unbind"), lambda: press("ask:unbind", ()), look="quiet", data_do="unbind")
            button(say("do_log_out"), lambda: press("ask:log_out", ()), look="quiet", data_do="log_out")
            button(say("do_deactivate"), lambda: press("ask:deactivate", ()), look="danger", data_do="deactivate")
        else:
            button(say("do_activate"), lambda: press("activate", ()), look="main", data_do="activate")


def _draw_roles(place: Place, user: User, press: Press) -> None:
    say = place.say

    async def chosen(event: GenericEventArguments) -> None:
        await press("roles", tuple(str(role) for role in event.args))

    with put("div", "choice setting-ask", role="group", aria_label=say("roles_of", name=user.name)):
        put("p", text=say("roles_of", name=isolated(user.name)))
        # One that somebody has besides stays in the choice: saving must not take away what was not shown.
        offered = tuple(role for role in ROLES if role in OF_PEOPLE or role in user.roles)
        draw_choice(place, offered, user.roles, "data_role_of", user.id)
        put("p", "faint tiny", say("roles_count_at_once"))
        made = button(say("save_roles"), look="main", data_sure="roles")
        made.on("click", chosen, js_handler=_ticked(f"[data-role-of='{user.id}']"))


def _draw_sure(place: Place, shown: Person, press: Press) -> None:
    say, deed = place.say, shown.asked
    with put("div", "choice setting-ask"):
        put("p", text=say(f"sure_{deed}", name=isolated(shown.user.name)))
        if shown.is_visitor:
            put("p", text=say("sure_it_is_you"))
        button(say(f"yes_{deed}"), lambda: press(deed, ()), look="danger", data_sure=deed)


def draw_new(place: Place, form: NewPerson, add: Add) -> None:
    """The form for somebody new."""
    say = place.say

    async def pressed(event: GenericEventArguments) -> None:
        name, email, roles = event.args
        await add(str(name).strip(), str(email).strip(), tuple(str(role) for role in roles))

    with put("section", "sheet", data_new_user=""):
        with put("div", "sheet-head"):
            put("h2", text=say("new_user"))
        put("p", "faint tiny", say("first_user_is" if form.is_first else "new_user_is"))
        with put("div", "lend-form setting-form"):
            with put("label"):
                put("span", text=say("new_name"))
                put("input", "pick", type="text", data_new_name="", dir="auto", maxlength=str(LONGEST_NAME))
            with put("label"):
                put("span", text=say("new_email"))
                put("input", "pick", type="text", data_new_email="", dir="ltr", maxlength="254")
            with put("div", "wide", role="group", aria_label=say("new_roles")):
                put("p", "faint tiny", say("new_roles"))
                draw_choice(place, OF_PEOPLE, frozenset(), "data_new_role", "")
            made = button(say("add_user"), look="main", data_add_user="")
            made.on("click", pressed, js_handler=_NEW)


def draw_choice(place: Place, roles: tuple[str, ...], ticked: frozenset[str], mark: str, value: str) -> None:
    """Roles to tick, each with what it does."""
    say = place.say
    with put("div", "setting-ticks"):
        for role in roles:
            with put("label", "setting-tick", title=say(f"role_{role}_does")):
                box = put("input", type="checkbox", value=role, **{mark: value})
                if role in ticked:
                    box.props.update({"checked": ""})
                put("span", text=say(f"role_{role}"))


def _ticked(selector: str) -> str:
    return f'() => emit([...document.querySelectorAll("{selector}:checked")].map((one) => one.value))'


def isolated(name: str) -> str:
    """A name of any script inside a sentence: it turns nothing around."""
    return f"\u2068{name}\u2069"
