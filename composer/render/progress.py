"""Shows the events of a plan: a live picture on a terminal, lines elsewhere.

On a terminal every thing has one line that changes, with a bar while it is
pulled, the last lines while it is built, and the time that it takes.  Elsewhere
each change is a line of its own, in Docker Compose's wording.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from composer.executor.progress import Phase, Picture, Row, advance, speaks, wording
from composer.model.events import Event, PlanStarted, StepFinished, StepProgressed
from composer.model.operations import Await, BuildImage, Operation, RunHook, RunProvider
from composer.render.console import Console

if TYPE_CHECKING:
    from composer.render.live import LivePicture


class Reporter(ABC):
    """Hears events, by being called with them, between `with` and its end."""

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.settle()

    @abstractmethod
    def __call__(self, event: Event) -> None: ...

    def settle(self) -> None:  # noqa: B027 - most have nothing to do
        """Leave the terminal to others; what follows comes as lines."""


def reporter(console: Console, title: str) -> Reporter:
    """Return what shows progress as the console wants it."""
    match console.progress:
        case "quiet":
            return Quiet()
        case "json":
            return JsonLines(console)
        case "tty":
            return Live(console, title)
        case _:
            return Lines(console)


class Quiet(Reporter):
    def __call__(self, event: Event) -> None:
        pass


class Lines(Reporter):
    """One line for each change of status, and all that a build or a hook prints."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.picture = Picture()

    def __call__(self, event: Event) -> None:
        before, self.picture = self.picture, advance(self.picture, event)
        if isinstance(event, StepProgressed) and speaks(event.step.operation):
            self._said(event.step.operation, event.progress.text)
        for row in changed(before, self.picture):
            self._console.say(f"{self._console.prefix} {row.subject}  {row.status}")

    def _said(self, operation: Operation, text: str) -> None:
        for line in text.rstrip("\n").split("\n"):
            if line.strip():
                self._console.say(f" {_speaker(operation)} | {line}")


def _speaker(operation: Operation) -> str:
    match operation:
        case BuildImage(spec):
            return spec.service
        case RunHook():
            return wording(operation).subjects[0].removeprefix("Hook ")
        case RunProvider(call):
            return call.service
        case Await(_, containers):
            return containers[0]
        case _:
            return str(operation)


class JsonLines(Reporter):
    """One object for each change: what, how it stands, how far it has come, and when.

    `time` is in seconds since the epoch; `step` is one of the plan, and `seconds` how long
    it took.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.time) -> None:
        self._console = console
        self._clock = clock
        self._picture = Picture()

    def __call__(self, event: Event) -> None:
        before, self._picture = self._picture, advance(self._picture, event)
        if isinstance(event, StepProgressed):
            for subject in wording(event.step.operation).subjects:
                progress = event.progress
                self._say(subject, text=progress.text, current=progress.current,
                          total=progress.total, parent=progress.part)  # fmt: skip
        step = "" if isinstance(event, PlanStarted) else event.step.id
        seconds = round(event.seconds, 3) if isinstance(event, StepFinished) else 0
        for row in changed(before, self._picture):
            self._say(row.subject, status=row.status, text=row.text, step=step, seconds=seconds)

    def _say(self, subject: str, **fields: str | float) -> None:
        said: dict[str, str | float] = {"id": subject}
        said |= {key: value for key, value in fields.items() if value}
        said["time"] = round(self._clock(), 3)
        self._console.record(said)


class Live(Reporter):
    """A picture that changes in place, until it is settled."""

    def __init__(self, console: Console, title: str) -> None:
        from composer.render.resumed import resumed

        self._console = console
        self._title = title
        self._drawn: LivePicture | None = None
        self._lines = Lines(console)
        self._settled = False
        self._resumed = resumed(self._draw_anew)

    def __enter__(self) -> Live:
        self._resumed.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._resumed.__exit__(None, None, None)

    def _draw_anew(self) -> None:
        if self._drawn is not None and not self._settled:
            self._drawn.draw_anew()

    def __call__(self, event: Event) -> None:
        if self._settled:
            self._lines(event)
            return
        if self._drawn is None:
            from composer.render.live import LivePicture

            self._drawn = LivePicture(self._console, self._title)
        self._drawn.show(event)

    def settle(self) -> None:
        if self._drawn is not None and not self._settled:
            self._drawn.hand_over()
            self._lines.picture = self._drawn.picture
        self._settled = True


def without_progress(report: Callable[[Event], None], *kinds: type) -> Callable[[Event], None]:
    """Return a reporter that hears how operations of these kinds begin and end, no more."""

    def hear(event: Event) -> None:
        if not (isinstance(event, StepProgressed) and isinstance(event.step.operation, kinds)):
            report(event)

    return hear


def without_steps(
    report: Callable[[Event], None], hidden: Callable[[Operation], bool]
) -> Callable[[Event], None]:
    """Return a reporter that hears nothing of these operations."""

    def hear(event: Event) -> None:
        if not isinstance(event, PlanStarted):
            if not hidden(event.step.operation):
                report(event)
        elif steps := tuple(step for step in event.steps if not hidden(step.operation)):
            report(PlanStarted(steps))

    return hear


def changed(before: Picture, now: Picture) -> list[Row]:
    """Return the rows whose status is another one than before."""
    return [
        row
        for subject, row in now.rows.items()
        if row is not (old := before.rows.get(subject))
        and row.phase not in (Phase.SKIPPED, Phase.PENDING)
        and (old is None or (old.status, old.phase) != (row.status, row.phase))
    ]
