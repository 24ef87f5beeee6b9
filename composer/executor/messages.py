"""What comes into the coordinator's inbox."""

from __future__ import annotations

from typing import TypeAlias

from composer.executor.judge import Verdict
from composer.executor.listen import Heard, Lost
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


Message: TypeAlias = Finished | Moved | Judged | Interrupted | Heard | Lost
