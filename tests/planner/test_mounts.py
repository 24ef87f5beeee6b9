"""What a successor mounts, and what is written into it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.engine.port import Report
from composer.errors import EngineError, PlanFailed
from composer.model.observed import MountPoint, ObservedContainer
from composer.model.operations import CreateContainer
from composer.model.options import UpOptions
from composer.model.project import FileObject, Project
from composer.model.resources import ContainerConfig, ContainerSpec
from composer.model.service import Dependency, FileReference, Mount, Service
from composer.model.settled import NOTHING
from composer.planner.up import plan_up
from composer.reconciler import bring_up
from support.engine import FakeEngine
from support.plans import live, project, service, volume, world

UP = UpOptions()
NAME = "ab" * 32
CACHE = MountPoint(type="volume", target="/cache", name=NAME)
KEPT = volume(NAME, "/cache")
CACHED = service("web", volumes=(volume(None, "/cache"),))


ASKING = ContainerConfig(image="", mounts=(volume(None, "/cache"),))


def running(defaults: ContainerConfig | None = NOTHING) -> ObservedContainer:
    """Return a container with an anonymous volume; `defaults` is what its image asks for."""
    old = live(project(CACHED), "web", as_it_was=CACHED, mounts=[CACHE])
    return replace(old, defaults=defaults)


def successor(new: Service, old: ObservedContainer) -> ContainerConfig:
    """Return what takes over from `old` once the file says `new`."""
    whole = project(new)
    steps = plan_up(whole, world(whole, old), UP).steps
    [config] = [s.operation.spec.config for s in steps if isinstance(s.operation, CreateContainer)]
    return config


def test_an_anonymous_volume_that_becomes_a_tmpfs_mount_is_a_tmpfs() -> None:
    tmpfs = Mount(type="tmpfs", target="/cache")
    assert successor(service("web", volumes=(tmpfs,)), running(ASKING)).mounts == (tmpfs,)


def test_an_anonymous_volume_does_not_stand_where_a_tmpfs_is_wanted() -> None:
    assert successor(service("web", tmpfs=("/cache:size=1m",)), running(ASKING)).mounts == ()


def test_an_anonymous_volume_gets_the_options_that_the_file_gives_it_now() -> None:
    now = Mount(type="volume", target="/cache", read_only=True)
    assert successor(service("web", volumes=(now,)), running()).mounts == (
        replace(now, source=NAME),
    )


def test_an_anonymous_volume_that_left_the_file_is_not_carried_over() -> None:
    assert successor(service("web"), running()).mounts == ()


def test_an_anonymous_volume_that_the_image_asks_for_is_carried_over() -> None:
    assert successor(service("web"), running(ASKING)).mounts == (KEPT,)


def test_everything_is_carried_over_while_nobody_knows_what_the_image_asks_for() -> None:
    assert successor(service("web"), running(None)).mounts == (KEPT,)


def test_a_volume_with_a_name_is_not_carried_over_as_an_anonymous_one() -> None:
    named = MountPoint(type="volume", target="/cache", name="demo_cache")
    old = live(project(CACHED), "web", as_it_was=CACHED, mounts=[named])
    assert successor(service("web"), replace(old, defaults=None)).mounts == ()


def test_volumes_are_made_anew_for_the_services_that_were_named_and_no_others() -> None:
    web = service("web", depends_on={"db": Dependency()})
    whole = project(web, service("db", volumes=(volume(None, "/cache"),)))
    observed = world(whole, live(whole, "web"), live(whole, "db", mounts=[CACHE]))
    options = replace(UP, services=("web",), renew_anonymous_volumes=True)
    stays = {c.service for c in observed.containers} - {
        one.service for one in plan_up(whole, observed, options).replacements
    }
    assert stays == {"db"}


def configured(content: str | None = "hello", file: str | None = None) -> Project:
    web = service(
        "web",
        command=("sleep", "infinity"),
        configs=(FileReference(source="greeting", target="/greeting"),),
    )
    greeting = FileObject(name="greeting", content=content, file=file)
    return replace(project(web), configs={"greeting": greeting})


class DyingBeforeFiles(FakeEngine):
    """An engine that dies, once, between the two requests that make a container with files."""

    deaths = 1

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        if not self.deaths:
            return super().create_container(spec, report)
        self.deaths -= 1
        super().create_container(replace(spec, files=()), report)
        raise EngineError("dead")


def test_a_container_whose_making_was_cut_off_has_its_files_in_the_end() -> None:
    engine = DyingBeforeFiles(images=["web:1"])
    with pytest.raises(PlanFailed):
        bring_up(configured(), engine, UP, lambda event: None)
    assert not engine.containers["demo-web-1"].files
    bring_up(configured(), engine, UP, lambda event: None)
    assert engine.containers["demo-web-1"].files == {"/greeting": b"hello"}


def test_a_stopped_container_with_files_is_started_as_it_is() -> None:
    whole = configured()
    old = live(whole, "web", status="exited")
    steps = plan_up(whole, world(whole, old), UP).steps
    assert [step.id for step in steps] == ["start demo-web-1"]
