from __future__ import annotations

import pytest

from composer.executor.judge import Answer, judge
from composer.model.observed import ContainerState
from composer.model.service import Healthcheck

RUNNING = ContainerState(status="running")
HEALTHY = ContainerState(status="running", health="healthy")
STARTING = ContainerState(status="running", health="starting")
UNHEALTHY = ContainerState(status="running", health="unhealthy")
DONE = ContainerState(status="exited", exit_code=0)
FAILED = ContainerState(status="exited", exit_code=3)
KILLED = ContainerState(status="exited", exit_code=137, oom_killed=True)
AGAIN = ContainerState(status="restarting", exit_code=1)
DONE_AGAIN = ContainerState(status="restarting", exit_code=0)
PAUSED = ContainerState(status="paused", health="healthy")
CREATED = ContainerState(status="created")
DEAD = ContainerState(status="dead")
OFF = ContainerState(status="running", check=Healthcheck(test=("NONE",)))


@pytest.mark.parametrize(
    ("condition", "state", "answer", "why"),
    [
        ("service_healthy", HEALTHY, Answer.MET, ""),
        ("service_healthy", STARTING, Answer.NOT_YET, "is starting"),
        ("service_healthy", UNHEALTHY, Answer.NEVER, "is unhealthy"),
        ("service_healthy", RUNNING, Answer.NEVER, "has no healthcheck"),
        ("service_healthy", DONE, Answer.NEVER, "exited (0)"),
        ("service_healthy", KILLED, Answer.NEVER, "exited (137): killed by SIGKILL, out of memory"),
        ("service_healthy", AGAIN, Answer.NOT_YET, "is restarting"),
        ("service_healthy", OFF, Answer.NEVER, "has its healthcheck disabled"),
        ("service_healthy", PAUSED, Answer.NEVER, "is paused"),
        ("service_healthy", CREATED, Answer.NOT_YET, "is created"),
        ("service_healthy", DEAD, Answer.NEVER, "is dead"),
        ("service_completed_successfully", RUNNING, Answer.NOT_YET, "is running"),
        ("service_completed_successfully", DONE, Answer.MET, ""),
        ("service_completed_successfully", FAILED, Answer.NEVER, "exited (3)"),
        ("service_completed_successfully", AGAIN, Answer.NOT_YET, "is restarting"),
        ("service_completed_successfully", DONE_AGAIN, Answer.MET, ""),
        ("service_completed_successfully", PAUSED, Answer.NEVER, "is paused"),
        ("service_completed_successfully", DEAD, Answer.NEVER, "is dead"),
        ("running_or_healthy", RUNNING, Answer.MET, ""),
        ("running_or_healthy", HEALTHY, Answer.MET, ""),
        ("running_or_healthy", STARTING, Answer.NOT_YET, "is starting"),
        ("running_or_healthy", UNHEALTHY, Answer.NEVER, "is unhealthy"),
        ("running_or_healthy", DONE, Answer.MET, ""),
        ("running_or_healthy", FAILED, Answer.NEVER, "exited (3)"),
        ("running_or_healthy", AGAIN, Answer.NOT_YET, "is restarting"),
        ("running_or_healthy", OFF, Answer.MET, ""),
        ("running_or_healthy", PAUSED, Answer.NEVER, "is paused"),
    ],
)
def test_one_container_decides(
    condition: str, state: ContainerState, answer: Answer, why: str
) -> None:
    verdict = judge(condition, {"db-1": state})
    assert (verdict.answer, verdict.why) == (answer, why)


def test_every_replica_must_be_healthy() -> None:
    assert judge("service_healthy", {"a": HEALTHY, "b": STARTING}).container == "b"


def test_one_that_never_will_outweighs_one_that_is_not_yet() -> None:
    verdict = judge("service_healthy", {"a": STARTING, "b": UNHEALTHY})
    assert (verdict.answer, verdict.container) == (Answer.NEVER, "b")


@pytest.mark.parametrize(
    ("successors", "restarts", "answer"),
    [
        (("web-1",), 5, Answer.NEVER),
        (("web-1",), 4, Answer.NOT_YET),
        (("web-2",), 9, Answer.NOT_YET),
    ],
)
def test_only_a_successor_that_ends_again_and_again_is_given_up(
    successors: tuple[str, ...], restarts: int, answer: Answer
) -> None:
    state = ContainerState(status="restarting", exit_code=1, restarts=restarts)
    assert judge("running_or_healthy", {"web-1": state}, successors).answer is answer


@pytest.mark.parametrize(
    ("condition", "status", "restarts", "answer"),
    [
        ("running_or_healthy", "restarting", 9, Answer.NOT_YET),
        ("running_or_healthy", "restarting", 10, Answer.NEVER),
        ("running_or_healthy", "running", 10, Answer.NOT_YET),
        ("service_healthy", "restarting", 10, Answer.NOT_YET),
        ("service_completed_successfully", "restarting", 10, Answer.NOT_YET),
    ],
)
def test_who_crashes_for_a_minute_is_not_waited_for_any_more(
    condition: str, status: str, restarts: int, answer: Answer
) -> None:
    state = ContainerState(status=status, health="starting", exit_code=1, restarts=restarts)

    verdict = judge(condition, {"web-1": state})

    assert verdict.answer is answer
    assert (verdict.why == "ends again and again") is (answer is Answer.NEVER)


def test_a_successor_that_works_in_the_end_has_been_forgiven_its_restarts() -> None:
    state = ContainerState(status="running", health="healthy", restarts=9)
    assert judge("service_healthy", {"web-1": state}, ("web-1",)).answer is Answer.MET
