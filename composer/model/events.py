"""What happens while a plan runs, and what comes out of the engine meanwhile."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from composer.model.plan import Step
from composer.model.provision import Setting
from composer.record import dataclass


class Outcome(Enum):
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull, a build or a wait has come.

    `total` 0 is unknown.  `part` names what moves, a layer say; `text` is a line
    for people, and the whole of what a build prints.  `setting` is what a provider tells
    to who uses it.
    """

    text: str
    part: str = ""
    current: int = 0
    total: int = 0
    setting: Setting | None = None


@dataclass(frozen=True, slots=True)
class PlanStarted:
    """All that is going to be done, unless something fails."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class StepStarted:
    step: Step


@dataclass(frozen=True, slots=True)
class StepProgressed:
    step: Step
    progress: Progress


@dataclass(frozen=True, slots=True)
class StepFinished:
    """`seconds` is how long the step took; `error` is set when it failed.

    A skipped step names in `cause` the step whose failure it suffers from.
    """

    step: Step
    outcome: Outcome
    seconds: float = 0
    error: BaseException | None = None
    cause: str | None = None


Event: TypeAlias = PlanStarted | StepStarted | StepProgressed | StepFinished


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's output, without its line end.

    `stream` is stdout or stderr; `time` the engine's time stamp, when asked for.
    """

    container: str
    text: bytes
    stream: str = "stdout"
    time: str = ""
