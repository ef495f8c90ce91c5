"""
Where each stage stands in the picture of the lifecycle, and how the arrows run between them. Pure.

The road of a deal turns once: five stages towards a meeting, then back along five towards a signature.
What leaves the road has a bar of its own: above it who may come back later, between the rows who was lost, below
who stopped our messages.

Rule 1: the picture is drawn from left to right and mirrored as a whole for Arabic.
Rule 2: a pair of stages without a route of its own is joined by a straight line, so no arrow is left out.
Rule 3: everybody may stop at any stage; as lines that would hide all others, so it stands on the stages.
"""

from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 1116, 712

_COLUMNS = tuple(48 + 215 * n for n in range(5))
_STAGE_WIDTH, _STAGE_HEIGHT = 160, 92
_ROW_1, _ROW_2 = 168, 470

HEAD = 12
"""How far the head of an arrow reaches beyond its line."""

EVERYWHERE = "opted_out"
"""The stage that every other one may lead to."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """One stage in the picture, in its units."""

    x: float
    y: float
    width: float
    height: float

    def top(self, share: float) -> Point:
        return self.x + self.width * share, self.y

    def bottom(self, share: float) -> Point:
        return self.x + self.width * share, self.y + self.height

    @property
    def left(self) -> Point:
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> Point:
        return self.x + self.width, self.y + self.height / 2

    @property
    def centre(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one arrow, corner by corner, and where its number stands."""

    points: tuple[Point, ...]
    label: Point


def _stage(column: int, row: int) -> Box:
    return Box(_COLUMNS[column], row, _STAGE_WIDTH, _STAGE_HEIGHT)


BOXES: dict[str, Box] = {
    "new_lead": _stage(0, _ROW_1),
    "qualifying": _stage(1, _ROW_1),
    "qualified": _stage(2, _ROW_1),
    "meeting_booked": _stage(3, _ROW_1),
    "meeting_done": _stage(4, _ROW_1),
    "proposal_sent": _stage(4, _ROW_2),
    "negotiating": _stage(3, _ROW_2),
    "payment_requested": _stage(2, _ROW_2),
    "pilot_active": _stage(1, _ROW_2),
    "closed_won": _stage(0, _ROW_2),
    "nurturing": Box(48, 8, 1020, 56),
    "closed_lost": Box(48, 344, 932, 52),
    EVERYWHERE: Box(48, 650, 1020, 52),
}

BARS = ("nurturing", "closed_lost", EVERYWHERE)
"""Stages beside the road."""


def route(before: str, after: str) -> Route:
    """How an arrow runs from one stage to another."""
    points = _ROUTES.get((before, after)) or _along(before, after) or (BOXES[before].centre, BOXES[after].centre)
    return Route((*points[:-1], _towards(points[-1], points[-2], HEAD)), _label(points))


def mirrored(point: Point) -> Point:
    """The same point in the picture for Arabic."""
    return WIDTH - point[0], point[1]


def rounded(points: tuple[Point, ...], radius: float = 14) -> str:
    """An SVG path through the corners, each of them rounded."""
    path = [f"M{_n(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.append(
            f"L{_n(_towards(corner, before, radius))} Q{_n(corner)} {_n(_towards(corner, after, radius))}"
        )
    path.append(f"L{_n(points[-1])}")
    return " ".join(path)


def _along(before: str, after: str) -> tuple[Point, ...]:
    """Straight to the neighbour, or straight up and down between the road and a bar."""
    one, two = BOXES[before], BOXES[after]
    if after in BARS and before not in BARS:
        share = 0.25 if one.x >= _COLUMNS[4] and after == "closed_lost" else 0.34 if after == "nurturing" else 0.5
        x = one.top(share)[0]
        return ((x, one.y), (x, two.bottom(0)[1])) if one.y > two.y else ((x, one.bottom(0)[1]), (x, two.y))
    if before in BARS and after not in BARS:
        x = two.top(0.7)[0]
        return ((x, one.bottom(0)[1]), (x, two.y)) if two.y > one.y else ((x, one.y), (x, two.bottom(0)[1]))
    if one.y == two.y and abs(one.x - two.x) < 1.5 * (_COLUMNS[1] - _COLUMNS[0]):
        return (one.right, two.left) if one.x < two.x else (one.left, two.right)
    return ()


def _below(before: str, at: float, after: str, to: float, y: float) -> tuple[Point, ...]:
    """Out of the bottom of one stage, along, and into the bottom of another."""
    out, into = BOXES[before].bottom(at), BOXES[after].bottom(to)
    return out, (out[0], y), (into[0], y), into


def _outside(before: str, after: str, x: float, shift: float = 0) -> tuple[Point, ...]:
    """Along the edge of the picture."""
    (x1, y1), (x2, y2) = BOXES[before].left, BOXES[after].left
    return (x1, y1), (x, y1), (x, y2 + shift), (x2, y2 + shift)


_ROUTES: dict[tuple[str, str], tuple[Point, ...]] = {
    ("meeting_done", "proposal_sent"): (BOXES["meeting_done"].bottom(0.72), BOXES["proposal_sent"].top(0.72)),
    ("new_lead", "meeting_booked"): _below("new_lead", 0.78, "meeting_booked", 0.14, 320),
    ("qualifying", "meeting_booked"): _below("qualifying", 0.78, "meeting_booked", 0.28, 294),
    ("proposal_sent", "payment_requested"): _below("proposal_sent", 0.4, "payment_requested", 0.64, 622),
    ("payment_requested", "negotiating"): _below("payment_requested", 0.88, "negotiating", 0.3, 596),
    ("nurturing", "closed_lost"): _outside("nurturing", "closed_lost", 28, -6),
    ("opted_out", "nurturing"): _outside("opted_out", "nurturing", 10, -8),
}


# A shorter level piece has no room for a number on it, only above it.
_ROOM = 90

# Where a way around other stages crosses nobody.
_EARLY = 0.2


def _label(points: tuple[Point, ...]) -> Point:
    """On the longest straight piece: in its middle, or early on a way around, where nothing crosses it."""
    pieces = list(pairwise(points))
    (x1, y1), (x2, y2) = max(pieces, key=lambda p: abs(p[0][0] - p[1][0]) + abs(p[0][1] - p[1][1]))
    if y1 == y2 and abs(x1 - x2) < _ROOM and len(pieces) == 1:
        return (x1 + x2) / 2, y1 - 22
    share = _EARLY if y1 == y2 else 0.5
    return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share


def _towards(start: Point, end: Point, by: float) -> Point:
    (x1, y1), (x2, y2) = start, end
    length = max(abs(x2 - x1) + abs(y2 - y1), 1)
    share = min(by / length, 0.5)
    return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share


def _n(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
