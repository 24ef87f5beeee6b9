from __future__ import annotations

import pytest

from composer.actions.up import up
from composer.errors import PlanFailed, Unstartable
from composer.model.options import Recreate, UpOptions
from composer.model.project import Project
from composer.model.service import Service
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
