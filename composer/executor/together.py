"""Builds that are ready at once, as one call: BuildKit builds what they share only once.

They stay steps of their own in the plan and in what is told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from composer.executor.messages import Finished, Moved
from composer.model.events import Progress
from composer.model.operations import BuildImage
from composer.model.plan import Step
from composer.model.resources import BuildSpec

if TYPE_CHECKING:
    from composer.engine.port import Engine


def batch(
    ready: Iterable[Step], blocked: Mapping[str, AbstractSet[str]], steps: Mapping[str, Step]
) -> tuple[Step, ...]:
    """Return the builds among `ready`, and those that wait only for images that these make.

    `blocked` says what each of `steps` that has not begun still waits for.
    """
    builds = {step.id: spec for step in ready if (spec := _built(step))}
    if not builds:
        return ()
    while more := {
        id: spec
        for id, before in blocked.items()
        if id not in builds
        and (spec := _built(steps[id]))
        and before <= {*builds}
        and {builds[one].service for one in before} <= {*spec.upon.values()}
    }:
        builds |= more
    return tuple(steps[id] for id in builds)


def bake(steps: Sequence[Step], engine: Engine, post: Callable[[Finished | Moved], None]) -> None:
    """Carry out `steps` in one call; runs in a worker."""
    specs = tuple(spec for step in steps if (spec := _built(step)))
    left = {spec.service: step.id for spec, step in zip(specs, steps, strict=True)}
    ids = dict(left)

    def report(spec: BuildSpec, progress: Progress) -> None:
        post(Moved(ids[spec.service], progress))

    def ended(spec: BuildSpec, error: BaseException | None) -> None:
        if step_id := left.pop(spec.service, None):
            post(Finished(step_id, error))

    try:
        engine.bake(specs, report, ended)
    except BaseException as error:  # a silent worker would leave the coordinator asleep
        for step_id in left.values():
            post(Finished(step_id, error))


def _built(step: Step) -> BuildSpec | None:
    """Return what a step builds; what is only checked is not built."""
    match step.operation:
        case BuildImage(spec) if not spec.check:
            return spec
        case _:
            return None
