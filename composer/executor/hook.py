"""A command in a container that runs, at a moment of its life, and what it says."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from composer.errors import Cancelled, EngineError, HookFailed
from composer.executor.evidence import exit_text
from composer.model.command import Command
from composer.model.events import Progress
from composer.model.operations import RunHook

if TYPE_CHECKING:
    from composer.engine.port import Dialogue, Engine, Report

_LINES = 20
"""How many of a hook's last lines explain its failure."""


class Hooks:
    """The hooks that run in containers; all can be let go, from any thread."""

    def __init__(self) -> None:
        self._sessions: set[Dialogue] = set()
        self._left = False

    def run(self, operation: RunHook, engine: Engine, report: Report) -> None:
        """Run a hook to its end; raises HookFailed if that is not 0, Cancelled if it is let go."""
        session = _begin(operation, engine)
        self._sessions.add(session)
        last: deque[str] = deque(maxlen=_LINES)
        try:
            if self._left:
                session.close()
            for line in lines_of(session):
                last.append(line)
                report(Progress(line))
            if self._left:
                raise Cancelled
            code = session.exit_code()
        finally:
            self._sessions.discard(session)
            session.close()
        if code:
            raise HookFailed(
                f"{operation.moment}[{operation.index}] of service {operation.service!r} ended "
                f"with code {code} in container {operation.container}",
                help=_evidence(operation.hook.command or (), last, _end(operation, engine)),
            )

    def let_go(self) -> None:
        """Wait for none of them any more.  An engine cannot end them: they go on by themselves."""
        self._left = True
        for session in [*self._sessions]:
            session.close()


def _begin(operation: RunHook, engine: Engine) -> Dialogue:
    hook = operation.hook
    command = Command(
        hook.command or (),
        environment=tuple(
            name if value is None else f"{name}={value}" for name, value in hook.environment.items()
        ),
        privileged=hook.privileged,
        user=hook.user,
        workdir=hook.working_dir,
    )
    return engine.exec(operation.container, command)


def _end(operation: RunHook, engine: Engine) -> str:
    """Return how the container of a hook ended, "" if it did not: with it all that ran in it."""
    try:
        state = engine.state(operation.container)
    except EngineError:
        return ""
    if state.status != "exited":
        return ""
    return f"its container ended meanwhile: {exit_text(state)}"


def _evidence(command: Iterable[str], said: Iterable[str], end: str) -> str:
    """Return what ran, and what it last said."""
    import shlex

    lines = [f"  {line}" for line in said]
    head = [f"the command was: {shlex.join(command)}", *filter(None, [end])]
    return "\n".join([*head, "its last lines:", *lines] if lines else [*head, "it said nothing"])


def lines_of(output: Iterable[tuple[str, bytes]]) -> Iterator[str]:
    """Yield the lines of both streams, each whole, as they come."""
    rest = {"stdout": b"", "stderr": b""}
    for stream, data in output:
        *whole, rest[stream] = (rest.get(stream, b"") + data).split(b"\n")
        yield from (line.rstrip(b"\r").decode(errors="replace") for line in whole)
    yield from (line.decode(errors="replace") for line in rest.values() if line)
