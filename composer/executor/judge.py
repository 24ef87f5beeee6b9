"""Is what somebody waits for true, not yet, or never?  Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from composer.executor.evidence import exit_text, standing
from composer.model.observed import ContainerState
from composer.record import dataclass


class Answer(Enum):
    MET = "met"
    NOT_YET = "not yet"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer; `container` and `why` tell what decided it when it is not MET.

    `standing` is how that container stands, in more words, while it is NOT_YET.
    """

    answer: Answer
    container: str = ""
    why: str = ""
    standing: str = ""


MET = Verdict(Answer.MET)

NO_HEALTHCHECK = "has no healthcheck"
_CRASHES = "ends again and again"
_CHANCES = 5
"""How often the engine starts a successor again, within some seconds, before it is given up."""

_PATIENCE = 10
"""How often anybody else, for whom `up --wait` waits: a minute, by the engine's growing pauses.

Until then a database may come up that the container cannot do without.
"""

UNPROBED = "is not probed any more: the engine was restarted under it"
DISABLED = "has its healthcheck disabled"
PAUSED = "is paused"


def judge(
    condition: str, states: Mapping[str, ContainerState], successors: Collection[str] = ()
) -> Verdict:
    """Return whether all containers, by name, are as `condition` says.

    The first that never will decides, else the first that is not yet so.  One of the
    `successors` never will be once it has crashed a few times, nor will who crashes for a
    minute be up.
    """
    one = {
        "service_healthy": _healthy,
        "service_completed_successfully": _completed,
        "running_or_healthy": _up,
        "hook_completed": _completed,
    }[condition]
    verdicts = [one(name, state) for name, state in states.items()]
    verdicts += [
        _never(verdict.container, _CRASHES)
        for verdict in verdicts
        if verdict.answer is Answer.NOT_YET
        and _is_hopeless(condition, states[verdict.container], verdict.container in successors)
    ]
    for answer in (Answer.NEVER, Answer.NOT_YET):
        for verdict in verdicts:
            if verdict.answer is answer:
                return verdict
    return MET


def _is_hopeless(condition: str, state: ContainerState, is_successor: bool) -> bool:
    if is_successor and state.restarts >= _CHANCES:
        return True
    waited = condition == "running_or_healthy" and state.status == "restarting"
    return waited and state.restarts >= _PATIENCE


def _healthy(name: str, state: ContainerState) -> Verdict:
    if state.status == "running" and state.health is None:
        off = state.check is not None and state.check.test[:1] == ("NONE",)
        return _never(name, DISABLED if off else NO_HEALTHCHECK)
    return _up(name, state, exit_is_fine=False)


def _up(name: str, state: ContainerState, *, exit_is_fine: bool = True) -> Verdict:
    match state.status, state.health:
        case "running", "healthy" | None:
            return MET
        case "running", "unhealthy":
            return _never(name, "is unhealthy")
        case "running", _ if state.unprobed:
            return _never(name, UNPROBED)
        case "running", _:
            return _not_yet(name, "is starting", state)
        case "paused", _:
            return _never(name, PAUSED)
        case (("exited" | "dead" | "removing"), _):
            if exit_is_fine and state.status == "exited" and state.exit_code == 0:
                return MET
            return _never(name, exit_text(state))
        case status, _:
            return _not_yet(name, f"is {status}", state)


def _completed(name: str, state: ContainerState) -> Verdict:
    """Judge a job.  One that ended well has done so, even if it is started again."""
    match state.status:
        case "exited" | "restarting" if state.exit_code == 0:
            return MET
        case "exited" | "dead" | "removing":
            return _never(name, exit_text(state))
        case "paused":
            return _never(name, PAUSED)
        case status:
            return _not_yet(name, f"is {status}", state)


def _never(name: str, why: str) -> Verdict:
    return Verdict(Answer.NEVER, name, why)


def _not_yet(name: str, why: str, state: ContainerState) -> Verdict:
    return Verdict(Answer.NOT_YET, name, why, standing(state))
