"""One line of a talk, as it stands on a phone: who wrote it, what it is, when, and how far it came."""

from admin.console.draw import icon, put
from admin.console.place import Place
from admin.console.sentences import named
from admin.console.thread import Line
from admin.console.times import clock, day_and_clock

_WAVE = (5, 9, 14, 8, 12, 16, 10, 6, 11, 15, 9, 5, 8, 12, 6)


def draw_bubble(place: Place, line: Line, *, with_day: bool = False) -> None:
    """The inside of a bubble; the day stands there where a talk is longer than one."""
    if line.who in ("human", "phone"):
        put("span", "by", place.say(f"by_{line.who}"))
    if line.kind not in ("text", "button"):
        _draw_media(place, line.kind)
    if line.text:
        put("p", text=line.text, dir="auto")
    with put("span", "meta"):
        at = day_and_clock(line.at) if with_day else clock(line.at)
        put("time", text=at, dir="ltr", datetime=line.at.isoformat())
        _draw_status(place, line)


def _draw_status(place: Place, line: Line) -> None:
    if line.who == "contact":
        is_waiting = line.status == "waiting"
        words = place.say("lead_waiting" if is_waiting else "lead_sent")
        sign = "✓" if is_waiting else "✓✓"
        put("span", f"ticks {line.status}", sign, title=words, aria_label=words, role="img")
    elif line.status:
        put("span", f"status {line.status}", named("status", line.status, place.language))


def _draw_media(place: Place, kind: str) -> None:
    with put("div", f"media media-{kind}"):
        if kind in ("voice", "audio"):
            icon("play")
            with put("span", "wave", aria_hidden="true"):
                for height in _WAVE:
                    put("i").style(f"height:{height}px")
        elif kind == "image":
            put("span", "picture", aria_hidden="true")
        put("span", "media-name", named("kind", kind, place.language))
