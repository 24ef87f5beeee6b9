from __future__ import annotations

import pytest

from composer.engine.dry_run import DryRun
from composer.errors import NotFound
from composer.model.command import Command
from composer.model.observed import ContainerState, Interest
from composer.model.resources import (
    ContainerConfig,
    ContainerSpec,
    NetworkSpec,
    VolumeSpec,
)
from support.engine import FakeEngine

SPEC = ContainerSpec(
    service="web", number=1, name="web-1", digest="", config=ContainerConfig(image="busybox")
)


def test_whatever_is_asked_for_nothing_comes_of_it() -> None:
    engine = FakeEngine(images=["busybox"])
    before = engine.observe(Interest(project="demo"))
    dry = DryRun(engine)
    dry.create_network(NetworkSpec(key="n", name="n"))
    dry.create_volume(VolumeSpec(key="v", name="v"))
    dry.create_container(SPEC)
    dry.start("web-1")
    dry.remove_image("busybox")

    assert engine.observe(Interest(project="demo")) == before
    assert "n" not in engine.networks
    assert "v" not in engine.volumes
    assert engine.image("busybox") is not None


def test_what_would_have_been_created_is_taken_for_well() -> None:
    assert DryRun(FakeEngine()).state("web-1") == ContainerState(status="running", health="healthy")


def test_what_exists_is_seen_as_it_is() -> None:
    engine = FakeEngine(images=["busybox"])
    engine.create_container(SPEC)

    assert DryRun(engine).state("web-1").status == "created"


def test_a_command_says_nothing_and_succeeds() -> None:
    command = DryRun(FakeEngine()).exec("web-1", Command(("false",)))

    assert list(command) == []
    assert command.exit_code() == 0


def test_errors_of_reading_are_passed_on() -> None:
    with pytest.raises(NotFound):
        DryRun(FakeEngine()).logs("web-1")
