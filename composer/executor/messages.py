"""What comes into the coordinator's inbox, besides the engine's news."""

from __future__ import annotations

from composer.executor.judge import Verdict
from composer.model.events import Progress
from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Finished:
    """A worker's call is over; `error` None: well."""

    step: str
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A step got on."""

    step: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class Judged:
    """A worker has looked at a wait."""

    step: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Ctrl-C."""
