"""A graph of services as a picture that any browser shows, made of the same layout as the text.

Networks are coloured dots in the boxes of their services, volumes boxes below them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from composer.actions.viz import Graph, Node
from composer.render.table import width
from composer.render.viz.layout import Box, Contents, Layout, arrange
from composer.render.viz.text import Parts

_COLUMN, _LINE, _PAD = 8, 18, 10
_ROW_GAP, _MARGIN = 60, 20
_ROOM = 150
_COLOURS = ("#1a73e8", "#188038", "#e37400", "#a142f4", "#d93025", "#007b83", "#b06000", "#9334e6")

_STYLE = (
    "text{font:14px ui-monospace,Menlo,Consolas,monospace;fill:#202124}"
    ".name{font-weight:bold}.small{font-size:12px;fill:#5f6368}"
    ".service{fill:#f8fafd;stroke:#1a73e8}.volume{fill:#fef7e0;stroke:#e37400}"
    ".edge{fill:none;stroke:#5f6368;stroke-width:1.5}.mount{stroke:#e37400;stroke-dasharray:4 3}"
)

_ARROW = (
    '<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
    ' orient="auto"><path d="M0 0L8 4L0 8z" fill="#5f6368"/></marker></defs>'
)


def svg(graph: Graph, parts: Parts) -> str:
    contents, edges = _contents(graph, parts)
    layout = arrange(contents, edges, _ROOM)
    tops, height = _tops(layout)
    legend = list(_legend(graph, parts, height)) if parts.networks else []
    wide = max(layout.width * _COLUMN + 2 * _MARGIN, 320)
    tall = height + _MARGIN + _LINE * len(legend)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}"'
            f' viewBox="0 0 {wide} {tall}">',
            f"<title>{_text(graph.project)}</title><style>{_STYLE}</style>",
            _ARROW,
            *_paths(layout, tops),
            *_boxes(graph, layout, tops, parts),
            *legend,
            "</svg>",
            "",
        ]
    )


def _contents(graph: Graph, parts: Parts) -> tuple[Contents, dict[str, list[str]]]:
    """Return what stands in each box, and what below it; volumes have a blank in front."""
    contents: dict[str, tuple[int, tuple[str, ...]]] = {}
    edges: dict[str, list[str]] = {}
    for node in graph.services.values():
        lines = tuple(_lines(node, parts))
        dots = 2 * len(node.networks) if parts.networks else 0
        contents[node.name] = (max(width(lines[0]) + dots, *map(width, lines)) + 4, lines)
        edges[node.name] = [need.service for need in node.needs if need.service in graph.services]
        if parts.volumes:
            edges[node.name] += [f" {use.source}" for use in node.uses if use.is_volume]
    for key in graph.volumes if parts.volumes else ():
        text = key + (" (external)" if key in graph.external else "")
        contents[f" {key}"] = (width(text) + 4, (text,))
    return contents, edges


def _lines(node: Node, parts: Parts) -> Iterator[str]:
    yield node.name + (f" ×{node.replicas}" if node.replicas != 1 else "")
    if parts.image:
        yield node.image
    if parts.ports:
        yield from node.ports


def _tops(layout: Layout) -> tuple[list[int], int]:
    """Return where each row begins, and where the last one ends."""
    tops, y = [], _MARGIN
    for row in layout.rows:
        tops.append(y)
        y += _height(row) + _ROW_GAP
    return tops, max(y - _ROW_GAP, _MARGIN)


def _height(row: Sequence[Box]) -> int:
    return max((len(box.lines) for box in row), default=0) * _LINE + 2 * _PAD


def _boxes(graph: Graph, layout: Layout, tops: Sequence[int], parts: Parts) -> Iterator[str]:
    colours = _colours(graph)
    for row, top in zip(layout.rows, tops, strict=True):
        for box in (one for one in row if one.lines):
            x, wide = _MARGIN + box.x * _COLUMN, box.width * _COLUMN
            tall = len(box.lines) * _LINE + 2 * _PAD
            volume = box.name.startswith(" ")
            yield (
                f'<rect class="{"volume" if volume else "service"}" x="{x}" y="{top}"'
                f' width="{wide}" height="{tall}" rx="{14 if volume else 6}"/>'
            )
            for number, line in enumerate(box.lines):
                kind = "small" if number else "name"
                y = top + _PAD + _LINE * number + 13
                yield f'<text class="{kind}" x="{x + 2 * _COLUMN}" y="{y}">{_text(line)}</text>'
            networks = () if volume or not parts.networks else graph.services[box.name].networks
            for number, key in enumerate(networks):
                yield (
                    f'<circle cx="{x + wide - 10 - 14 * number}" cy="{top + 10}" r="5"'
                    f' fill="{colours[key]}"><title>{_text(key)}</title></circle>'
                )


def _paths(layout: Layout, tops: Sequence[int]) -> Iterator[str]:
    rows = {id(box): number for number, row in enumerate(layout.rows) for box in row}
    for upper, lower in layout.edges:
        above, below = rows[id(upper)], rows[id(lower)]
        begin = tops[above] + _bottom(upper, layout.rows[above])
        end = tops[below]
        x, to = (_MARGIN + box.middle * _COLUMN for box in (upper, lower))
        middle = (begin + end) // 2
        curve = f"M{x} {begin}C{x} {middle} {to} {middle} {to} {end}"
        if not lower.lines:
            curve += f"V{end + _height(layout.rows[below])}"
        mount = " mount" if lower.name.startswith(" ") else ""
        marker = ' marker-end="url(#to)"' if lower.lines and not mount else ""
        yield f'<path class="edge{mount}" d="{curve}"{marker}/>'


def _bottom(box: Box, row: Sequence[Box]) -> int:
    return len(box.lines) * _LINE + 2 * _PAD if box.lines else _height(row)


def _legend(graph: Graph, parts: Parts, y: int) -> Iterator[str]:
    colours = _colours(graph)
    for number, key in enumerate(graph.networks, 1):
        text = f"network {key}" + (" (external)" if key in graph.external else "")
        at = y + _LINE * number
        yield (
            f'<circle cx="{_MARGIN + 5}" cy="{at}" r="5" fill="{colours[key]}"/>'
            f'<text class="small" x="{_MARGIN + 16}" y="{at + 4}">{_text(text)}</text>'
        )


def _colours(graph: Graph) -> Mapping[str, str]:
    return {key: _COLOURS[number % len(_COLOURS)] for number, key in enumerate(graph.networks)}


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
