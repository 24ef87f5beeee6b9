"""What has only just been started and has no probe is looked at once more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from composer.executor.judge import Answer
from composer.executor.wait import look
from composer.model.observed import ContainerState
from composer.model.operations import Await
from support.engine import FakeEngine

WAIT = Await("web", ("web",), "running_or_healthy")
CRASHED = ContainerState(status="exited", exit_code=3)


class Looks(FakeEngine):
    """An engine that tells one state after the other."""

    def __init__(self, *states: ContainerState) -> None:
        super().__init__()
        self.left = list(states)

    def state(self, container: str) -> ContainerState:
        return self.left.pop(0)


def running(started_at: str, health: str | None = None) -> ContainerState:
    return ContainerState(status="running", health=health, started_at=started_at)


def test_who_crashes_at_once_is_not_taken_for_one_that_runs() -> None:
    engine = Looks(running(datetime.now(UTC).isoformat()), CRASHED)

    verdict = look(WAIT, engine)

    assert (verdict.answer, verdict.why) == (Answer.NEVER, "exited (3)")


@pytest.mark.parametrize(
    "state",
    [running("2026-01-01T00:00:00.123456789Z"), running(datetime.now(UTC).isoformat(), "healthy")],
    ids=["runs for long", "healthy"],
)
def test_who_runs_for_long_or_is_healthy_is_believed_at_once(state: ContainerState) -> None:
    engine = Looks(state, CRASHED)

    assert look(WAIT, engine).answer is Answer.MET
    assert engine.left == [CRASHED]


def test_the_wait_of_a_dependent_is_not_kept() -> None:
    state = running(datetime.now(UTC).isoformat())
    engine = Looks(state, CRASHED)

    verdict = look(Await("web", ("web",), "service_completed_successfully"), engine)

    assert verdict.answer is Answer.NOT_YET
    assert engine.left == [CRASHED]
