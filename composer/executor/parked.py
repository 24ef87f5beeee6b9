"""A wait that has begun: where it is, and what the engine's news have told of it."""

from __future__ import annotations

from collections.abc import Set
from enum import Enum

from composer.executor.judge import Verdict
from composer.executor.listen import Heard
from composer.model.operations import Await
from composer.record import dataclass, field

_HEALTHY = "health_status: healthy"
_ABOUT_HEALTH = ("service_healthy", "running_or_healthy")


class Phase(Enum):
    """Where a wait is: its state is being looked at, it sleeps, its failure is explained."""

    JUDGING = "judging"
    PARKED = "parked"
    ENDING = "ending"


class Runs:
    """What ran to a good end since this was made, as the news tell; `ended` are these."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self.ended: set[str] = set()

    def hear(self, news: Heard) -> None:
        """Take note of news.  Who began unheard may have ended unheard before that, too."""
        if not news.container:
            self._begun.clear()
            self.ended.clear()
        elif news.action == "start":
            self._begun.add(news.container)
            self.ended.discard(news.container)
        elif news.action == "die" and news.container in self._begun:
            self._begun.discard(news.container)
            if news.exit_code == 0:
                self.ended.add(news.container)


@dataclass(slots=True)
class ParkedWait:
    """A wait that has begun.  `stale`: there was news while it was being judged.

    `verdict` is the last one, for when the time is up; `judged`: there was one;
    `healthy` are the containers of which the last that was heard is that they became so,
    `ended` are those of Runs.
    """

    wait: Await
    verdict: Verdict
    phase: Phase = Phase.JUDGING
    stale: bool = False
    judged: bool = False
    healthy: set[str] = field(default_factory=set)
    ended: Set[str] = frozenset()

    def hear(self, news: Heard) -> None:
        """Take note of news; a probe that has ended tells nothing of health yet.

        Of no container: anything may have happened to any.
        """
        if not news.container:
            self.healthy.clear()
        elif news.action == _HEALTHY:
            self.healthy.add(news.container)
        elif news.action != "exec_die":
            self.healthy.discard(news.container)

    @property
    def told(self) -> bool:
        """Say whether the news alone tell that the wait is over.

        An engine that runs probes, or tidies up, keeps those waiting who ask for the state.
        """
        return self.phase is not Phase.ENDING and (self._told_healthy or self._told_completed)

    @property
    def _told_healthy(self) -> bool:
        """That it was judged before rules out news of a container that has gone by now."""
        return (
            self.judged
            and self.wait.condition in _ABOUT_HEALTH
            and self.healthy.issuperset(self.wait.containers)
        )

    @property
    def _told_completed(self) -> bool:
        return self.wait.at_once and self.ended >= {*self.wait.containers}
