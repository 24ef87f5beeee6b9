"""Where the boxes of a graph stand: in rows, who depends above what it depends on.

Edges that pass a row have a box without content in it, so that every edge leads from one
row to the next.  Within a row boxes stand near those above that they belong to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from composer.record import dataclass, field

Edges = Mapping[str, Sequence[str]]
"""Maps a name to the names below it."""

Contents = Mapping[str, tuple[int, tuple[str, ...]]]
"""Maps a name to the width and the lines of its box."""

GAP = 3


@dataclass(slots=True)
class Box:
    """A box, or where an edge to the box `name` passes: then `lines` is empty.

    `x` is where it begins.
    """

    name: str
    lines: tuple[str, ...]
    width: int
    x: int = 0

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(slots=True)
class Layout:
    """Rows from top to bottom, and the edges from boxes of one to those of the next."""

    rows: list[list[Box]] = field(default_factory=list)
    edges: list[tuple[Box, Box]] = field(default_factory=list)
    width: int = 0


def arrange(contents: Contents, edges: Edges, room: int) -> Layout:
    """Return the layout.  A row of boxes that is wider than `room` becomes several."""
    depths = _depths(list(contents), edges)
    depths = _split(depths, {name: width for name, (width, _) in contents.items()}, room)
    layout = Layout()
    boxes = {name: Box(name, lines, width) for name, (width, lines) in contents.items()}
    layout.rows = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for name, depth in depths.items():
        layout.rows[depth].append(boxes[name])
    for name, below in edges.items():
        for other in below:
            _connect(layout, boxes[name], depths[name], boxes[other], depths[other])
    _order(layout)
    _place(layout)
    return layout


def _depths(names: Sequence[str], edges: Edges) -> dict[str, int]:
    """Return in which row each name stands: below all that have an edge to it."""
    depths = dict.fromkeys(names, 0)
    for _ in names:
        moved = False
        for name in names:
            for other in edges.get(name, ()):
                if depths[other] <= depths[name]:
                    depths[other] = depths[name] + 1
                    moved = True
        if not moved:
            break
    return depths


def _split(depths: dict[str, int], widths: Mapping[str, int], room: int) -> dict[str, int]:
    """Return rows that are no wider than there is room, as far as single boxes allow."""
    found: dict[str, int] = {}
    row = -1
    for depth in range(max(depths.values(), default=-1) + 1):
        row, used = row + 1, 0
        for name in (one for one, its in depths.items() if its == depth):
            if used and used + GAP + widths[name] > room:
                row, used = row + 1, 0
            used += widths[name] + (GAP if used else 0)
            found[name] = row
    return found


def _connect(layout: Layout, upper: Box, begin: int, lower: Box, end: int) -> None:
    last = upper
    for row in range(begin + 1, end):
        passing = Box(lower.name, (), 1)
        layout.rows[row].append(passing)
        layout.edges.append((last, passing))
        last = passing
    layout.edges.append((last, lower))


def _order(layout: Layout) -> None:
    """Let boxes stand as those above them do, and those above as those below."""
    for _ in range(2):
        for number in range(1, len(layout.rows)):
            _sort(layout.rows[number], layout.rows[number - 1], layout.edges, down=True)
        for number in range(len(layout.rows) - 2, -1, -1):
            _sort(layout.rows[number], layout.rows[number + 1], layout.edges, down=False)


def _sort(
    row: list[Box], fixed: Sequence[Box], edges: Sequence[tuple[Box, Box]], *, down: bool
) -> None:
    places = {id(box): place for place, box in enumerate(fixed)}
    middle = len(fixed) / 2

    def weight(box: Box) -> float:
        if down:
            near = [one for one, other in edges if other is box]
        else:
            near = [other for one, other in edges if one is box]
        found = [places[id(one)] for one in near if id(one) in places]
        return sum(found) / len(found) if found else middle

    row.sort(key=weight)


def _place(layout: Layout) -> None:
    widths = [sum(box.width for box in row) + GAP * (len(row) - 1) for row in layout.rows]
    layout.width = max(widths, default=0)
    for row, width in zip(layout.rows, widths, strict=True):
        x = (layout.width - width) // 2
        for box in row:
            box.x = x
            x += box.width + GAP
