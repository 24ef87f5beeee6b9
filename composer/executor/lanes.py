"""Steps that may begin, in order, and how many of them may be under way at once.

What has not begun can still be left: after a failure or Ctrl-C nobody carries it out.
"""

from __future__ import annotations

from composer.model.operations import CreateContainer, Remove, Stop
from composer.model.plan import Step

_FEW = {"create": 4, "end": 6}
"""How many calls of a kind are under way at once, where none of them waits for anybody.

The engine makes one container after the other, however many it is asked for: more would
only keep the first of them from being started.  When it is to end forty at once they are in
each other's way, and it takes a quarter longer.
"""


class Lanes:
    """At most `parallel` calls are under way; None for any number, but for few of some kinds."""

    def __init__(self, parallel: int | None) -> None:
        self._parallel = parallel
        self._queued: dict[str, tuple[Step, ...]] = {}
        self._calls: dict[str, str] = {}
        self._left: dict[str, int] = {}
        self._kinds: dict[str, str] = {}

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
                self._kinds[call] = _kind(steps[0])
                return steps
        return ()

    def free(self, step_id: str) -> None:
        """Hear that a step has ended; its call has once all its steps have."""
        call = self._calls.pop(step_id, None)
        if call is not None:
            self._left[call] -= 1
            if not self._left[call]:
                del self._left[call]
                del self._kinds[call]

    def _has_room(self, step: Step) -> bool:
        if self._parallel is not None:
            return len(self._left) < self._parallel
        kind = _kind(step)
        return kind not in _FEW or list(self._kinds.values()).count(kind) < _FEW[kind]


def _kind(step: Step) -> str:
    match step.operation:
        case CreateContainer():
            return "create"
        case Remove() | Stop(timeout=0):
            return "end"
    return ""


def _without(steps: tuple[Step, ...], others: tuple[Step, ...]) -> tuple[Step, ...]:
    there = {step.id for step in others}
    return tuple(step for step in steps if step.id not in there)
