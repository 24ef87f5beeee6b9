"""Is what somebody waits for true, not yet, or never?  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from composer.model.observed import ContainerState
from composer.record import dataclass


class Answer(Enum):
    MET = "met"
    NOT_YET = "not yet"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer; `container` and `why` tell what decided it when it is not MET."""

    answer: Answer
    container: str = ""
    why: str = ""


MET = Verdict(Answer.MET)


def judge(condition: str, states: Mapping[str, ContainerState]) -> Verdict:
    """Return whether all containers, by name, are as `condition` says.

    The first that never will decides, else the first that is not yet so.
    """
    one = {
        "service_healthy": _healthy,
        "service_completed_successfully": _completed,
        "running_or_healthy": _up,
    }[condition]
    verdicts = [one(name, state) for name, state in states.items()]
    for answer in (Answer.NEVER, Answer.NOT_YET):
        for verdict in verdicts:
            if verdict.answer is answer:
                return verdict
    return MET


def _healthy(name: str, state: ContainerState) -> Verdict:
    if state.status == "running" and state.health is None:
        return _never(name, "has no healthcheck")
    return _up(name, state, exit_is_fine=False)


def _up(name: str, state: ContainerState, *, exit_is_fine: bool = True) -> Verdict:
    match state.status, state.health:
        case "running", "healthy" | None:
            return MET
        case "running", "unhealthy":
            return _never(name, "is unhealthy")
        case "running", _:
            return Verdict(Answer.NOT_YET, name, "is starting")
        case "paused", _:
            return _never(name, "is paused")
        case (("exited" | "dead" | "removing"), _):
            if exit_is_fine and state.status == "exited" and state.exit_code == 0:
                return MET
            return _never(name, exit_text(state))
        case status, _:
            return Verdict(Answer.NOT_YET, name, f"is {status}")


def _completed(name: str, state: ContainerState) -> Verdict:
    if state.status == "exited":
        return MET if state.exit_code == 0 else _never(name, exit_text(state))
    if state.status in ("dead", "removing", "paused"):
        return _never(name, f"is {state.status}")
    return Verdict(Answer.NOT_YET, name, f"is {state.status}")


def _never(name: str, why: str) -> Verdict:
    return Verdict(Answer.NEVER, name, why)


def exit_text(state: ContainerState) -> str:
    """Return how a container ended: "exited (137), out of memory"."""
    if state.status != "exited":
        return f"is {state.status}"
    cause = ", out of memory" if state.oom_killed else ""
    return f"exited ({state.exit_code}){cause}"
