from __future__ import annotations

from collections.abc import Callable

import pytest

from composer.actions.up import up
from composer.errors import PlanFailed, Unstartable, Vanished
from composer.model.observed import ContainerState
from composer.model.options import Recreate, UpOptions
from composer.model.project import Project
from composer.model.service import Dependency, Healthcheck, Service
from composer.record import replace
from support.engine import FakeEngine


class Forgetful(FakeEngine):
    """An engine that died while it was starting containers, and has lost track of them."""

    def __init__(self) -> None:
        super().__init__(images=["app:1"])
        self.lost: set[str] = set()

    def start(self, container: str) -> None:
        with self.changed:
            live = self.find(container)
            if live.id in self.lost:
                live.state = replace(live.state, unstartable=True)
                raise Unstartable(f"container {container}: task {live.id}: already exists")
        super().start(container)


PROJECT = Project(
    name="demo",
    directory="/demo",
    services={
        name: Service(name=name, image="app:1", command=("sleep", "infinity"), network_mode="none")
        for name in ("db", "web")
    },
)


def test_a_container_that_the_engine_has_lost_track_of_is_replaced() -> None:
    engine = Forgetful()
    up(PROJECT, engine, UpOptions(start=False), lambda event: None)
    before = {name: live.id for name, live in engine.containers.items()}
    engine.lost = {before["demo-db-1"]}

    up(PROJECT, engine, UpOptions(), lambda event: None)

    assert sorted(engine.containers) == ["demo-db-1", "demo-web-1"]
    assert all(live.running for live in engine.containers.values())
    assert engine.containers["demo-db-1"].id != before["demo-db-1"]


def test_who_wants_no_container_replaced_hears_what_is_wrong() -> None:
    engine = Forgetful()
    up(PROJECT, engine, UpOptions(start=False), lambda event: None)
    engine.lost = {engine.containers["demo-db-1"].id}

    with pytest.raises(PlanFailed, match="already exists"):
        up(PROJECT, engine, UpOptions(recreate=Recreate.NEVER), lambda event: None)

    assert engine.containers["demo-db-1"].id in engine.lost


class Amnesiac(FakeEngine):
    """An engine that was restarted under its containers, and has forgotten their probes."""

    def start(self, container: str) -> None:
        super().start(container)
        self.become(container, health="healthy")


def test_a_container_whose_probe_is_forgotten_is_started_anew_and_waited_for() -> None:
    probe = Healthcheck(test=("CMD", "true"))
    db = replace(PROJECT.services["db"], healthcheck=probe)
    needs = {"db": Dependency(condition="service_healthy")}
    web = replace(PROJECT.services["web"], depends_on=needs)
    project = replace(PROJECT, services={"db": db, "web": web})
    engine = Amnesiac(images=["app:1"])
    up(project, engine, UpOptions(services=("db",)), lambda event: None)
    live = engine.containers["demo-db-1"]
    live.state = replace(live.state, health="starting", unprobed=True)

    up(project, engine, UpOptions(), lambda event: None)

    assert engine.containers["demo-db-1"] is live
    assert live.state.health == "healthy"
    assert engine.containers["demo-web-1"].running


def test_a_probe_that_is_found_to_be_forgotten_while_it_is_awaited_is_no_failure() -> None:
    class Late(Amnesiac):
        """Whoever looks the second time finds the probe overdue, until the next start."""

        looks = 0

        def start(self, container: str) -> None:
            FakeEngine.start(self, container)
            if self.looks > 1:
                self.become(container, health="healthy")

        def state(self, container: str) -> ContainerState:
            self.looks += 1
            if self.looks == 2:
                live = self.find(container)
                live.state = replace(live.state, unprobed=True)
            elif self.looks == 1:
                self.become(container, health="starting")
            return super().state(container)

    db = replace(PROJECT.services["db"], healthcheck=Healthcheck(test=("CMD", "true")))
    needs = {"db": Dependency(condition="service_healthy")}
    web = replace(PROJECT.services["web"], depends_on=needs)
    engine = Late(images=["app:1"])
    engine.behave("demo-db-1", health_after_start="starting")

    project = replace(PROJECT, services={"db": db, "web": web})
    up(project, engine, UpOptions(), lambda event: None)

    assert engine.containers["demo-db-1"].state.health == "healthy"
    assert engine.containers["demo-web-1"].running


class Restarted(FakeEngine):
    """An engine that is restarted when the last container has been started, and stops the first."""

    away = 0

    def start(self, container: str) -> None:
        super().start(container)
        if container == "demo-web-1" and not self.away:
            self.away = 1
            self.become("demo-db-1", exits=137)

    def absences(self) -> int:
        return self.away


def test_what_a_restarted_engine_has_stopped_is_started_again() -> None:
    engine = Restarted(images=["app:1"])
    web = replace(PROJECT.services["web"], depends_on={"db": Dependency()})
    project = replace(PROJECT, services={**PROJECT.services, "web": web})

    up(project, engine, UpOptions(), lambda event: None)

    assert all(live.running for live in engine.containers.values())


class Crowded(FakeEngine):
    """An engine on which somebody else does something just before the first start."""

    meanwhile: Callable[[], None] | None = None

    def start(self, container: str) -> None:
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
        super().start(container)


def test_a_container_that_somebody_removes_meanwhile_is_made_again() -> None:
    engine = Crowded(images=["app:1"])
    engine.meanwhile = lambda: [engine.remove(name) for name in list(engine.containers)] and None

    up(PROJECT, engine, UpOptions(), lambda event: None, parallel=1)

    assert sorted(engine.containers) == ["demo-db-1", "demo-web-1"]
    assert all(live.running for live in engine.containers.values())


def test_another_up_at_the_same_time_is_no_failure() -> None:
    engine = Crowded(images=["app:1"])
    changed = replace(PROJECT.services["web"], environment={"A": "1"})
    other = replace(PROJECT, services={**PROJECT.services, "web": changed})
    up(PROJECT, engine, UpOptions(), lambda event: None)
    engine.meanwhile = lambda: up(other, engine, UpOptions(), lambda event: None) and None

    up(other, engine, UpOptions(), lambda event: None)

    assert sorted(engine.containers) == ["demo-db-1", "demo-web-1"]
    assert engine.containers["demo-web-1"].spec.config.environment == {"A": "1"}
    assert all(live.running for live in engine.containers.values())


def test_what_was_to_be_made_anew_is_made_anew_by_the_second_try() -> None:
    engine = Crowded(images=["app:1"])
    up(PROJECT, engine, UpOptions(), lambda event: None)
    before = {live.id for live in engine.containers.values()}

    def lose() -> None:
        raise Vanished("no such container: it went away meanwhile")

    engine.meanwhile = lose
    up(PROJECT, engine, UpOptions(recreate=Recreate.FORCE), lambda event: None, parallel=1)

    assert all(live.running for live in engine.containers.values())
    assert before.isdisjoint(live.id for live in engine.containers.values())
