"""What stands above the simulator only: what is simulated, and what would make it real."""

from admin.console.draw import put
from admin.console.place import Place

_TITLES = {
    "green_api": "Green API",
    "ultramsg": "Ultramsg",
    "fonnte": "Fonnte",
    "meta_cloud": "Meta Cloud API",
}


def build_about(place: Place) -> None:
    """A question that opens."""
    say = place.say
    with put("details", "about"):
        put("summary", text=say("what_is_simulated"))
        with put("div", "about-text"):
            with put("ul"):
                for n in (1, 2, 3):
                    put("li", text=say(f"simulated_{n}"))
            missing = _missing(place)
            put("p", text=say("make_real") if missing else say("nothing_missing"))
            with put("ul", "variables"):
                for name, variables in missing:
                    with put("li"):
                        put("span", text=name)
                        put("code", text=variables, dir="ltr")


def _missing(place: Place) -> list[tuple[str, str]]:
    """What is not configured, and the variables that would change that."""
    house, say = place.house, place.say
    reports = house.chains[place.tenant_id].report()
    found = [
        (_TITLES.get(r.name, r.name), _variables(r.detail_en)) for r in reports if r.state == "not_configured"
    ]
    return [*found, (say("make_telegram"), "TELEGRAM_BOT_TOKEN TELEGRAM_APPROVER_IDS")] if found else []


def _variables(detail: str) -> str:
    """`Not configured; missing: A, B.` -> `A B`"""
    return " ".join(word.strip(",.") for word in detail.split() if word.strip(",.").isupper() and "_" in word)
