"""What holds for every plan of services that have things of each other.

Names, published ports and static addresses wander between services, namespaces and
volumes are shared, and nameless volumes are carried along.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planner.test_properties import UP, Dying, Picky, up

from composer.errors import PlanFailed
from composer.model.names import Label, is_replacement_name
from composer.model.project import Ipam, IpamPool, Network, Project, Volume
from composer.model.service import (
    Dependency,
    Healthcheck,
    Mount,
    NetworkReference,
    Port,
    Service,
)
from composer.reconciler import foresee
from support.engine import FakeContainer, FakeEngine

pytestmark = pytest.mark.slow

ALL = replace(UP, remove_orphans=True)
NAMES = ("api", "db", "job", "web")
SHARED = ("network_mode", "pid")


@st.composite
def tangles(draw: st.DrawFn) -> Project:
    names = sorted(draw(st.sets(st.sampled_from(NAMES), min_size=2)))
    ports = draw(st.permutations(["8001", "8002", None, None]))
    bears = draw(st.permutations(["one", "two", None, None]))
    lives = draw(st.permutations(["10.9.0.10", "10.9.0.11", None, None]))
    services: dict[str, Service] = {}
    for name, port, own, address in zip(names, ports, bears, lives, strict=False):
        alone = tuple(one for one, s in services.items() if not s.network_mode)
        owner = draw(st.sampled_from([None, None, *alone]))
        service = draw(entangled(name, tuple(services), owner))
        if owner is None:
            endpoint = NetworkReference(ipv4_address=address) if address else None
            service = replace(
                service,
                links=draw(st.sampled_from([(), alone[:1]])),
                networks={"net": endpoint},
                ports=(Port(target=80, published=port),) if port else (),
            )
        else:
            port = address = None
        single = port or own or address
        services[name] = replace(
            service, container_name=own, scale=1 if single else draw(st.integers(1, 2))
        )
    return Project(
        name="demo",
        directory="/demo",
        services=services,
        networks={
            "net": Network(
                name="demo_net",
                ipam=Ipam(config=(IpamPool(subnet="10.9.0.0/24"),)),
                labels=draw(st.sampled_from([{}, {}, {"new": "1"}])),
            )
        },
        volumes={"data": Volume(name="demo_data")},
    )


@st.composite
def entangled(draw: st.DrawFn, name: str, before: tuple[str, ...], owner: str | None) -> Service:
    """A service that may share something with those `before` it; `owner` has its network."""
    mounts = draw(st.sets(st.sampled_from(["/anon", "/data"])))
    other = draw(st.sampled_from([None, None, *before]))
    pid = draw(st.sampled_from([None, None, *before]))
    needed = {one for one in (owner, other, pid) if one}
    return Service(
        name=name,
        image="a:1",
        command=("sleep", "infinity"),
        environment={"A": draw(st.sampled_from("xy"))},
        depends_on={
            one: Dependency(condition="service_started", required=True, restart=draw(st.booleans()))
            for one in sorted(needed)
        },
        healthcheck=draw(st.sampled_from([None, Healthcheck(test=("CMD", "true"))])),
        network_mode=f"service:{owner}" if owner else None,
        pid=f"service:{pid}" if pid else None,
        volumes_from=(other,) if other else (),
        volumes=tuple(
            Mount(type="volume", source="data" if one == "/data" else None, target=one)
            for one in sorted(mounts)
        ),
    )


def of(engine: FakeEngine) -> dict[str, list[FakeContainer]]:
    found: dict[str, list[FakeContainer]] = {}
    for one in sorted(engine.containers.values(), key=lambda c: int(c.labels[Label.NUMBER])):
        found.setdefault(one.labels[Label.SERVICE], []).append(one)
    return found


def assert_true_in(project: Project, engine: FakeEngine) -> None:
    """Assert that all run, with what is theirs, and that nothing is left to do."""
    found = of(engine)
    assert {name: len(found.get(name, ())) for name in project.services} == {
        name: service.replicas for name, service in project.services.items()
    }
    assert set(found) == set(project.services)
    for name, service in project.services.items():
        for one in found[name]:
            assert one.running, one.name
            assert not is_replacement_name(one.name)
            assert one.spec.config.environment == service.environment
            if service.container_name:
                assert one.name == service.container_name
            assert {str(p.published) for p in one.published} == {
                str(p.published) for p in service.ports
            }
            owners = {
                kind: getattr(service, kind).partition(":")[2]
                for kind in SHARED
                if getattr(service, kind)
            }
            assert one.owners == {k: found[other][0].id for k, other in owners.items()}
            has = {point.target: point.name for point in one.mounts}
            for other in service.volumes_from:
                for point in found[other][0].mounts:
                    if point.target not in {m.target for m in service.volumes}:
                        assert has[point.target] == point.name
            if "/data" in {m.target for m in service.volumes}:
                assert has["/data"] == "demo_data"
            assert one.spec.config.networks.keys() == ({"demo_net"} if service.networks else set())
    assert foresee(project, engine, UP).steps == ()


def nameless(engine: FakeEngine) -> dict[tuple[str, int], str]:
    """Return the nameless volumes that services list themselves, by service and number."""
    return {
        (name, int(one.labels[Label.NUMBER])): point.name
        for name, containers in of(engine).items()
        for one in containers
        for point in one.mounts
        if point.target == "/anon" and any(m.target == "/anon" for m in one.spec.config.mounts)
    }


def _kept(old: dict[tuple[str, int], str], new: Project) -> dict[tuple[str, int], str]:
    return {
        key: volume
        for key, volume in old.items()
        if key[0] in new.services
        and key[1] <= new.services[key[0]].replicas
        and any(m.target == "/anon" for m in new.services[key[0]].volumes)
    }


def orphaned(engine: FakeEngine, project: Project) -> set[str]:
    """Return who is not in the file, or lives in a namespace of such a one: by its id."""
    found: set[str] = set()
    for one in sorted(engine.containers.values(), key=lambda c: c.created):
        known = one.labels[Label.SERVICE] in project.services
        if not known or found.intersection(one.owners.values()):
            found.add(one.id)
    return found


def assert_carried(old: dict[tuple[str, int], str], new: Project, engine: FakeEngine) -> None:
    wanted = _kept(old, new)
    now = nameless(engine)
    assert {key: now.get(key) for key in wanted} == wanted


@settings(max_examples=15, deadline=None, derandomize=True)
@given(tangles(), tangles())
def test_any_tangle_becomes_any_other(old: Project, new: Project) -> None:
    engine = Dying()
    up(old, engine)
    assert_true_in(old, engine)
    had = nameless(engine)
    up(new, engine, ALL)

    assert_true_in(new, engine)
    assert_carried(had, new, engine)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(tangles(), tangles(), st.integers(1, 30))
def test_an_interrupted_tangle_is_finished_by_the_next_up(
    old: Project, new: Project, writes: int
) -> None:
    engine = Dying()
    up(old, engine)
    had = nameless(engine)
    engine.left = writes
    with suppress(PlanFailed):
        up(new, engine, ALL)
    engine.left = -1
    up(new, engine, ALL)

    assert_true_in(new, engine)
    assert_carried(had, new, engine)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(tangles(), tangles(), st.sampled_from(NAMES), st.booleans())
def test_who_comes_back_from_a_failed_tangle_runs_and_the_next_up_goes_on(
    old: Project, new: Project, victim: str, starts: bool
) -> None:
    engine = Picky()
    up(old, engine)
    had = nameless(engine)
    before = {one.id for one in engine.containers.values()} - orphaned(engine, new)
    engine.victim, engine.starts = victim, starts
    with suppress(PlanFailed):
        up(new, engine, ALL)
    back = [one for one in engine.containers.values() if one.id in before]
    assert [one.name for one in back if not one.running] == []
    engine.victim = ""
    up(new, engine, ALL)

    assert_true_in(new, engine)
    assert_carried(had, new, engine)
