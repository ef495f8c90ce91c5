"""
Keys of machines on the page of settings: one card each, a form that makes one, and the secret that is shown once.

Rule: the key itself is on the page of the admin who made it until it is put away or the page is left.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from nicegui.events import GenericEventArguments

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.settings_people import draw_choice, isolated
from admin.console.times import day_and_clock
from bot.access import LONGEST_NAME, MACHINE_ROLES
from bot.access.kept import MachineKey
from bot.access.machine_keys import LONGEST_DAYS, SCOPES

Press = Callable[[str], Awaitable[None]]

DAYS = 90
READ_ONLY = "read"

_NEW = (
    "() => emit([document.querySelector('[data-key-name]').value,"
    " [...document.querySelectorAll('[data-key-role]:checked')].map((one) => one.value),"
    " [...document.querySelectorAll('[data-key-scope]:checked')].map((one) => one.value),"
    " document.querySelector('[data-key-reach]').value, document.querySelector('[data-key-days]').value])"
)
# Without TLS a browser has no clipboard for scripts, except on this very machine; selecting works everywhere.
_COPY = (
    "async () => { const pre = document.querySelector('[data-secret-text]');"
    " getSelection().selectAllChildren(pre);"
    " if (navigator.clipboard) await navigator.clipboard.writeText(pre.textContent);"
    " else document.execCommand('copy'); emit(); }"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was filled in."""

    name: str
    roles: frozenset[str]
    scopes: frozenset[str]
    days: str


Make = Callable[[Wanted], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Key:
    """A key, as its card shows it; equal when it need not be drawn anew."""

    key: MachineKey
    stands: str
    """`good`, `expired` or `revoked`."""
    asked: str
    is_busy: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """The form; another number is an empty form."""

    number: int


@dataclass(frozen=True, slots=True)
class Secret:
    """What is shown this once: a key, or a code for Telegram."""

    kind: str
    owner: str
    text: str


def stands(key: MachineKey, now: datetime) -> str:
    """How a key stands at a moment."""
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.is_good(now) else "expired"


def draw(place: Place, shown: Key, press: Press) -> None:
    """The card of a key."""
    key, say = shown.key, place.say
    look = {"good": "good", "expired": "gold", "revoked": "bad"}[shown.stands]
    off = "" if shown.stands == "good" else " is-off"
    with put("section", f"card setting-card{off}", data_key_id=key.id, data_stands=shown.stands):
        with put("header", "card-who"):
            put("h2", "request-title", key.name, dir="auto")
            put("span", f"chip-is {look}", say(f"key_{shown.stands}"))
        put("p", "code setting-code", f"{key.shown}.…", dir="ltr")
        with put("dl", "facts"):
            for name, value in _facts(place, key):
                put("dt", text=say(name))
                put("dd", text=value, dir="auto")
        if shown.stands == "good":
            with put("div", "actions"):
                button(say("do_revoke"), lambda: press("ask:revoke"), look="danger", data_do="revoke")
        if shown.is_busy:
            put("p", "chip-is blue", say("at_work"), role="status")
        if shown.asked == "revoke" and shown.stands == "good":
            with put("div", "choice setting-ask"):
                put("p", text=say("sure_revoke", name=isolated(key.name)))
                button(say("yes_revoke"), lambda: press("revoke"), look="danger", data_sure="revoke")


def _facts(place: Place, key: MachineKey) -> list[tuple[str, str]]:
    say = place.say
    facts = [
        ("fact_roles", " · ".join(say(f"role_{role}") for role in MACHINE_ROLES if role in key.roles)),
        ("fact_scopes", f"\u2066{', '.join(sorted(key.scopes))}\u2069"),
        (
            "fact_made",
            say("made_by", at=day_and_clock(key.created_at), name=isolated(place.name_of(key.created_by.name))),
        ),
        ("fact_expires", day_and_clock(key.expires_at)),
        ("fact_used", day_and_clock(key.last_used_at) if key.last_used_at else say("never_used")),
    ]
    if key.revoked_at is not None:
        facts.append(("fact_revoked", day_and_clock(key.revoked_at)))
    return facts


def draw_new(place: Place, make: Make) -> None:
    """The form that makes a key."""
    say = place.say

    async def pressed(event: GenericEventArguments) -> None:
        name, roles, scopes, reach, days = event.args
        ending = ":read" if reach == READ_ONLY else ""
        await make(
            Wanted(str(name).strip(), frozenset(roles), frozenset(f"{one}{ending}" for one in scopes), str(days))
        )

    with put("section", "sheet", data_new_key=""):
        with put("div", "sheet-head"):
            put("h2", text=say("new_key"))
        put("p", "faint tiny", say("new_key_is"))
        with put("div", "lend-form setting-form"):
            with put("label"):
                put("span", text=say("key_name"))
                put("input", "pick", type="text", data_key_name="", dir="auto", maxlength=str(LONGEST_NAME))
            with put("label"):
                put("span", text=say("key_days", most=LONGEST_DAYS))
                put(
                    "input",
                    "pick",
                    type="number",
                    value=str(DAYS),
                    min="1",
                    max=str(LONGEST_DAYS),
                    data_key_days="",
                    dir="ltr",
                )
            with put("label"):
                put("span", text=say("key_reach"))
                with put("select", "pick", data_key_reach=""):
                    put("option", text=say("reach_read"), value=READ_ONLY)
                    put("option", text=say("reach_all"), value="all")
            with put("div", "wide", role="group", aria_label=say("key_roles")):
                put("p", "faint tiny", say("key_roles"))
                draw_choice(place, MACHINE_ROLES, frozenset({"service"}), "data_key_role", "")
            with put("div", "wide", role="group", aria_label=say("key_scopes")):
                put("p", "faint tiny", say("key_scopes"))
                with put("div", "setting-ticks"):
                    for scope in SCOPES:
                        with put("label", "setting-tick"):
                            put("input", type="checkbox", value=scope, data_key_scope="")
                            put("span", "tiny", scope, dir="ltr")
            made = button(say("make_key"), look="main", data_make_key="")
            made.on("click", pressed, js_handler=_NEW)


def draw_secret(
    place: Place, secret: Secret, copied: Callable[[], None], put_away: Callable[[], Awaitable[None]]
) -> None:
    """What is shown this once, until it is put away."""
    say = place.say
    with put("section", "sheet setting-secret", role="status", data_secret=secret.kind):
        with put("div", "sheet-head"):
            put("h2", text=say(f"secret_{secret.kind}", name=isolated(secret.owner)))
        put("p", text=say(f"secret_{secret.kind}_is"))
        put("pre", "code", secret.text, data_secret_text="", dir="ltr", tabindex="0")
        with put("div", "actions"):
            copy = button(say("copy"), None, look="main narrow", data_copy_secret="")
            copy.on("click", lambda _: copied(), args=[], js_handler=_COPY)
            button(say("put_away"), put_away, data_put_away="")
