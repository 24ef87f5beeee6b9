"""Who waits for a stop to be stopped next: it need not wait for what the engine tidies up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from composer.executor.listen import Heard
from composer.model.operations import Stop
from composer.model.plan import Step

if TYPE_CHECKING:
    from composer.engine.port import Engine


def stopped_next(step: Step, followers: Iterable[str], steps: Mapping[str, Step]) -> Iterator[str]:
    """Yield the stops among the `followers` of a step, if that is a stop, too."""
    if isinstance(step.operation, Stop):
        for follower in followers:
            if isinstance(steps[follower].operation, Stop):
                yield follower


def hearing_the_end(
    step: Step, waiting: Iterable[str], engine: Engine, post: Callable[[Heard], None]
) -> AbstractContextManager[None]:
    """Post that the container of a stop has died, within the block, if that can be seen.

    `waiting` are the stops that would like to know.
    """
    if not isinstance(step.operation, Stop) or not any(waiting):
        return nullcontext()
    container = step.operation.container
    return engine.hearing_the_end(container, lambda: post(Heard(container, "die")))
