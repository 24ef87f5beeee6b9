"""Steps that may begin, in order, and how many of them may be under way at once.

What has not begun can still be left: after a failure or Ctrl-C nobody carries it out.
"""

from __future__ import annotations

from composer.model.operations import CreateContainer
from composer.model.plan import Step

_MAKERS = 4
"""How many containers are created at once.  The engine makes one after the other, however
many it is asked for: more would only keep the first of them from being started.
"""


class Lanes:
    """At most `parallel` calls are under way; None for any number, but for few creates."""

    def __init__(self, parallel: int | None) -> None:
        self._parallel = parallel
        self._queued: dict[str, tuple[Step, ...]] = {}
        self._calls: dict[str, str] = {}
        self._left: dict[str, int] = {}
        self._makers: set[str] = set()

    def queue(self, *steps: Step) -> None:
        """Have steps wait that are one call; those that wait already go on waiting.

        What waits and is part of a larger call now is made by that.
        """
        if len(steps) > 1:
            rest = {call: _without(waiting, steps) for call, waiting in self._queued.items()}
            self._queued = {call: waiting for call, waiting in rest.items() if waiting}
        self._queued.setdefault(steps[0].id, steps)

    def take(self) -> tuple[Step, ...]:
        """Return the next steps, in one call, that may begin now; () if there are none."""
        for call, steps in self._queued.items():
            if self._has_room(steps[0]):
                del self._queued[call]
                self._left[call] = len(steps)
                self._calls |= {step.id: call for step in steps}
                if isinstance(steps[0].operation, CreateContainer):
                    self._makers.add(call)
                return steps
        return ()

    def free(self, step_id: str) -> None:
        """Hear that a step has ended; its call has once all its steps have."""
        call = self._calls.pop(step_id, None)
        if call is not None:
            self._left[call] -= 1
            if not self._left[call]:
                del self._left[call]
                self._makers.discard(call)

    def _has_room(self, step: Step) -> bool:
        if self._parallel is not None:
            return len(self._left) < self._parallel
        return len(self._makers) < _MAKERS or not isinstance(step.operation, CreateContainer)


def _without(steps: tuple[Step, ...], others: tuple[Step, ...]) -> tuple[Step, ...]:
    there = {step.id for step in others}
    return tuple(step for step in steps if step.id not in there)
