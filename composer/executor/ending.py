"""Who waits for a stop to be stopped next: it need not wait for what the engine tidies up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from composer.executor.listen import Heard
from composer.model.operations import Rename, Stop
from composer.model.plan import Step

if TYPE_CHECKING:
    from composer.engine.port import Engine


def stopped_next(step: Step, followers: Iterable[str], steps: Mapping[str, Step]) -> Iterator[str]:
    """Yield the stops among the `followers` of a step, if that is a stop, too."""
    if isinstance(step.operation, Stop):
        for follower in followers:
            if isinstance(steps[follower].operation, Stop):
                yield follower


@contextmanager
def hearing_the_ends(
    awaited: Iterable[Step], steps: Iterable[Step], engine: Engine, post: Callable[[Heard], None]
) -> Iterator[bool]:
    """Post that the container of one of the `awaited` stops has died, as soon as that is seen.

    All are looked for before the first of `steps` begins, so by the names that they have
    then.  Yields whether it is seen of all of them.
    """
    names = [step.operation.container for step in awaited if isinstance(step.operation, Stop)]
    if not names:
        yield True
        return
    renames = [step.operation for step in steps if isinstance(step.operation, Rename)]
    before = {rename.to: rename.container for rename in renames}
    by_name = {before.get(name, name): name for name in names}

    def ended(name: str) -> None:
        post(Heard(by_name[name], "die"))

    with engine.hearing_the_ends(by_name, ended) as heard:
        yield heard >= by_name.keys()
