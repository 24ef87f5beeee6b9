"""A wait that has begun: where it is, and what the engine's news have told of it."""

from __future__ import annotations

from enum import Enum

from composer.executor.judge import Verdict
from composer.model.operations import Await
from composer.record import dataclass, field

_HEALTHY = "health_status: healthy"
_ABOUT_HEALTH = ("service_healthy", "running_or_healthy")


class Phase(Enum):
    """Where a wait is: its state is being looked at, it sleeps, its failure is explained."""

    JUDGING = "judging"
    PARKED = "parked"
    ENDING = "ending"


@dataclass(slots=True)
class ParkedWait:
    """A wait that has begun.  `stale`: there was news while it was being judged.

    `verdict` is the last one, for when the time is up; `judged`: there was one;
    `healthy` are the containers of which the last that was heard is that they became so.
    """

    wait: Await
    verdict: Verdict
    phase: Phase = Phase.JUDGING
    stale: bool = False
    judged: bool = False
    healthy: set[str] = field(default_factory=set)

    def hear(self, container: str, action: str) -> None:
        """Take note of news; a probe that has ended tells nothing of health yet.

        Of no container: anything may have happened to any.
        """
        if not container:
            self.healthy.clear()
        elif action == _HEALTHY:
            self.healthy.add(container)
        elif action != "exec_die":
            self.healthy.discard(container)

    @property
    def told(self) -> bool:
        """Say whether the news alone tell that the wait is over.

        An engine that runs probes keeps those waiting who ask for the state.  That the
        wait was judged before rules out news of a container that has gone by now.
        """
        return (
            self.judged
            and self.phase is not Phase.ENDING
            and self.wait.condition in _ABOUT_HEALTH
            and self.healthy.issuperset(self.wait.containers)
        )
