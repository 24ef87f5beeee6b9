"""What flags say of a service in the short forms of a file: ports and volumes.

The passes of a file read them, so that a flag means what the same text means there.
"""

from __future__ import annotations

from collections.abc import Iterable

from composer.errors import InvalidProject, Problem
from composer.loader.bind import Unfit, bind_record
from composer.loader.canonical import canonical
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.paths import resolve
from composer.model.service import Service


def spoken(
    service: str, *, ports: Iterable[str] = (), volumes: Iterable[str] = (), directory: str
) -> Service:
    """Return a service that has these ports and volumes, and nothing else.

    Relative paths begin in `directory`.  Raises InvalidProject.
    """
    node = MarkedMap()
    for key, texts in (("ports", ports), ("volumes", volumes)):
        node.put(key, MarkedList())
        for text in texts:
            node[key].add(text)
    root, services = MarkedMap(), MarkedMap()
    services.put(service, node)
    root.put("services", services)
    model, problems = canonical(resolve(root, directory))
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise InvalidProject(errors)
    try:
        found: Service = bind_record(Service, model["services"][service], name=service)
    except Unfit as unfit:
        raise InvalidProject(Problem(message) for message, _ in unfit.faults) from None
    return found
