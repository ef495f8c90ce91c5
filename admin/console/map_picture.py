"""
The lifecycle, drawn: stages as buttons over arrows of one SVG.

Rule 1: the picture says nothing that the table below it does not say; to a screen reader the arrows are silent.
Rule 2: a line is as thick as its number is large, on a scale on which one deal is still visible.
"""

from collections.abc import Callable
from math import log2

from admin.console.draw import button, icon, put
from admin.console.map_layout import BARS, BOXES, EVERYWHERE, HEAD, HEIGHT, WIDTH, Point, mirrored, rounded, route
from admin.console.map_view import CAUSES, ENDS_BADLY, Picture, Step, lines
from admin.console.place import Place
from bot.workbench.lifecycle_map import Stage

# Units of the picture.
_THINNEST, _THICKEST = 1.6, 8.0
_LABEL_HEIGHT = 24


def draw_picture(place: Place, picture: Picture, choose: Callable[[str], object]) -> None:
    """The whole picture; `choose` is told which stage was pressed."""
    is_mirrored = place.language == "ar"
    with put("div", "map-scroll"), put("div", "map-picture", data_map=""):
        _draw_arrows(picture, is_mirrored)
        for stage in picture.stages:
            _draw_stage(place, picture, stage, choose)


def _draw_arrows(picture: Picture, is_mirrored: bool) -> None:
    with put("svg", "map-lines", viewBox=f"0 0 {WIDTH} {HEIGHT}", aria_hidden="true"):
        with put("defs"):
            for cause in (*CAUSES, "idle"):
                _draw_head(cause)
        drawn = sorted(lines(picture), key=lambda step: step.count)
        for step in drawn:
            _draw_line(step, picture.busiest, is_mirrored)
        for step in drawn:
            if step.count:
                _draw_number(step, is_mirrored)


def _draw_head(cause: str) -> None:
    with put(
        "marker",
        f"map-head by-{cause}",
        id=f"map-head-{cause}",
        viewBox="0 0 12 16",
        refX="0.5",
        refY="8",
        markerWidth=HEAD,
        markerHeight=16,
        markerUnits="userSpaceOnUse",
        orient="auto",
    ):
        put("path", d="M0 1 L12 8 L0 15 Z")


def _draw_line(step: Step, busiest: int, is_mirrored: bool) -> None:
    points = route(step.before, step.after).points
    turned = tuple(mirrored(point) for point in points) if is_mirrored else points
    cause = step.cause if step.count else "idle"
    put(
        "path",
        f"map-line by-{cause}",
        d=rounded(turned),
        data_step=f"{step.before}>{step.after}",
        marker_end=f"url(#map-head-{cause})",
    ).style(f"stroke-width:{_thickness(step.count, busiest):.1f}")


def _thickness(count: int, busiest: int) -> float:
    if count == 0:
        return _THINNEST
    return _THINNEST + (_THICKEST - _THINNEST) * log2(1 + count) / log2(1 + max(busiest, 15))


def _draw_number(step: Step, is_mirrored: bool) -> None:
    at: Point = route(step.before, step.after).label
    x, y = mirrored(at) if is_mirrored else at
    text = f"{step.count:,}"
    width = 14 + 8.5 * len(text)
    with put("g", f"map-number by-{step.cause}"):
        put(
            "rect",
            x=x - width / 2,
            y=y - _LABEL_HEIGHT / 2,
            width=width,
            height=_LABEL_HEIGHT,
            rx=_LABEL_HEIGHT / 2,
        )
        put("text", x=x, y=y + 5, text=text)


def _draw_stage(place: Place, picture: Picture, stage: Stage, choose: Callable[[str], object]) -> None:
    box = BOXES[stage.id]
    name = place.words("stage", stage.id)
    looks = (
        ("bar-stop", stage.id in BARS),
        ("waits", stage.is_money),
        (f"at-{stage.id}", True),
        ("nobody", stage.now == 0),
    )
    made = button(
        "",
        lambda: choose(stage.id),
        look=f"map-stop {' '.join(look for look, holds in looks if holds)}",
        aria_label=_spoken(place, picture, stage, name),
        data_stop=stage.id,
        data_now=stage.now,
    )
    made.style(
        f"inset-inline-start:{box.x / WIDTH:.4%};top:{box.y / HEIGHT:.4%};"
        f"width:{box.width / WIDTH:.4%};height:{box.height / HEIGHT:.4%}"
    )
    with made:
        with put("span", "map-name"):
            if stage.is_money:
                icon("hand")
            put("span", text=name)
        put("strong", "map-now", f"{stage.now:,}")
        with put("span", "map-small"):
            _draw_small(place, picture, stage)


def _draw_small(place: Place, picture: Picture, stage: Stage) -> None:
    if stage.id == EVERYWHERE:
        put("span", text=place.say("from_everywhere"))
    if stage.entered:
        put("span", "map-in", place.say("came_n", n=f"{stage.entered:,}"))
    lost = picture.lost(stage.id)
    if lost and stage.id not in ENDS_BADLY:
        put("span", "map-drop", place.say("dropped_n", n=f"{lost:,}"))


def _spoken(place: Place, picture: Picture, stage: Stage, name: str) -> str:
    words = [place.say("spoken_now", stage=name, n=stage.now)]
    if stage.is_money:
        words.append(place.say("sami_agrees"))
    left = sum(step.count for step in picture.out_of(stage.id))
    words.append(place.say("spoken_moves", came=stage.entered, left=left, dropped=picture.lost(stage.id)))
    return " ".join(words)
