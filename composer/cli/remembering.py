"""Remember what builds depended on, whichever command builds: for `build --why`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from composer.cli.session import Session

if TYPE_CHECKING:
    from composer.actions.rebuilt import Memory, Remembered
    from composer.model.events import Event
    from composer.model.project import Project

    Emit: TypeAlias = Callable[[Event], None]


def memory(session: Session) -> Memory:
    """Return where it is kept: in the user's cache."""
    from composer.actions.rebuilt import Memory
    from composer.remote.cache import caches

    return Memory(f"{caches(session.environment)}/builds")


def remembered(session: Session, project: Project, emit: Emit) -> Remembered:
    """Return what passes events on, and remembers the builds among them."""
    from composer.actions.rebuilt import Remembered

    return Remembered(emit, project.name, session.engine, memory(session))


@contextmanager
def remembering(session: Session, project: Project, emit: Emit) -> Iterator[Emit]:
    """Yield the same; at the end all of it is kept.  What builds nothing needs none."""
    if not any(service.build for service in project.services.values()):
        yield emit
        return
    told = remembered(session, project, emit)
    yield told
    told.close()
