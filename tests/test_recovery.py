"""What an `up` that fails leaves behind: who was being replaced is there as before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from composer.engine.port import Report
from composer.errors import Conflict, EngineError, EngineUnavailable, PlanFailed
from composer.model.names import Label, aside_name
from composer.model.options import Recreate, UpOptions
from composer.model.project import FileObject, Project
from composer.model.resources import ContainerSpec
from composer.model.service import (
    Dependency,
    FileReference,
    Healthcheck,
    Hook,
    NetworkReference,
    Port,
    Service,
)
from composer.reconciler import bring_up, foresee
from support.engine import FakeContainer, FakeEngine
from support.plans import project, service, volume

UP = UpOptions()
NO_ROLLBACK = UpOptions(rollback=False)
PROBE = Healthcheck(test=("CMD", "true"))
SICK = {"SICK": "1"}


class Moody(FakeEngine):
    """An engine that refuses to make what is REFUSED, and on which what is SICK is unhealthy.

    `without` are the calls that it does not carry out any more, by name and container.
    """

    def __init__(self) -> None:
        super().__init__(images=["db:1", "web:1", "side:1", "proxy:1"])
        self.without: dict[tuple[str, str], EngineError] = {}

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        if "REFUSED" in spec.config.environment:
            raise EngineError("invalid option")
        return super().create_container(spec, report)

    def start(self, container: str) -> None:
        live = self.find(container)
        kind = "successor " if Label.REPLACE in live.labels else ""
        self._refuse("start", kind + live.name)
        super().start(container)
        if "SICK" in live.spec.config.environment:
            self.become(live.name, health="unhealthy")

    def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        self._refuse("remove", container)
        super().remove(container, volumes=volumes, force=force)

    def remove_network(self, name: str) -> None:
        self._refuse("remove network", name)
        super().remove_network(name)

    def rename(self, container: str, name: str) -> None:
        self._refuse("rename", name)
        super().rename(container, name)

    def _refuse(self, what: str, name: str) -> None:
        if error := self.without.get((what, name)):
            raise error


def web(**attributes: object) -> Service:
    return service("web", **{"command": ("sleep", "infinity"), **attributes})


def db(**attributes: object) -> Service:
    return service("db", **{"command": ("sleep", "infinity"), **attributes})


def up(whole: Project, engine: FakeEngine, options: UpOptions = UP) -> None:
    bring_up(whole, engine, options, lambda event: None)


def running(*services: Service, **rest: Any) -> Moody:
    engine = Moody()
    up(project(*services, **rest), engine)
    return engine


def failing(whole: Project, engine: FakeEngine, options: UpOptions = UP) -> PlanFailed:
    with pytest.raises(PlanFailed) as failed:
        up(whole, engine, options)
    return failed.value


def snapshot(engine: FakeEngine) -> Mapping[str, tuple[str, str]]:
    return {name: (live.id, live.state.status) for name, live in engine.containers.items()}


BROKEN = {
    "it ends at once": {"command": ("false",), "healthcheck": PROBE},
    "its command does not exist": {"command": ("/no/such",)},
    "it is unhealthy": {"environment": SICK, "healthcheck": PROBE},
    "the engine refuses to make it": {"environment": {"REFUSED": "1"}},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_container_whose_successor_fails_runs_as_before(broken: dict[str, object]) -> None:
    engine = running(web())
    before = snapshot(engine)

    failed = failing(project(web(**broken)), engine)

    assert snapshot(engine) == before
    assert failed.aftermath == ("demo-web-1 runs as before",)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_the_next_up_after_a_failure_makes_the_file_true(broken: dict[str, object]) -> None:
    engine = running(web())
    failing(project(web(**broken)), engine)
    mended = project(web(environment={"COLOUR": "blue"}))
    up(mended, engine)

    assert [*engine.containers] == ["demo-web-1"]
    assert foresee(mended, engine, UP).steps == ()


def test_who_is_refused_a_successor_is_never_stopped() -> None:
    engine = running(web())
    started = engine.containers["demo-web-1"].state.started_at
    failing(project(web(environment={"REFUSED": "1"})), engine)
    assert engine.containers["demo-web-1"].state.started_at == started


def test_the_error_still_has_what_the_failed_successor_said() -> None:
    engine = running(web())
    dying = web(command=("sh", "-c", "echo no database; exit 3"), healthcheck=PROBE)
    [error] = failing(project(dying), engine).failures.values()
    assert "no database" in str(getattr(error, "help", None))


def test_all_replicas_come_back_when_one_fails() -> None:
    engine = running(web(scale=3))
    before = snapshot(engine)
    engine.without["start", "successor demo-web-2"] = EngineError("no")
    failing(project(web(scale=3, environment={"COLOUR": "blue"}, healthcheck=PROBE)), engine)
    assert snapshot(engine) == before


def test_a_replacement_that_was_complete_stays_when_another_fails() -> None:
    needs = {"db": Dependency(condition="service_healthy")}
    engine = running(db(healthcheck=PROBE), web(depends_on=needs))
    old = snapshot(engine)
    changed = project(
        db(healthcheck=PROBE, environment={"COLOUR": "blue"}),
        web(depends_on=needs, command=("/no/such",)),
    )
    failed = failing(changed, engine)

    now = snapshot(engine)
    assert now["demo-web-1"] == old["demo-web-1"]
    assert now["demo-db-1"] != old["demo-db-1"]
    assert now.keys() == old.keys()
    assert set(failed.aftermath) == {"demo-web-1 runs as before", "demo-db-1 is replaced"}


def test_a_guest_comes_back_together_with_the_owner_of_its_namespace() -> None:
    needs = {"db": Dependency()}

    def guest(**attributes: object) -> Service:
        shared = {"network_mode": "service:db", "networks": {}, "depends_on": needs}
        return service("side", **{"command": ("sleep", "infinity"), **shared, **attributes})

    engine = running(db(), guest())
    before = snapshot(engine)
    changed = project(db(environment={"COLOUR": "blue"}), guest(command=("/no/such",)))
    failing(changed, engine)

    assert snapshot(engine) == before
    side = engine.containers["demo-side-1"]
    assert side.owners == {"network_mode": engine.containers["demo-db-1"].id}


def test_a_guest_that_was_to_leave_comes_back_together_with_the_owner_of_its_namespace() -> None:
    shared = {"network_mode": "service:db", "networks": {}, "depends_on": {"db": Dependency()}}
    sleeps = {"command": ("sleep", "infinity")}
    engine = running(db(), service("side", **{**sleeps, **shared}))
    before = snapshot(engine)
    failing(project(db(environment={"COLOUR": "blue"}), service("side", command=("/no/such",))),
            engine)  # fmt: skip

    assert snapshot(engine) == before


def test_services_that_exchange_their_ports_come_back_together() -> None:
    def on(number: str, **attributes: object) -> dict[str, object]:
        return {"ports": (Port(target=1, published=number, protocol="tcp"),), **attributes}

    engine = running(db(**on("81")), web(**on("80")))
    before = snapshot(engine)
    failing(project(db(**on("80")), web(**on("81", command=("/no/such",)))), engine)
    assert snapshot(engine) == before
    assert {p.published for p in engine.containers["demo-web-1"].published} == {80}


def test_a_new_service_gives_back_the_port_of_one_that_comes_back() -> None:
    port = (Port(target=1, published="80", protocol="tcp"),)
    engine = running(web(ports=port))
    before = snapshot(engine)
    proxy = service("proxy", command=("sleep", "infinity"), ports=port)
    sick = web(environment=SICK, healthcheck=PROBE, depends_on={"proxy": Dependency()})
    failed = failing(project(sick, proxy), engine)

    assert snapshot(engine) == before
    assert {p.published for p in engine.containers["demo-web-1"].published} == {80}
    assert failed.aftermath == (
        "demo-web-1 runs as before",
        "demo-proxy-1, which is new, is removed again to make room",
    )
    assert "start demo-proxy-1" not in failed.done


def test_services_that_exchange_their_names_come_back_together() -> None:
    engine = running(db(container_name="x"), web(container_name="y"))
    before = snapshot(engine)
    failing(project(db(container_name="y"), web(container_name="x", command=("/no/such",))), engine)
    assert snapshot(engine) == before


def test_who_has_not_yet_given_its_name_up_is_not_taken_for_the_successor() -> None:
    engine = running(db(container_name="x"), web(container_name="y"))
    before = snapshot(engine)
    engine.without["rename", aside_name(engine.containers["y"].id, "y")] = EngineError("no")
    failing(project(db(container_name="y"), web(container_name="x")), engine)
    assert snapshot(engine) == before


def test_who_bears_the_name_of_another_service_is_not_taken_for_its_successor() -> None:
    engine = running(db(), web())
    before = snapshot(engine)
    failing(project(db(container_name="demo-web-1")), engine)
    assert snapshot(engine) == before


def test_who_was_stopped_for_a_replacement_runs_again_when_that_fails() -> None:
    needs = {"db": Dependency(restart=True)}
    engine = running(db(), web(depends_on=needs))
    before = snapshot(engine)
    failing(project(db(command=("/no/such",)), web(depends_on=needs)), engine)
    assert snapshot(engine) == before


def test_who_was_stopped_by_a_run_that_was_cut_off_runs_again() -> None:
    engine = running(web())
    [live] = engine.containers.values()
    aside = aside_name(live.id, live.name)
    engine.rename(live.name, aside)
    engine.stop(aside)
    failing(project(web(command=("/no/such",))), engine)

    assert snapshot(engine) == {"demo-web-1": (live.id, "running")}


def test_who_did_not_run_comes_back_and_does_not_run() -> None:
    engine = running(web())
    engine.stop("demo-web-1")
    before = snapshot(engine)
    failed = failing(project(web(command=("/no/such",))), engine)
    assert snapshot(engine) == before
    assert failed.aftermath == ("demo-web-1 is as before",)


def test_who_comes_back_is_in_the_network_that_was_made_anew() -> None:
    engine = running(web())
    changed = project(web(command=("/no/such",)))
    networks = {"default": replace(changed.networks["default"], labels={"new": "1"})}
    before = snapshot(engine)
    failing(replace(changed, networks=networks), engine)

    live = engine.containers["demo-web-1"]
    assert snapshot(engine) == before
    assert live.networks == {"demo_default": engine.networks["demo_default"].id}
    assert "web" in live.spec.config.networks["demo_default"].aliases


def test_who_stays_is_in_the_network_that_cannot_be_made_anew() -> None:
    engine = running(web())
    changed = project(web())
    networks = {"default": replace(changed.networks["default"], labels={"new": "1"})}
    before = snapshot(engine)
    engine.without["remove network", "demo_default"] = Conflict("it has active endpoints")
    failing(replace(changed, networks=networks), engine)

    live = engine.containers["demo-web-1"]
    assert snapshot(engine) == before
    assert live.networks == {"demo_default": engine.networks["demo_default"].id}
    assert "web" in live.spec.config.networks["demo_default"].aliases


def test_who_cannot_join_a_network_that_was_made_anew_is_told_of_once() -> None:
    class Unsociable(Moody):
        def connect(self, container: str, network: str, endpoint: NetworkReference) -> None:
            raise EngineError("no such address")

    engine = Unsociable()
    whole = project(web())
    up(whole, engine)
    anew = {"default": replace(whole.networks["default"], labels={"new": "1"})}
    with pytest.raises(PlanFailed) as failed:
        up(replace(whole, networks=anew), engine)
    assert list(failed.value.failures) == ["connect demo-web-1 to demo_default"]
    assert failed.value.aftermath == ()


def test_anonymous_volumes_are_those_of_before_and_none_is_lost() -> None:
    engine = running(web(volumes=(volume(None, "/cache"),)))
    [mount] = engine.containers["demo-web-1"].mounts
    volumes = set(engine.volumes)
    failing(project(web(volumes=(volume(None, "/cache"),), command=("/no/such",))), engine)
    assert engine.containers["demo-web-1"].mounts == (mount,)
    assert volumes <= set(engine.volumes)


def test_without_rollback_the_new_one_is_left_to_be_looked_at() -> None:
    engine = running(web())
    old = engine.containers["demo-web-1"].id
    failed = failing(project(web(command=("/no/such",))), engine, NO_ROLLBACK)

    [left] = engine.containers.values()
    assert (left.name, left.id == old, left.state.status) == ("demo-web-1", False, "created")
    assert (failed.aftermath, failed.done) == ((), ())


def test_without_rollback_who_is_refused_a_successor_keeps_its_name() -> None:
    engine = running(web())
    before = snapshot(engine)
    failing(project(web(environment={"REFUSED": "1"})), engine, NO_ROLLBACK)
    assert snapshot(engine) == before


def test_a_way_back_that_fails_says_what_is_left_and_under_which_name() -> None:
    engine = running(web())
    old: FakeContainer = engine.containers["demo-web-1"]
    aside = aside_name(old.id, "demo-web-1")
    engine.without["remove", "demo-web-1"] = EngineError("disk is full")
    failed = failing(project(web(command=("/no/such",))), engine)

    assert engine.containers[aside].id == old.id
    assert failed.aftermath == (
        f"demo-web-1 is left as {aside}, which does not run",
        "remove demo-web-1: disk is full",
        "the next 'composer up' goes on from there",
    )
    engine.without.clear()
    up(project(web()), engine)
    assert engine.containers["demo-web-1"].id == old.id
    assert [*engine.containers] == ["demo-web-1"]


def test_one_that_cannot_come_back_does_not_keep_the_others() -> None:
    engine = running(db(), web())
    old = snapshot(engine)
    changed = project(db(command=("/no/such",)), web(command=("/no/such",)))
    engine.without["remove", "demo-db-1"] = EngineError("disk is full")
    failing(changed, engine)
    assert snapshot(engine)["demo-web-1"] == old["demo-web-1"]


class Leaving(Moody):
    """An engine that goes away when it is to start a successor."""

    gone = False

    def start(self, container: str) -> None:
        if Label.REPLACE in self.find(container).labels:
            self.gone = True
            raise EngineUnavailable("the engine went away")
        super().start(container)

    def observe(self, interest: Any, meanwhile: Any = None) -> Any:
        if self.gone:
            raise EngineUnavailable("the engine went away")
        return super().observe(interest, meanwhile)


def test_when_the_engine_is_gone_the_names_to_look_for_are_told() -> None:
    engine = Leaving()
    up(project(web()), engine)
    aside = aside_name(engine.containers["demo-web-1"].id, "demo-web-1")
    changed = project(web(environment={"COLOUR": "blue"}))
    failed = failing(changed, engine)
    assert failed.aftermath == (
        f"demo-web-1 may be left as {aside}",
        "nothing could be brought back: the engine went away",
        "the next 'composer up' goes on from there",
    )


def test_a_forced_replacement_that_fails_brings_the_old_one_back() -> None:
    engine = running(web(healthcheck=PROBE))
    old = engine.containers["demo-web-1"].id
    engine.behave("demo-web-1", health_after_start="unhealthy")
    failing(project(web(healthcheck=PROBE)), engine, UpOptions(recreate=Recreate.FORCE))
    assert engine.containers["demo-web-1"].id == old


def test_what_was_not_done_is_told_without_the_steps_of_replacements() -> None:
    needs = {"web": Dependency()}
    proxy = service("proxy", depends_on=needs)
    engine = running(web())
    failed = failing(project(web(command=("/no/such",)), proxy), engine)
    assert failed.done == ("create container demo-proxy-1",)
    assert failed.skipped == ("start demo-proxy-1",)


def test_a_successor_that_ends_well_where_its_health_is_awaited_has_failed() -> None:
    needs = {"db": Dependency(condition="service_healthy")}
    engine = running(db(healthcheck=PROBE), web(depends_on=needs))
    before = snapshot(engine)
    changed = web(depends_on=needs, environment={"COLOUR": "blue"})
    failing(project(db(command=("true",), healthcheck=PROBE), changed), engine)
    assert snapshot(engine) == before


def test_a_successor_that_does_its_job_and_ends_takes_over() -> None:
    engine = running(web(healthcheck=PROBE))
    old = engine.containers["demo-web-1"].id
    up(project(web(command=("true",), healthcheck=PROBE)), engine)
    [left] = engine.containers.values()
    assert (left.id != old, left.state.status) == (True, "exited")


FAILS = Hook(command=("false",))


@pytest.mark.parametrize("moment", ["pre_start", "post_start", "pre_stop"])
def test_a_hook_that_fails_lets_the_predecessor_come_back(moment: str) -> None:
    engine = running(web())
    before = engine.containers["demo-web-1"].id
    with pytest.raises(PlanFailed):
        up(project(web(environment={"A": "1"}, **{moment: (FAILS,)})), engine)
    replicas = [one for one in engine.containers.values() if not one.labels.get(Label.HOOK)]
    assert [(one.id, one.name, one.running) for one in replicas] == [(before, "demo-web-1", True)]

    good = web(environment={"A": "1"}, **{moment: (Hook(command=("true",)),)})
    up(project(good), engine)
    [now] = engine.containers.values()
    assert (now.name, now.running, now.spec.config.environment) == ("demo-web-1", True, {"A": "1"})


def configured(directory: Path, content: str, **reference: str) -> Project:
    """Return a project whose service web uses a config with that content, a file."""
    file = directory / "site.conf"
    file.write_text(content)
    used = FileReference(source="site", **reference)  # type: ignore[arg-type]
    whole = project(web(configs=(used,), healthcheck=PROBE))
    return replace(whole, configs={"site": FileObject(name="demo_site", file=str(file))})


def test_what_is_mounted_cannot_be_brought_back_and_that_is_said(tmp_path: Path) -> None:
    engine = Moody()
    up(configured(tmp_path, "one"), engine)
    engine.without[("start", "successor demo-web-1")] = EngineError("unknown directive")

    failed = failing(configured(tmp_path, "two"), engine)

    assert failed.aftermath == (
        "demo-web-1 runs as before",
        "demo-web-1 has the new content of configs.site too, since it is mounted: "
        "with a mode it is written, and stays what it was",
    )


def test_what_was_written_is_what_it_was(tmp_path: Path) -> None:
    engine = Moody()
    up(configured(tmp_path, "one", mode="0444"), engine)
    engine.without[("start", "successor demo-web-1")] = EngineError("unknown directive")

    failed = failing(configured(tmp_path, "two", mode="0444"), engine)

    assert engine.containers["demo-web-1"].files == {"/site": b"one"}
    assert failed.aftermath == ("demo-web-1 runs as before",)
