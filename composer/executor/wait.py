"""Look at what is waited for, and explain a wait that failed.

Both run in a worker: they ask the engine.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from composer.errors import EngineError, NotFound, Unprobed, WaitFailed
from composer.executor.evidence import plain, probe_evidence
from composer.executor.judge import (
    DISABLED,
    NO_HEALTHCHECK,
    PAUSED,
    UNPROBED,
    Answer,
    Verdict,
    judge,
)
from composer.model.observed import ContainerState
from composer.model.operations import Await

if TYPE_CHECKING:
    from composer.engine.port import Engine

_SETTLED = 0.5
"""How many seconds a container has to run to be up if no probe tells.

What ends at once has often not done so when it is first looked at.  Docker Compose first
looks after as long.
"""

_LINES = 20
"""How many of a container's last lines explain its failure."""

_LONGEST = 1000
"""How many letters of one line are shown: some programs write all they know into one."""

_NOT_STARTED = ("exited (126)", "exited (127)")

_ADVICE = {
    NO_HEALTHCHECK: "give it a healthcheck, or wait with 'condition: service_started'",
    DISABLED: "switch its healthcheck on, or wait with 'condition: service_started'",
    PAUSED: "let it go on with: composer unpause {service}",
}


def look(wait: Await, engine: Engine) -> Verdict:
    """Return whether `wait` is met by the state of its containers right now.

    A container without a probe that has only just been started is looked at once more.
    """
    verdict, unsettled = _look(wait, engine)
    if unsettled and verdict.answer is Answer.MET:
        time.sleep(unsettled)
        verdict, _ = _look(wait, engine)
    return verdict


def _look(wait: Await, engine: Engine) -> tuple[Verdict, float]:
    """Return a verdict, and after how many seconds what it rests on has settled."""
    states = {}
    for name in wait.containers:
        try:
            states[name] = engine.state(name)
        except NotFound:
            return Verdict(Answer.NEVER, name, "was removed"), 0
    unsettled = _unsettled(states.values()) if wait.condition == "running_or_healthy" else 0
    return judge(wait.condition, states, wait.successors), unsettled


def _unsettled(states: Iterable[ContainerState]) -> float:
    from datetime import datetime

    started = [
        datetime.fromisoformat(state.started_at).timestamp()
        for state in states
        if state.status == "running" and state.health is None and state.started_at
    ]
    left = max(started, default=0.0) + _SETTLED - time.time()
    return min(max(left, 0.0), _SETTLED)


def explain(wait: Await, verdict: Verdict, engine: Engine) -> WaitFailed:
    """Return the failure of `wait`, with what its probe and the container last said."""
    name = verdict.container
    if verdict.answer is Answer.NOT_YET:
        message = f"application not healthy after {wait.timeout:g}s: container {name} {verdict.why}"
    elif wait.condition == "service_completed_successfully":
        message = f"service {wait.service!r} didn't complete successfully: {name} {verdict.why}"
    elif wait.condition == "hook_completed":
        return _hook_failure(wait, verdict, _evidence(name, engine))
    elif wait.condition == "running_or_healthy":
        message = f"container {name} {verdict.why}"
    else:
        message = f"dependency failed to start: container {name} {verdict.why}"
    if verdict.why == UNPROBED:
        return Unprobed(message, help="start it anew with: composer up")
    if advice := _ADVICE.get(verdict.why):
        return WaitFailed(message, help=advice.format(service=wait.service))
    error = WaitFailed(message, help=_evidence(name, engine))
    if verdict.why.startswith(_NOT_STARTED):
        error.service = wait.service
    return error


def _hook_failure(wait: Await, verdict: Verdict, evidence: str | None) -> WaitFailed:
    name = verdict.container
    help = f"it is kept until the next up or down: docker logs {name}, docker inspect {name}"
    return WaitFailed(
        f"service {wait.service!r} is not started: its pre_start hook {name} {verdict.why}",
        help=f"{evidence}\n{help}" if evidence else help,
    )


def _evidence(name: str, engine: Engine) -> str | None:
    """Return the last output of probe and container, None when there is nothing to show.

    Not every logging driver can be read.
    """
    parts: list[str] = []
    lines: list[str] = []
    with suppress(EngineError):
        state = engine.state(name)
        parts = probe_evidence(state)
        if state.restarts:
            parts.append(f"the engine has started it again {state.restarts} times")
        logs = engine.logs(name, tail=_LINES)
        lines = [_shown(line.text) for line in logs]
    if lines:
        parts += [f"last lines of {name}:", *(f"  {line}" for line in lines)]
    return "\n".join(parts) or None


def _shown(line: bytes) -> str:
    text = plain(line[: 4 * _LONGEST].decode(errors="replace"))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
