"""A reporter that also notes what a plan forgives: it would pass by unseen."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from composer.errors import Problem
from composer.executor.forgiven import forgiven
from composer.model.events import Event
from composer.render.progress import Reporter


class Noting(Reporter):
    """Passes everything on to `reporter`, and warnings to `note`."""

    def __init__(self, reporter: Reporter, note: Callable[[Problem], None]) -> None:
        self._reporter = reporter
        self._note = note

    def __enter__(self) -> Noting:
        self._reporter.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reporter.__exit__(kind, error, trace)

    def __call__(self, event: Event) -> None:
        if (warning := forgiven(event)) is not None:
            self._note(warning)
        self._reporter(event)

    def settle(self) -> None:
        self._reporter.settle()
