"""One graph in all its forms."""

from __future__ import annotations

from itertools import pairwise
from textwrap import dedent
from xml.etree import ElementTree

import pytest

from composer.actions.viz import Graph, Need, Node, Use
from composer.render.viz.dot import dot
from composer.render.viz.layout import arrange
from composer.render.viz.mermaid import mermaid
from composer.render.viz.svg import svg
from composer.render.viz.text import Parts, draw

ALL = Parts()
BARE = Parts(image=False, ports=False, networks=False, volumes=False)


def node(name: str, *needs: str, **fields: object) -> Node:
    given: dict[str, object] = {
        "image": f"{name}:1",
        "replicas": 1,
        "ports": (),
        "networks": ("default",),
        "uses": (),
        "needs": tuple(Need(one, "") for one in needs),
        **fields,
    }
    return Node(name=name, **given)  # type: ignore[arg-type]


def graph(
    *nodes: Node, volumes: tuple[str, ...] = (), external: frozenset[str] = frozenset()
) -> Graph:
    services = {one.name: one for one in nodes}
    return Graph(
        project="demo", services=services, networks=("default",), volumes=volumes, external=external
    )


SHOP = graph(
    node("web", "auth", ports=("8080→80/tcp",), replicas=2,
         needs=(Need("api", "healthy"), Need("auth", ""))),
    node("api", "db"),
    node("auth", "db"),
    node("db", uses=(Use("data", "/data", True, False), Use("/conf", "/etc/x", False, True))),
    volumes=("data",),
    external=("data",),
)  # fmt: skip


def picture(text: str) -> str:
    return dedent(text).lstrip("\n")


def bare(*nodes: Node, room: int = 80) -> str:
    return draw(graph(*nodes), room, BARE)


def test_who_depends_stands_above_what_it_depends_on_and_volumes_below_all() -> None:
    assert draw(SHOP, 80, ALL) == picture(
        """
        ┌────────────────────────────┐
        │ web ×2                     │
        │ web:1                      │
        │ 8080→80/tcp                │
        │ on default                 │
        │ waits until api is healthy │
        └─────────────┬──────────────┘
               ┌──────┴────────┐
        ┌──────▼─────┐   ┌─────▼──────┐
        │ api        │   │ auth       │
        │ api:1      │   │ auth:1     │
        │ on default │   │ on default │
        └─────┬──────┘   └──────┬─────┘
              │        ┌────────┘
              └────────┤
             ┌─────────▼─────────┐
             │ db                │
             │ db:1              │
             │ on default        │
             │ data: /data       │
             │ /conf (read only) │
             └───────────────────┘

        network default: web, api, auth, db
        volume data (external): db
        """
    )


def test_one_above_the_other_is_a_straight_line() -> None:
    assert bare(node("web", "db"), node("db")) == picture(
        """
        ┌─────┐
        │ web │
        └─┬───┘
          │
        ┌─▼──┐
        │ db │
        └────┘
        """
    )


def test_an_edge_that_passes_a_row_goes_beside_its_boxes() -> None:
    assert bare(node("web", "api", "db"), node("api", "db"), node("db")) == picture(
        """
          ┌─────┐
          │ web │
          └─┬───┘
           ┌┴─────┐
        ┌──▼──┐   │
        │ api │   │
        └─┬───┘   │
          │  ┌────┘
          └──┤
          ┌──▼─┐
          │ db │
          └────┘
        """
    )


def test_where_lines_only_cross_the_one_that_goes_down_is_whole() -> None:
    assert bare(node("a", "c", "d"), node("b", "c", "d"), node("c"), node("d")) == picture(
        """
        ┌───┐   ┌───┐
        │ a │   │ b │
        └─┬─┘   └─┬─┘
         ┌│──────┬┘
         ├┴──────┤
        ┌▼──┐   ┌▼──┐
        │ c │   │ d │
        └───┘   └───┘
        """
    )


def test_services_without_dependencies_stand_side_by_side() -> None:
    assert bare(node("a"), node("b")) == picture(
        """
        ┌───┐   ┌───┐
        │ a │   │ b │
        └───┘   └───┘
        """
    )


def test_a_row_that_is_too_wide_becomes_two() -> None:
    drawn = bare(*(node(f"service{number}") for number in range(6)), room=40)

    assert max(map(len, drawn.splitlines())) <= 40
    assert all(f"service{number}" in drawn for number in range(6))


def test_a_graph_for_which_there_is_no_room_is_a_list() -> None:
    nodes = [node("gateway", "orders", "users"), node("orders", "users"), node("users")]

    assert bare(*nodes, room=12) == picture(
        """
        gateway
          needs
            orders,
            users
        orders
          needs
            users
        users
        """
    )


@pytest.mark.parametrize("room", [30, 40, 60, 90])
def test_nothing_runs_over_the_edge(room: int) -> None:
    nodes = [node(f"service{n}", *(f"service{m}" for m in range(n + 1, n + 4) if m < 9))
             for n in range(9)]  # fmt: skip

    assert max(map(len, bare(*nodes, room=room).splitlines())) <= room


def test_every_edge_leads_from_one_row_to_the_next() -> None:
    contents = {name: (5, (name,)) for name in "abcd"}
    layout = arrange(contents, {"a": ["b", "d"], "b": ["c"], "c": ["d"]}, 80)
    rows = {id(box): number for number, row in enumerate(layout.rows) for box in row}

    assert [[box.name for box in row if box.lines] for row in layout.rows] == [
        ["a"], ["b"], ["c"], ["d"],
    ]  # fmt: skip
    assert all(rows[id(lower)] == rows[id(upper)] + 1 for upper, lower in layout.edges)
    assert len(layout.edges) == 6  # that from a to d is three


def test_boxes_of_a_row_do_not_touch() -> None:
    layout = arrange({name: (7, (name,)) for name in "abc"}, {}, 80)

    places = sorted((box.x, box.x + box.width) for box in layout.rows[0])
    assert all(end < begin for (_, end), (begin, _) in pairwise(places))


def test_dot_has_nodes_for_networks_volumes_and_ports() -> None:
    lines = [line.strip() for line in dot(SHOP, ALL).splitlines()]

    assert lines[0] == 'digraph "demo" {'
    assert lines[-1] == "}"
    assert {
        '"web" [label="web ×2\\nweb:1"];',
        '"web" -> "api" [label="healthy"];',
        '"web" -> "auth";',
        '"port 8080 of web" -> "web" [label="80/tcp"];',
        '"api" -> "network default" [dir=none style=dotted];',
        '"volume data" [label="data" shape=cylinder fillcolor="#fef7e0" peripheries=2];',
        '"db" -> "volume data" [dir=none style=dashed label="/data"];',
    } <= set(lines)


def test_mermaid_is_a_flow_chart() -> None:
    assert mermaid(SHOP, ALL) == picture(
        """
        flowchart TB
          s1["web ×2<br/>web:1"]
          s2["api<br/>api:1"]
          s3["auth<br/>auth:1"]
          s4["db<br/>db:1"]
          n1(["default"])
          v1[("data (external)")]
          s1 -->|healthy| s2
          s1 --> s3
          s1p1>"8080"] -->|80/tcp| s1
          s1 -.- n1
          s2 --> s4
          s2 -.- n1
          s3 --> s4
          s3 -.- n1
          s4 -.- n1
          s4 === v1
        """
    )


def test_svg_is_a_picture_with_a_box_for_each_service_and_volume() -> None:
    root = ElementTree.fromstring(svg(SHOP, ALL))
    space = "{http://www.w3.org/2000/svg}"
    texts = [one.text for one in root.iter(f"{space}text")]
    classes = [one.get("class") for one in root.iter(f"{space}rect")]

    assert classes.count("service") == 4
    assert classes.count("volume") == 1
    assert {"web ×2", "8080→80/tcp", "data (external)", "network default"} <= set(texts)
    paths = [
        one for one in root.iter(f"{space}path") if (one.get("class") or "").startswith("edge")
    ]
    assert len(paths) == 5
    assert [one.get("class") for one in paths].count("edge mount") == 1


def test_svg_escapes_what_means_something_there() -> None:
    odd = graph(node("web", image="a<b&c"))

    assert "a<b&c" in {one.text for one in ElementTree.fromstring(svg(odd, ALL)).iter()}


@pytest.mark.parametrize("form", [dot, mermaid, svg, lambda graph, parts: draw(graph, 80, parts)])
def test_parts_can_be_left_out(form: object) -> None:
    drawn = form(SHOP, BARE)  # type: ignore[operator]

    assert not [word for word in ("web:1", "8080", "default", "data") if word in drawn]
