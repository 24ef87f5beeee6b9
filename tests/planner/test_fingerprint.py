"""By what a plan is known again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from composer.model.build import Build
from composer.model.names import Label
from composer.model.operations import (
    Await,
    BuildImage,
    CreateContainer,
    Operation,
    Start,
    Stop,
    UpdateContainer,
)
from composer.model.plan import Step
from composer.model.resources import (
    BuildSpec,
    ContainerConfig,
    ContainerFile,
    ContainerSpec,
    Limits,
)
from composer.planner.fingerprint import World, changed_states, moved, seals, strayed


def seal(operation: Operation) -> str:
    return seals([Step(operation, "why")])[str(operation)]


def container(content: bytes = b"", **labels: str) -> CreateContainer:
    files = (ContainerFile(path="/run/secrets/p", content=content),)
    environment = {"B": "2", "A": "1"}
    config = ContainerConfig(image="a", environment=environment)
    return CreateContainer(
        ContainerSpec(
            service="a", number=1, name="a", digest="", config=config, files=files, labels=labels
        )
    )


def configured(digest: str) -> CreateContainer:
    return container(**{Label.CONTENT.value: digest})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Stop("a", 1), Stop("a", 2)),
        (UpdateContainer("a", Limits(cpus=1)), UpdateContainer("a", Limits(cpus=2))),
        (configured("configs.site=1"), configured("configs.site=2")),
        (container(a="1"), container(a="2")),
    ],
)
def test_another_setting_is_another_seal(one: Operation, other: Operation) -> None:
    assert str(one) == str(other)
    assert seal(one) != seal(other)


def test_what_a_secret_holds_is_not_in_a_seal_where_it_could_be_guessed() -> None:
    assert seal(container(b"one")) == seal(container(b"two"))


def test_what_is_only_printed_and_which_image_it_is_are_not_sealed() -> None:
    spec = BuildSpec(service="a", tags=("a",), build=Build(context="."))
    quiet = BuildSpec(service="a", tags=("a",), build=Build(context="."), quiet=True)
    assert seal(BuildImage(spec)) == seal(BuildImage(quiet))
    labels = {"com.docker.compose.image": "sha256:1"}
    assert seal(container(**labels)) == seal(container())


def test_waits_change_nothing_and_have_no_seal() -> None:
    assert seals([Step(Await("db", ("db",), "service_healthy"), "why")]) == {}


def test_a_seal_is_the_same_in_every_process() -> None:
    """Sets and hashes are in another order in each."""
    code = (
        "from planner.test_fingerprint import container, seal; print(seal(container(b'x', a='b')))"
    )
    tests = str(Path(__file__).parent.parent)
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": tests},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {seal(container(b"x", a="b")) + "\n"}


def test_every_kind_of_move_has_its_sentence() -> None:
    before = World(
        containers={"gone": "1", "new id": "2", "renamed": "3", "same": "4"},
        networks={"gone": "1", "new id": "2", "same": "3"},
        volumes={"gone": "1", "later": "2", "same": "3"},
        images={"gone": "1", "other": "2", "same": "3"},
    )
    now = World(
        containers={"new id": "20", "renamed now": "3", "same": "4", "added": "5"},
        networks={"new id": "20", "same": "3", "added": "4"},
        volumes={"later": "20", "same": "3"},
        images={"other": "20", "same": "3", "added": "4"},
    )
    assert list(moved(before, now)) == [
        "container gone was removed",
        "container new id was replaced",
        "container renamed is called renamed now",
        "container added was created",
        "network added was created",
        "network gone was removed",
        "network new id was made anew",
        "volume gone was removed",
        "volume later was made anew",
        "image added is there now",
        "image gone is gone",
        "image other is another one",
    ]
    assert list(moved(before, before)) == []


def test_a_container_that_does_something_else_has_not_moved() -> None:
    running = World(containers={"a": "1"}, statuses={"a": "running"})
    exited = World(containers={"a": "1"}, statuses={"a": "exited"})
    assert list(moved(running, exited)) == []
    assert list(changed_states(running, exited)) == [
        "container a is exited, and was running when the plan was made"
    ]


def test_steps_differ_by_being_there_or_by_what_they_are() -> None:
    wanted = seals([Step(Start("a"), ""), Step(Stop("b", 1), "")])
    planned = seals([Step(Start("c"), ""), Step(Stop("b", 2), "")])
    assert list(strayed(wanted, planned)) == [
        "it would start c as well",
        "it would stop b with other settings",
        "it would not start a",
    ]
