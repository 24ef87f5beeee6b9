"""What is around: who runs, and which addresses are taken."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack

import pytest

from composer.engine.port import Engine
from composer.engine.vicinity import look_around
from composer.errors import EngineError
from composer.model.names import Label
from composer.model.observed import Interest, Observed, Pool
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.project import Ipam, IpamPool
from composer.model.service import Port
from composer.model.vicinity import Wants
from composer.planner.preflight import obstacles
from composer.planner.up import plan_up
from support.lab import Bench, free_port
from support.plans import project, service, world


def taken(bench: Bench) -> tuple[Pool, ...]:
    return bench.engine.observe(Interest(project="nobody")).pools


def with_subnet(subnet: str) -> Ipam:
    return Ipam(config=(IpamPool(subnet=subnet),))


def test_the_pools_of_every_network_are_observed(bench: Bench) -> None:
    name = bench.make_network(ipam=with_subnet("10.254.7.0/24"))
    assert Pool(network=name, project=bench.project, subnet="10.254.7.0/24") in taken(bench)
    bench.engine.remove_network(name)
    assert name not in {pool.network for pool in taken(bench)}


def test_overlapping_pools_are_refused(bench: Bench) -> None:
    bench.make_network(ipam=with_subnet("10.254.7.0/24"))
    with pytest.raises(EngineError, match="overlap"):
        bench.make_network("other", ipam=with_subnet("10.254.7.128/25"))


def test_whoever_runs_is_listed_with_its_ports_and_who_stopped_is_not(bench: Bench) -> None:
    port = free_port()
    name = bench.start(ports=(Port(target=80, published=str(port)),))
    stopped = bench.create("db")
    found = {one.name: one for one in bench.engine.running_containers()}
    assert stopped not in found
    assert found[name].labels[Label.PROJECT] == bench.project
    assert port in {one.published for one in found[name].ports}
    bench.engine.stop(name)
    assert name not in {one.name for one in bench.engine.running_containers()}


# -- what is foretold of ports, and what the engine does -------------------------------

ADDRESSES = ["", "127.0.0.1", "127.0.0.2", "::1"]
UNSURE = ("::1", "")
"""What depends on how an engine is set up: whether all addresses are those of IPv6 too."""


def foretold(engine: Engine, address: str, port: int) -> bool:
    """Say whether a port is foretold not to be free at an address."""
    published = Port(target=80, host_ip=address or None, published=str(port), protocol="tcp")
    whole = project(service("web", ports=(published,)))
    around = look_around(engine, Wants(ports=frozenset({(port, "tcp")})))
    observed: Observed = world(whole)
    plan = plan_up(whole, observed, UpOptions())
    return any(obstacles(whole, observed, Plan(), plan, around))


def refused(bench: Bench, address: str, port: int) -> bool:
    """Say whether the engine refuses to publish a port at an address."""
    published = Port(target=80, host_ip=address or None, published=str(port))
    name = bench.create("wanted", ports=(published,))
    try:
        bench.engine.start(name)
    except EngineError:
        return True
    return False


@pytest.mark.docker
@pytest.mark.parametrize("wanted", ADDRESSES)
@pytest.mark.parametrize("held", ADDRESSES)
def test_a_port_of_a_container_is_foretold_to_be_taken_if_it_is(
    real_engine: Engine, wanted: str, held: str
) -> None:
    bench, port = Bench(real_engine), free_port()
    with ExitStack() as after:
        after.callback(bench.clear)
        bench.start("holder", ports=(Port(target=80, host_ip=held, published=str(port)),))
        told = foretold(real_engine, wanted, port)
        assert told is (refused(bench, wanted, port) and (held, wanted) != UNSURE)


@pytest.mark.docker
@pytest.mark.parametrize("wanted", ADDRESSES)
@pytest.mark.parametrize("held", ["0.0.0.0", "::", *ADDRESSES[1:]])
def test_a_port_of_a_process_is_foretold_to_be_taken_if_it_is(
    real_engine: Engine, wanted: str, held: str
) -> None:
    bench = Bench(real_engine)
    family = socket.AF_INET6 if ":" in held else socket.AF_INET
    with ExitStack() as after:
        after.callback(bench.clear)
        plug = after.enter_context(socket.create_server((held, 0), family=family))
        port = plug.getsockname()[1]
        told = foretold(real_engine, wanted, port)
        assert told is (refused(bench, wanted, port) and (held, wanted) != UNSURE)


def test_the_socket_of_an_engine_on_this_machine_can_be_given_to_a_container(
    engine: Engine,
) -> None:
    access = engine.api_socket()
    assert access.path.startswith("/")
    assert set(json.loads(access.config)) == {"auths"}
