from __future__ import annotations

import os
import signal

import pytest

from composer.errors import Cancelled
from composer.executor.run import execute
from composer.model.events import Event, Outcome, StepFinished
from composer.model.operations import Start
from composer.model.plan import Plan, Step
from composer.model.resources import ContainerConfig, ContainerSpec
from support.engine import FakeEngine


def test_a_ctrl_c_that_comes_with_the_end_of_the_last_step_is_heard() -> None:
    engine = FakeEngine(images=["busybox"])
    config = ContainerConfig(image="busybox", command=("sleep", "9"))
    engine.create_container(
        ContainerSpec(service="web", number=1, name="web-1", digest="", config=config)
    )

    def press(event: Event) -> None:
        if isinstance(event, StepFinished) and event.outcome is Outcome.DONE:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Cancelled):
        execute(Plan((Step(Start("web-1"), "a test"),)), engine, press)
