"""Who depends on whom: services among themselves, and the steps of a plan.

The only module that imports networkx.  It is imported to tell which predecessors matter,
for `plan --json`: its import takes longer than all else that composer does in an `up`,
so ordering and finding no cycle need only the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from composer.record import replace

if TYPE_CHECKING:
    from networkx import DiGraph

    from composer.model.plan import Step

Edges = Mapping[str, Iterable[str]]
"""Maps a name to the names that it depends on."""


def find_cycle(edges: Edges) -> tuple[str, ...] | None:
    """Return a cycle as (a, b, a), where a depends on b; None if there is none.

    Which cycle is found does not depend on the order of `edges`: it starts at its
    smallest name.
    """
    try:
        TopologicalSorter({name: sorted(edges[name]) for name in sorted(edges)}).prepare()
    except CycleError as error:
        ring = list(reversed(error.args[1]))[:-1]
        first = ring.index(min(ring))
        return (*ring[first:], *ring[:first], ring[first])
    return None


def closure(edges: Edges, names: Iterable[str]) -> frozenset[str]:
    """Return `names` and everything they depend on, directly or not."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(edges.get(name, ()))
    return frozenset(seen)


def dependencies_first(edges: Edges) -> tuple[str, ...]:
    """Return the names of `edges` with dependencies before dependents, else in their order."""
    placed: dict[str, None] = {}
    for root in edges:
        open_names = {root: iter(edges[root])}  # a stack: deep projects exhaust recursion
        while open_names and root not in placed:
            name, rest = next(reversed(open_names.items()))
            below = next((n for n in rest if n not in placed and n not in open_names), None)
            if below is None:
                placed[name] = None
                del open_names[name]
            elif below in edges:
                open_names[below] = iter(edges[below])
    return tuple(placed)


def order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps in an order that respects `after`, else as they were given.

    Steps with one id are one step: their `after` are united.  Raises ValueError
    when two different operations have one id, or when steps wait for each other;
    both are bugs of the planner.
    """
    merged = _merge(steps)
    if len(merged) < 2:
        return tuple(merged.values())
    from heapq import heappop, heappush

    given = list(merged)
    position = {step_id: index for index, step_id in enumerate(given)}
    sorter = TopologicalSorter(
        {step.id: [before for before in step.after if before in merged] for step in merged.values()}
    )
    try:
        sorter.prepare()
    except CycleError:
        raise ValueError(f"steps wait for each other: {sorted(merged)}") from None
    ready: list[int] = []
    ordered = []
    while sorter.is_active():
        for step_id in sorter.get_ready():
            heappush(ready, position[step_id])
        first = given[heappop(ready)]
        sorter.done(first)
        ordered.append(merged[first])
    return tuple(ordered)


def reduced(steps: Sequence[Step]) -> Mapping[str, frozenset[str]]:
    """Return for each step the predecessors that no other predecessor implies."""
    from networkx import transitive_reduction

    graph = transitive_reduction(_graph({step.id: step for step in steps}))
    return {step.id: frozenset(graph.predecessors(step.id)) for step in steps}


def _merge(steps: Iterable[Step]) -> dict[str, Step]:
    merged: dict[str, Step] = {}
    for step in steps:
        known = merged.get(step.id)
        if known is None:
            merged[step.id] = step
        elif known.operation != step.operation:
            raise ValueError(f"two different operations are called {step.id!r}")
        else:
            merged[step.id] = replace(
                known, after=known.after | step.after, changes=known.changes or step.changes
            )
    return merged


def _graph(steps: Mapping[str, Step]) -> DiGraph[str]:
    from networkx import DiGraph

    graph: DiGraph[str] = DiGraph()
    graph.add_nodes_from(steps)
    graph.add_edges_from(
        (before, step.id) for step in steps.values() for before in step.after if before in steps
    )
    return graph
