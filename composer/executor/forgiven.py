"""What went wrong and was no reason to stop: failures that a plan forgives, as warnings."""

from __future__ import annotations

from composer.errors import Conflict, Problem
from composer.model.events import Event, Outcome, StepFinished
from composer.model.operations import Await, RemoveImage, RemoveNetwork, RemoveVolume
from composer.model.plan import Step


def forgives(step: Step, error: BaseException) -> bool:
    """Say whether the plan goes on after this failure, which is then a warning."""
    match step.operation:
        case Await(required=required):
            return not required
        case _:
            return step.tolerant and isinstance(error, Conflict)


def forgiven(event: Event) -> Problem | None:
    """Return the warning for a step that failed and let the plan go on, None for others."""
    match event:
        case StepFinished(step, Outcome.DONE, _, error) if error is not None:
            pass
        case _:
            return None
    match step.operation:
        case Await(service):
            _, _, why = str(error).partition(": ")
            message = f"optional dependency {service!r} failed: {why or error}"
        case RemoveNetwork() | RemoveVolume() | RemoveImage():
            message = f"{step.id}: {error}"
        case _:
            return None
    return Problem(message, help=getattr(error, "help", None), severity="warning")
