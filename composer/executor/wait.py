"""Look at what is waited for, and explain a wait that failed.

Both run in a worker: they ask the engine.
"""

from __future__ import annotations

from composer.engine.port import Engine
from composer.errors import EngineError, NotFound, WaitFailed
from composer.executor.judge import Answer, Verdict, judge
from composer.model.observed import ContainerState
from composer.model.operations import Await

_LINES = 20
"""How many of a container's last lines explain its failure."""


def look(wait: Await, engine: Engine) -> Verdict:
    """Return whether `wait` is met by the state of its containers right now."""
    states = {}
    for name in wait.containers:
        try:
            states[name] = engine.state(name)
        except NotFound:
            return Verdict(Answer.NEVER, name, "was removed")
    return judge(wait.condition, states)


def explain(wait: Await, verdict: Verdict, engine: Engine) -> WaitFailed:
    """Return the failure of `wait`, with what the container last said."""
    name = verdict.container
    if verdict.answer is Answer.NOT_YET:
        message = f"service {wait.service!r} is not up after {wait.timeout:g} seconds"
    elif wait.condition == "service_completed_successfully":
        message = f"service {wait.service!r} didn't complete successfully: {name} {verdict.why}"
    elif wait.condition == "running_or_healthy":
        message = f"container {name} {verdict.why}"
    else:
        message = f"dependency failed to start: container {name} {verdict.why}"
    return WaitFailed(message, help=_evidence(name, verdict, engine))


def _evidence(name: str, verdict: Verdict, engine: Engine) -> str | None:
    """Return the last output of probe and container, None when there is nothing to show."""
    if verdict.why == "has no healthcheck":
        return "give it a healthcheck, or wait with 'condition: service_started'"
    try:
        state = engine.state(name)
        logs = engine.logs(name, tail=_LINES)
        lines = [line.text.decode(errors="replace") for line in logs]
    except EngineError:
        return None
    parts = _probe(state)
    if lines:
        parts += [f"last lines of {name}:", *(f"  {line}" for line in lines)]
    return "\n".join(parts) or None


def _probe(state: ContainerState) -> list[str]:
    if state.health in (None, "healthy") or not state.probes:
        return []
    return ["last probe:", *(f"  {line}" for line in state.probes[-1].splitlines())]
