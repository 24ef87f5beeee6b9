"""A graph of services as Mermaid draws it, in Markdown for one."""

from __future__ import annotations

from collections.abc import Iterator

from composer.actions.viz import Graph
from composer.render.viz.text import Parts


def mermaid(graph: Graph, parts: Parts) -> str:
    return "\n".join(_lines(graph, parts)) + "\n"


def _lines(graph: Graph, parts: Parts) -> Iterator[str]:
    """Yield statements; names may be words that mean something there, hence the numbers."""
    services = {name: f"s{number}" for number, name in enumerate(graph.services, 1)}
    networks = {key: f"n{number}" for number, key in enumerate(graph.networks, 1)}
    volumes = {key: f"v{number}" for number, key in enumerate(graph.volumes, 1)}
    yield "flowchart TB"
    for name, node in graph.services.items():
        times = f" ×{node.replicas}" if node.replicas != 1 else ""
        image = f"<br/>{node.image}" if parts.image else ""
        yield f"  {services[name]}[{_quoted(name + times + image)}]"
    for key, id in networks.items() if parts.networks else ():
        yield f"  {id}([{_quoted(key + _external(graph, key))}])"
    for key, id in volumes.items() if parts.volumes else ():
        yield f"  {id}[({_quoted(key + _external(graph, key))})]"
    for name, node in graph.services.items():
        for need in node.needs:
            if need.service in services:
                label = f"|{need.condition}|" if need.condition else ""
                yield f"  {services[name]} -->{label} {services[need.service]}"
        for number, port in enumerate(node.ports if parts.ports else (), 1):
            place, _, target = port.partition("→")
            outside = f"{services[name]}p{number}"
            yield f"  {outside}>{_quoted(place)}] -->|{target}| {services[name]}"
        for key in node.networks if parts.networks else ():
            yield f"  {services[name]} -.- {networks[key]}"
        for use in node.uses if parts.volumes else ():
            if use.is_volume:
                yield f"  {services[name]} === {volumes[use.source]}"


def _external(graph: Graph, key: str) -> str:
    return " (external)" if key in graph.external else ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "#quot;") + '"'
