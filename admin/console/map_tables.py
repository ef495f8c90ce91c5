"""
The map in tables: every stage and every step, for a screen reader, a phone, and whoever wants figures.

Rule 1: a share of nobody is no share: where nobody entered it says "no data".
"""

from collections.abc import Callable

from admin.console.draw import button, icon, put
from admin.console.map_view import CAUSES, Picture, Step
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.workbench.lifecycle_map import DEFINITIONS, LOST, Stage

_COLUMNS = ("col_stage", "col_now", "col_came", "col_drop")


def draw_legend(place: Place) -> None:
    """What the colours say."""
    say = place.say
    with put("ul", "legend", aria_label=say("legend")):
        for cause in CAUSES:
            with put("li", f"by-{cause}"):
                put("span", "swatch", aria_hidden="true")
                put("b", text=say(f"by_{cause}"))
                put("span", "faint", say(f"by_{cause}_hint"))
        with put("li", "by-approver"):
            icon("hand")
            put("span", "faint", say("waits"))


def draw_stages(place: Place, picture: Picture, choose: Callable[[str], object]) -> None:
    """One row for each stage."""
    say = place.say
    most = max((stage.now for stage in picture.stages), default=0)
    with put("div", "scroll-x"), put("table", "grid-table", data_stages=""):
        put("caption", "unseen", say("stages"))
        with put("thead"), put("tr"):
            for column in _COLUMNS:
                put("th", "" if column == "col_stage" else "n", say(column), scope="col")
        with put("tbody"):
            for stage in picture.stages:
                _draw_stage(place, picture, stage, most, choose)


def _draw_stage(place: Place, picture: Picture, stage: Stage, most: int, choose: Callable[[str], object]) -> None:
    say = place.say
    with put("tr", data_row=stage.id):
        with put("th", scope="row"):
            name = place.words("stage", stage.id)
            button(name, lambda: choose(stage.id), look=f"link stage-name at-{stage.id}", data_choose=stage.id)
            if stage.is_money:
                put("span", "chip-is gold", say("waits"))
        with put("td", "n"):
            put("span", "table-bar", aria_hidden="true").style(f"--share:{_share(stage.now, most)}%")
            put("span", text=f"{stage.now:,}")
        put("td", "n", f"{stage.entered:,}")
        with put("td", "n"):
            if stage.is_final or stage.id in LOST:
                put("span", "faint", say("rests") if stage.is_final else "")
            elif stage.drop_off is None:
                put("span", "faint", say("no_share"))
            else:
                put("span", "drop-share", f"{stage.drop_off:.0%}", dir="ltr")
                if stage.stuck:
                    put("span", "faint tiny", say("stuck_n", n=stage.stuck, days=picture.stuck_days))


def draw_steps(place: Place, picture: Picture) -> None:
    """One row for each step that was taken; those that were not, folded."""
    say = place.say
    taken = sorted((step for step in picture.steps if step.count), key=lambda step: -step.count)
    idle = [step for step in picture.steps if not step.count]
    if not taken:
        put("p", "faint", say("no_moves"))
    else:
        _draw_table(place, taken, picture.busiest)
    if picture.other_moves:
        put("p", "faint", say("other_moves", n=picture.other_moves))
    if idle:
        with put("details", "idle-fold"):
            put("summary", text=say("show_idle", n=len(idle)))
            _draw_table(place, idle, 0)


def _draw_table(place: Place, steps: list[Step], busiest: int) -> None:
    say = place.say
    with put("div", "scroll-x"), put("table", "grid-table steps-table", data_steps=len(steps)):
        put("caption", "unseen", say("steps"))
        with put("thead"), put("tr"):
            for column in ("col_step", "col_event", "col_by"):
                put("th", text=say(column), scope="col")
            put("th", "n", say("col_count"), scope="col")
        with put("tbody"):
            for step in steps:
                _draw_step(place, step, busiest)


def _draw_step(place: Place, step: Step, busiest: int) -> None:
    say = place.say
    with put("tr", data_moved=f"{step.before}>{step.after}", data_count=step.count):
        with put("th", scope="row"), put("span", "step-way"):
            put("span", text=place.words("stage", step.before))
            icon("arrow")
            put("span", f"stage-name at-{step.after}", place.words("stage", step.after))
        with put("td"):
            shown = [moves for moves in step.moves if moves.count] or step.moves
            put("span", text=" · ".join(moves.name for moves in shown))
        with put("td"), put("span", "by-list"):
            for cause, count in step.causes:
                if count or not step.count:
                    with put("span", f"by-one by-{cause}"):
                        put("span", "swatch dot-swatch", aria_hidden="true")
                        put("span", text=say(f"by_{cause}"))
                        if count:
                            put("span", "num", f"{count:,}")
        with put("td", "n"):
            if busiest:
                put("span", "table-bar", aria_hidden="true").style(f"--share:{_share(step.count, busiest)}%")
            put("span", text=f"{step.count:,}")


def draw_definitions(place: Place, picture: Picture) -> None:
    """What every number means, and the window that it is about."""
    number = 0 if place.language == "ar" else 1
    since, until = day_and_clock(picture.since), day_and_clock(picture.until)
    with put("details", "sheet defined"):
        put("summary", text=place.say("definitions"))
        with put("ul"):
            for key, words in DEFINITIONS.items():
                if key != "no_data":
                    put("li", text=words[number])
            put("li", text=place.say("counted", since=since, until=until))


def _share(count: int, most: int) -> int:
    """Per cent of the longest bar; something is never nothing."""
    return max(3, round(100 * count / most)) if count and most else 0
