"""What happens while a plan runs, and what comes out of the engine meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, TypeAlias

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

    A skipped step names in `cause` the step whose failure it suffers from; the user
    interrupted one that names none.
    """

    step: Step
    outcome: Outcome
    seconds: float = 0
    error: BaseException | None = None
    cause: str | None = None


Event: TypeAlias = PlanStarted | StepStarted | StepProgressed | StepFinished


STDOUT: Final = 1
STDERR: Final = 2


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Lines of one container that have arrived together, without their ends.

    Of each line the text, the engine's time stamp, and the stream: STDOUT or STDERR.
    Lists, since a log may have millions of lines and a record for each would take
    longer than all else.
    """

    container: str
    texts: list[bytes]
    times: list[bytes]
    streams: bytearray

    def lines(self) -> Iterator[LogLine]:
        """Yield the lines one by one, for who wants a few."""
        for text, time, stream in zip(self.texts, self.times, self.streams, strict=True):
            name = "stderr" if stream == STDERR else "stdout"
            yield LogLine(self.container, text, name, time.decode(errors="replace"))

    def picked(self, places: Sequence[int]) -> LogBatch:
        """Return the lines at `places` only."""
        if len(places) == len(self.texts):
            return self
        return LogBatch(
            self.container,
            [self.texts[place] for place in places],
            [self.times[place] for place in places],
            bytearray(self.streams[place] for place in places),
        )


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's output, without its line end.

    `stream` is stdout or stderr; `time` the engine's time stamp, when asked for.
    """

    container: str
    text: bytes
    stream: str = "stdout"
    time: str = ""
