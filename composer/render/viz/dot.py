"""A graph of services in the language of Graphviz: Docker Compose's own text, and ours."""

from __future__ import annotations

from collections.abc import Iterator

from composer.actions.viz import Graph, Node, image_of, networks_of
from composer.model.project import Project
from composer.model.service import Service
from composer.render.viz.text import Parts


def dot(graph: Graph, parts: Parts) -> str:
    """Return the graph with networks, volumes and published ports as nodes of their own."""
    head = f"digraph {_quoted(graph.project)} {{"
    return "\n".join([head, *_lines(graph, parts), "}"]) + "\n"


def _lines(graph: Graph, parts: Parts) -> Iterator[str]:
    yield "  rankdir=TB;"
    yield '  node [shape=box style="rounded,filled" fillcolor="#e8f0fe" fontname="sans-serif"];'
    yield '  edge [fontname="sans-serif" fontsize=10];'
    for node in graph.services.values():
        yield f"  {_quoted(node.name)} [label={_quoted(_label(node, parts))}];"
    for key in graph.networks if parts.networks else ():
        look = 'shape=ellipse fillcolor="#e6f4ea"' + _external(graph, key)
        yield f"  {_quoted(f'network {key}')} [label={_quoted(key)} {look}];"
    for key in graph.volumes if parts.volumes else ():
        look = 'shape=cylinder fillcolor="#fef7e0"' + _external(graph, key)
        yield f"  {_quoted(f'volume {key}')} [label={_quoted(key)} {look}];"
    for node in graph.services.values():
        yield from _edges(node, parts)


def _edges(node: Node, parts: Parts) -> Iterator[str]:
    name = _quoted(node.name)
    for need in node.needs:
        label = f" [label={_quoted(need.condition)}]" if need.condition else ""
        yield f"  {name} -> {_quoted(need.service)}{label};"
    for port in node.ports if parts.ports else ():
        place, _, target = port.partition("→")
        port_name = _quoted(f"port {place} of {node.name}")
        yield f'  {port_name} [label={_quoted(place)} shape=plaintext style=""];'
        yield f"  {port_name} -> {name} [label={_quoted(target)}];"
    for key in node.networks if parts.networks else ():
        yield f"  {name} -> {_quoted(f'network {key}')} [dir=none style=dotted];"
    for use in node.uses if parts.volumes else ():
        if use.is_volume:
            label = f"label={_quoted(use.target)}"
            yield f"  {name} -> {_quoted(f'volume {use.source}')} [dir=none style=dashed {label}];"


def _label(node: Node, parts: Parts) -> str:
    times = f" ×{node.replicas}" if node.replicas != 1 else ""
    return f"{node.name}{times}" + (f"\\n{node.image}" if parts.image else "")


def _external(graph: Graph, key: str) -> str:
    return " peripheries=2" if key in graph.external else ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def docker_dot(project: Project, indent: str, parts: Parts) -> str:
    """Return what `docker compose alpha viz` prints, services in the order of the file."""
    nodes = [f"{indent}{_docker_node(project, one, parts)}" for one in project.services.values()]
    edges = [
        f'{indent}"{name}" -> "{other}";'
        for name, one in project.services.items()
        for other in one.depends_on
    ]
    head = [f'digraph "{project.name}" {{', f"{indent}layout=dot;"]
    return "\n".join([*head, *nodes, "", *edges, "}"]) + "\n"


def _docker_node(project: Project, service: Service, parts: Parts) -> str:
    small = '<font point-size="10"><br/><br/>'
    label = f'<font point-size="15">{service.name}</font>'
    if parts.networks and service.networks:
        names = "".join(f"<br/>{key}" for key in networks_of(service))
        label += f"{small}<b>Networks:</b>{names}</font>"
    if parts.ports and service.ports:
        lines = "".join(
            f"<br/>{f'{port.host_ip}:' if port.host_ip else ''}{port.published or ''}:{port.target}"
            f" ({port.protocol or ''}, {port.mode or ''})"
            for port in service.ports
        )
        label += f"{small}<b>Ports:</b>{lines}</font>"
    if parts.image:
        label += f"{small}<b>Image:</b><br/>{image_of(project, service)}</font>"
    return f'"{service.name}" [style="filled" label=<{label}>];'
