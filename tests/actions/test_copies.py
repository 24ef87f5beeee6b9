"""What containers lack, whatever the order in which it is heard what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from composer.actions.copies import Copies, Landed, Seen
from composer.actions.sending import Arrival
from composer.actions.watched import Served
from composer.executor.crew import Crew
from composer.model.observed import ObservedContainer
from support.engine import FakeEngine
from support.plans import live, project, service


class Noted(Crew):
    """A crew that only notes what it is to do."""

    def __init__(self) -> None:
        super().__init__(1)
        self.tasks: list[tuple[Any, ...]] = []

    def do(self, task: Callable[..., None], *arguments: Any) -> None:
        self.tasks.append(arguments)


def container(status: str) -> ObservedContainer:
    return live(project(service("web", image="busybox")), "web", status=status)


def test_what_could_not_be_removed_is_removed_once_it_has_started_meanwhile() -> None:
    crew, gone = Noted(), {"/app/a.py": "/src/a.py"}
    copies = Copies(
        "demo", FakeEngine(), crew, lambda word: None, lambda news: None, lambda *trouble: None
    )
    created, running = container("created"), container("running")

    copies.serve({"web": Served("web", (), journal=dict(gone))})
    copies.take(Seen((created,)))
    copies.send()
    copies.take(Seen((running,)))
    copies.take(Landed(created.id, gone, Arrival(left=gone)))
    copies.send()

    sent = [(load.sources, runs) for _, load, runs in filter(None, crew.tasks)]
    assert sent == [(gone, False), (gone, True)]
