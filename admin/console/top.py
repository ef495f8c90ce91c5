"""The top of the page: what this is, what is simulated, and the switches of theme and language."""

from admin.console.doorway import HERE
from admin.console.draw import button, put
from admin.console.place import Place

_TITLES = {
    "green_api": "Green API",
    "ultramsg": "Ultramsg",
    "fonnte": "Fonnte",
    "meta_cloud": "Meta Cloud API",
}


def build_top(place: Place) -> None:
    """Name, explanation, theme and language."""
    say, language = place.say, place.language
    with put("header", "top"):
        with put("h1", "brand"):
            put("span", text="Dealix")
            put("small", text=say("simulator"))
        _build_about(place)
        button(
            "",
            None,
            look="quiet round",
            picture="moon",
            aria_label=say("other_theme"),
            title=say("other_theme"),
            data_theme_switch="",
        )
        other = f"{HERE}/en" if language == "ar" else f"{HERE}/"
        put(
            "a",
            "btn",
            say("other_language"),
            href=other,
            lang="en" if language == "ar" else "ar",
            data_language="",
        )


def _build_about(place: Place) -> None:
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
