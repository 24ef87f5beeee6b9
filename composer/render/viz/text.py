"""A graph of services drawn with the lines of a terminal.

Between two rows each box that has edges owns a line across: its edges leave that line
downwards.  Where lines only cross, the one that goes down is drawn whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from composer.actions.viz import Graph, Node
from composer.record import dataclass
from composer.render.table import cut, width
from composer.render.viz.layout import GAP, Box, Contents, Edges, Layout, arrange

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_SIGNS = {
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _UP | _LEFT: "┘",
    _UP | _RIGHT: "└",
    _DOWN | _LEFT: "┐",
    _DOWN | _RIGHT: "┌",
    _UP | _LEFT | _RIGHT: "┴",
    _DOWN | _LEFT | _RIGHT: "┬",
    _UP | _DOWN | _LEFT: "┤",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}
_WIDEST = 40


@dataclass(frozen=True, slots=True)
class Parts:
    """What is shown of a service beside its name."""

    image: bool = True
    ports: bool = True
    networks: bool = True
    volumes: bool = True


def draw(graph: Graph, room: int, parts: Parts) -> str:
    """Return the graph in lines of at most `room` cells; a list where there is no room for it."""
    contents = {}
    for node in graph.services.values():
        lines = tuple(cut(line, min(_WIDEST, room - 4)) for line in content(node, parts))
        contents[node.name] = (max(map(width, lines)) + 4, lines)
    edges = {
        node.name: [need.service for need in node.needs if need.service in graph.services]
        for node in graph.services.values()
    }
    drawn = _picture(contents, edges, room) or list(_folded(_listed(graph, parts), room))
    return "\n".join(line.rstrip() for line in [*drawn, *_legend(graph, parts)]) + "\n"


def _picture(contents: Contents, edges: Edges, room: int) -> list[str]:
    """Return the boxes and lines, nothing if they do not fit: lines beside boxes take room too."""
    for less in range(0, room, 2 * GAP):
        layout = arrange(contents, edges, room - less)
        if layout.width <= room:
            return list(_drawn(layout))
    return []


def _listed(graph: Graph, parts: Parts) -> Iterator[str]:
    for node in graph.services.values():
        name, *rest = content(node, parts)
        yield name
        yield from (f"  {line}" for line in rest)
        if node.needs:
            yield f"  needs {', '.join(need.service for need in node.needs)}"


def _folded(lines: Iterable[str], room: int) -> Iterator[str]:
    from textwrap import wrap

    for line in lines:
        yield from wrap(line, room, subsequent_indent="    ")


def content(node: Node, parts: Parts) -> Iterator[str]:
    """Yield what stands in the box of a service."""
    yield node.name + (f" ×{node.replicas}" if node.replicas != 1 else "")
    if parts.image:
        yield node.image
    if parts.ports:
        yield from node.ports
    if parts.networks and node.networks:
        yield f"on {', '.join(node.networks)}"
    if parts.volumes:
        for use in node.uses:
            mark = " (read only)" if use.read_only else ""
            yield f"{use.source}: {use.target}{mark}" if use.is_volume else f"{use.source}{mark}"
    for need in node.needs:
        if need.condition:
            yield f"waits until {need.service} is {need.condition}"


def _legend(graph: Graph, parts: Parts) -> Iterator[str]:
    """Yield who shares what: each network and each volume with its services."""
    shared = {
        "network": graph.networks if parts.networks else (),
        "volume": graph.volumes if parts.volumes else (),
    }
    if any(shared.values()):
        yield ""
    for kind, keys in shared.items():
        for key in keys:
            users = [node.name for node in graph.services.values() if _has(node, kind, key)]
            mark = " (external)" if key in graph.external else ""
            yield f"{kind} {key}{mark}: {', '.join(users)}"


def _has(node: Node, kind: str, key: str) -> bool:
    if kind == "network":
        return key in node.networks
    return any(use.is_volume and use.source == key for use in node.uses)


def _drawn(layout: Layout) -> Iterator[str]:
    for number, row in enumerate(layout.rows):
        edges = [edge for edge in layout.edges if any(edge[0] is box for box in row)]
        above = [edge for edge in layout.edges if any(edge[1] is box for box in row)]
        yield from _boxes(row, edges, above, layout.width)
        if number < len(layout.rows) - 1:
            yield from _between(edges, layout.width)


def _boxes(
    row: Sequence[Box],
    below: Sequence[tuple[Box, Box]],
    above: Sequence[tuple[Box, Box]],
    wide: int,
) -> Iterator[str]:
    height = max((len(box.lines) for box in row), default=0)
    outs = {_leaves(one, below): one for one, _ in below}
    canvas = [[" "] * wide for _ in range(height + 2)]
    for box in row:
        if box.lines:
            _frame(canvas, box, height)
        else:
            for line in canvas:
                line[box.x] = "│"
    for x, box in outs.items():
        if box.lines:
            canvas[len(canvas) - 1][x] = "┬"
    for upper, lower in above:
        if lower.lines:
            canvas[0][_arrives(upper, lower, above)] = "▼"
    yield from ("".join(line) for line in canvas)


def _frame(canvas: list[list[str]], box: Box, height: int) -> None:
    inner = box.width - 2
    rows = [
        f"┌{'─' * inner}┐",
        *(f"│ {line}{' ' * (inner - 1 - width(line))}│" for line in box.lines),
        *([f"│{' ' * inner}│"] * (height - len(box.lines))),
        f"└{'─' * inner}┘",
    ]
    for line, text in zip(canvas, rows, strict=True):
        place = box.x
        for letter in text:
            line[place] = letter
            place += max(width(letter), 1)
            if width(letter) == 2:  # its second cell is nobody's
                line[place - 1] = ""


def _leaves(box: Box, edges: Sequence[tuple[Box, Box]]) -> int:
    """Return where edges leave a box: at an even place, so that none arrives just there."""
    return box.x if not box.lines else box.middle - box.middle % 2


def _arrives(upper: Box, lower: Box, edges: Sequence[tuple[Box, Box]]) -> int:
    """Return where an edge arrives: right below its beginning if it is the only one of both."""
    if not lower.lines:
        return lower.x
    begin = _leaves(upper, edges)
    alone = sum(one is upper for one, _ in edges) == 1 == sum(other is lower for _, other in edges)
    if alone and lower.x < begin < lower.x + lower.width - 1:
        return begin
    return lower.middle - 1 + lower.middle % 2


def _between(edges: Sequence[tuple[Box, Box]], wide: int) -> Iterator[str]:
    owners: list[Box] = []
    for upper, _ in edges:
        if not any(upper is one for one in owners):
            owners.append(upper)
    places = {
        id(owner): (
            _leaves(owner, edges),
            [_arrives(one, other, edges) for one, other in edges if one is owner],
        )
        for owner in owners
    }
    bends = [one for one in owners if places[id(one)][1] != [places[id(one)][0]]]
    tracks = {id(one): number for number, one in enumerate(_sorted(bends, places))}
    height = len(bends) if bends else 1
    canvas = [[0] * wide for _ in range(height)]
    for owner in owners:
        begin, ends = places[id(owner)]
        _route(canvas, begin, ends, tracks.get(id(owner)))
    for line in canvas:
        yield "".join(_SIGNS.get(sign, " ") for sign in line)


def _sorted(owners: Sequence[Box], places: Mapping[int, tuple[int, list[int]]]) -> list[Box]:
    """Return the owners of lines so that those that lead to the left come from top to bottom."""
    return sorted(owners, key=lambda one: min(places[id(one)][1]) - places[id(one)][0])


def _route(canvas: list[list[int]], begin: int, ends: Sequence[int], track: int | None) -> None:
    if track is None:
        for line in canvas:
            line[begin] = _UP | _DOWN
        return
    for line in canvas[:track]:
        line[begin] = _UP | _DOWN
    left, right = min(begin, *ends), max(begin, *ends)
    across = canvas[track]
    for x in range(left, right + 1):
        sides = (_LEFT if x > left else 0) | (_RIGHT if x < right else 0)
        sides |= (_UP if x == begin else 0) | (_DOWN if x in ends else 0)
        crosses = across[x] in (_UP | _DOWN,) and not sides & (_UP | _DOWN)
        across[x] = across[x] if crosses else across[x] | sides
    for line in canvas[track + 1 :]:
        for x in ends:
            line[x] = _UP | _DOWN if line[x] in (0, _LEFT | _RIGHT) else line[x] | _UP | _DOWN
