"""What a container's state tells of its end and of its probe, in words.  Pure.

An exit code above 128 may be a signal's, or a number that the program chose: the engine
does not tell.  Only what it does tell, that memory ran out, is claimed as a fact.
"""

from __future__ import annotations

from collections.abc import Iterator

from composer.model.observed import ContainerState, ProbeRun
from composer.model.service import Healthcheck
from composer.model.units import SECOND, Duration, print_bytes
from composer.model.unstartable import forbidden_program, missing_program, why_unstartable
from composer.pattern import pattern

_INTERVAL = Duration(30 * SECOND)
_TIMEOUT = Duration(30 * SECOND)
_RETRIES = 3
"""What the engine takes where a probe says nothing."""

_WIDEST = 100
_OVERDUE = "Health check exceeded timeout"
_KILLED = 137

_ESCAPES = pattern(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

_SIGNALS = {
    129: "SIGHUP",
    130: "SIGINT",
    131: "SIGQUIT",
    132: "SIGILL",
    133: "SIGTRAP",
    134: "SIGABRT",
    135: "SIGBUS",
    136: "SIGFPE",
    137: "SIGKILL",
    139: "SIGSEGV",
    141: "SIGPIPE",
    143: "SIGTERM",
    159: "SIGSYS",
}


def exit_text(state: ContainerState) -> str:
    """Return how a container ended: "exited (137): killed by SIGKILL, out of memory"."""
    if state.status != "exited":
        return f"is {state.status}"
    cause = _cause(state)
    return f"exited ({state.exit_code})" + f": {cause}" * bool(cause)


def _cause(state: ContainerState) -> str:
    code = state.exit_code
    if state.error:
        return why_unstartable(state.error) or state.error
    if state.oom_killed:
        limit = f": its limit is {print_bytes(state.memory)}" if state.memory else ""
        return "killed by SIGKILL, " * (code == _KILLED) + f"out of memory{limit}"
    if code == 126:
        return "the code of a command that cannot be executed"
    if code == 127:
        return "the code of a command that is not found"
    return f"the code that {_SIGNALS[code]} leaves" if code in _SIGNALS else ""


def standing(state: ContainerState) -> str:
    """Return in one line how a container stands whose wait is not met yet."""
    match state.status:
        case "restarting":
            times = f", restart {state.restarts}" if state.restarts else ""
            return f"restarting after it exited ({state.exit_code}){times}"
        case "running" if state.health == "starting":
            return ", ".join(["starting", *_last_failure(state)])
        case status:
            return status


def _last_failure(state: ContainerState) -> Iterator[str]:
    run = _failed(state)
    if run is not None:
        said = (run.output.splitlines() or [""])[-1]
        said = plain(said).strip()
        text = f"{_count(state)} ({_code(run)})" + f": {said}" * bool(said)
        yield text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _code(run: ProbeRun) -> str:
    if run.output.startswith(_OVERDUE):
        return "too slow"
    return "not started" if run.exit_code < 0 else f"exit {run.exit_code}"


def probe_evidence(state: ContainerState) -> list[str]:
    """Return what the probe of a container that is not healthy tells, as lines."""
    if state.health in (None, "healthy"):
        return []
    check = state.check or Healthcheck()
    pace = f"every {_seconds(check.interval or _INTERVAL)}"
    pace += f", timeout {_seconds(check.timeout or _TIMEOUT)}"
    run = _failed(state)
    if run is None:
        return [f"no probe has failed or succeeded yet; {pace}"]
    lines = [f"{_count(state)}: {_ending(run)}; {pace}"]
    lines += [f"  {plain(line)}" for line in run.output.splitlines()]
    return [*lines, *_missing(run.output)]


def _failed(state: ContainerState) -> ProbeRun | None:
    """Return the last run of the probe, if it failed."""
    last = state.probes[-1] if state.probes else None
    return last if last is not None and last.exit_code != 0 else None


def _count(state: ContainerState) -> str:
    """Return how many probes failed of how many may."""
    retries = (state.check.retries if state.check else None) or _RETRIES
    if not state.streak:
        return "a probe in the start period failed"
    if state.streak <= retries:
        return f"probe {state.streak} of {retries} failed"
    return f"{state.streak} probes in a row failed, where {retries} may"


def _ending(run: ProbeRun) -> str:
    took = run.end - run.start
    after = f"{took:.1f} s" if took >= 0.1 else f"{took:.2f} s"
    if run.output.startswith(_OVERDUE):
        return f"no end after {after}"
    if run.exit_code < 0:
        return "it could not be started"
    return f"exit code {run.exit_code} after {after}"


def _missing(output: str) -> Iterator[str]:
    """Yield what to do where the probe's output says that its program cannot be run."""
    if program := forbidden_program(output):
        yield f"the probe runs {program!r}, which is not executable in the image"
    elif program := missing_program(output):
        yield f"the probe runs {program!r}, which the image does not have"
        if program.endswith("sh"):
            yield "without a shell, write the test as a list: [CMD, program, argument]"


def plain(line: str) -> str:
    """Return what a program printed without what would move a cursor or colour a terminal."""
    text = _ESCAPES.sub("", line).expandtabs(4)
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _seconds(duration: Duration) -> str:
    return f"{duration / SECOND:g} s"
