"""The steps of a plan that have not begun, and for whom each of them still waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.model.plan import Step


class Unbegun:
    """Steps that have not begun.  `blocked` says whom each of them waits for, by ids."""

    def __init__(self, steps: Mapping[str, Step]) -> None:
        self.blocked = {
            id: {before for before in step.after if before in steps} for id, step in steps.items()
        }
        self._followers: dict[str, list[str]] = {id: [] for id in steps}
        for id, before in self.blocked.items():
            for one in before:
                self._followers[one].append(id)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self.blocked))

    def ready(self) -> list[str]:
        """Return the steps that wait for nobody."""
        return [id for id, before in self.blocked.items() if not before]

    def begin(self, id: str) -> None:
        """Take out a step that begins."""
        del self.blocked[id]

    def followers(self, id: str) -> tuple[str, ...]:
        """Return the steps of the plan that come right after this one, begun or not."""
        return tuple(self._followers[id])

    def release(self, id: str, followers: Iterable[str]) -> list[str]:
        """Let `followers` not wait for a step any more; return those that wait for nobody now."""
        ready = []
        for follower in followers:
            if (before := self.blocked.get(follower)) is not None:
                before.discard(id)
                if not before:
                    ready.append(follower)
        return ready
