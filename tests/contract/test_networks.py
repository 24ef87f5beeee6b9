from __future__ import annotations

import pytest

from composer.errors import Conflict, EngineError, NotFound
from composer.model.observed import Interest, ObservedNetwork
from composer.model.project import Ipam, IpamPool
from composer.model.service import NetworkReference
from composer.record import replace
from support.lab import Bench


def network(bench: Bench, name: str) -> ObservedNetwork | None:
    wanted = Interest(project=bench.project, networks=frozenset([name]))
    return bench.engine.observe(wanted).networks.get(name)


def joined(bench: Bench, container: str) -> list[str]:
    return sorted(bench.observe(container).networks)


def test_a_created_network_is_observed_with_its_labels(bench: Bench) -> None:
    name = bench.make_network(labels={"colour": "blue"})

    found = network(bench, name)

    assert found is not None
    assert (found.name, found.driver, found.project) == (name, "bridge", bench.project)
    assert found.labels["colour"] == "blue"


def test_a_created_network_is_observed_with_its_settings(bench: Bench) -> None:
    pool = IpamPool(subnet="10.94.7.0/28", aux_addresses={"printer": "10.94.7.5"})
    name = bench.make_network(
        attachable=True, internal=True, ipam=Ipam(config=(pool,)), driver_opts={"colour": "blue"}
    )

    found = network(bench, name)

    assert found is not None
    assert (found.attachable, found.internal, found.enable_ipv6) == (True, True, False)
    assert found.options == {"colour": "blue"}
    assert (found.ipam.driver, found.ipam.options) == ("default", {})
    (kept,) = found.ipam.config
    assert replace(kept, gateway=None) == pool


def test_a_network_of_another_project_is_observed_when_asked_for(bench: Bench) -> None:
    found = network(bench, "bridge")

    assert found is not None
    assert (found.driver, found.project, found.digest) == ("bridge", None, None)
    assert "bridge" not in bench.engine.observe(Interest(project=bench.project)).networks


def test_the_name_of_a_network_is_given_once(bench: Bench) -> None:
    name = bench.make_network()

    with pytest.raises(Conflict, match=name):
        bench.make_network(labels={"new": "1"})


def test_the_same_network_may_be_made_again(bench: Bench) -> None:
    bench.make_network()
    bench.make_network()

    assert len(bench.engine.observe(Interest(project=bench.project)).networks) == 1


def test_removing_a_network_that_is_gone_is_fine(bench: Bench) -> None:
    name = bench.make_network()

    bench.engine.remove_network(name)
    bench.engine.remove_network(name)

    assert network(bench, name) is None


def test_a_network_with_a_running_container_is_not_removed(bench: Bench) -> None:
    name = bench.make_network()
    bench.start(networks={name: NetworkReference()})

    with pytest.raises(Conflict, match="active endpoints"):
        bench.engine.remove_network(name)


def test_a_network_with_a_stopped_container_is_removed(bench: Bench) -> None:
    name = bench.make_network()
    bench.create(networks={name: NetworkReference()})

    bench.engine.remove_network(name)

    assert network(bench, name) is None


def test_a_container_is_created_in_all_of_its_networks(bench: Bench) -> None:
    one, two = bench.make_network("one"), bench.make_network("two")

    name = bench.start(networks={one: NetworkReference(), two: NetworkReference()})

    live = bench.observe(name)
    assert sorted(live.networks) == [one, two]
    found = network(bench, one)
    assert found is not None
    assert live.networks[one] == found.id


def test_a_container_may_be_made_before_its_network(bench: Bench) -> None:
    spec = bench.network()
    assert bench.engine.observe(Interest(project=bench.project)).lenient_networks

    name = bench.create(networks={spec.name: NetworkReference(aliases=("other",))})
    bench.engine.create_network(spec)
    bench.engine.start(name)

    found = network(bench, spec.name)
    assert found is not None
    assert bench.observe(name).networks == {spec.name: found.id}
    [live] = bench.engine.inspect([name]).values()
    assert live.config is not None
    assert "other" in live.config.networks[spec.name].aliases


def test_a_container_that_was_made_before_its_network_can_be_joined_to_it(bench: Bench) -> None:
    spec = bench.network()

    name = bench.create(networks={spec.name: NetworkReference()})
    bench.engine.create_network(spec)
    bench.engine.connect(name, spec.name, NetworkReference(aliases=("other",)))
    bench.engine.start(name)

    found = network(bench, spec.name)
    assert found is not None
    assert bench.observe(name).networks == {spec.name: found.id}


def test_a_running_container_joins_and_leaves_a_network(bench: Bench) -> None:
    one, two = bench.make_network("one"), bench.make_network("two")
    name = bench.start(networks={one: NetworkReference()})

    bench.engine.connect(name, two, NetworkReference(aliases=("other",)))
    assert joined(bench, name) == [one, two]

    bench.engine.disconnect(name, one)
    assert joined(bench, name) == [two]


def test_a_stopped_container_joins_and_leaves_a_network(bench: Bench) -> None:
    one, two = bench.make_network("one"), bench.make_network("two")
    name = bench.create(networks={one: NetworkReference()})

    bench.engine.connect(name, two, NetworkReference())
    bench.engine.disconnect(name, one)
    bench.engine.start(name)

    assert joined(bench, name) == [two]


def test_a_network_is_replaced_under_a_stopped_container(bench: Bench) -> None:
    spec = bench.network()
    bench.engine.create_network(spec)
    name = bench.start(networks={spec.name: NetworkReference()})

    bench.engine.stop(name)
    bench.engine.disconnect(name, spec.name)
    bench.engine.remove_network(spec.name)
    bench.engine.create_network(spec)
    bench.engine.connect(name, spec.name, NetworkReference())
    bench.engine.start(name)

    found = network(bench, spec.name)
    assert found is not None
    assert bench.observe(name).networks == {spec.name: found.id}


def test_a_container_that_is_in_a_network_does_not_join_it_otherwise(bench: Bench) -> None:
    name = bench.make_network()
    container = bench.start(networks={name: NetworkReference()})

    with pytest.raises(Conflict, match="already exists in network"):
        bench.engine.connect(container, name, NetworkReference(aliases=("other",)))


def test_a_container_that_somebody_else_has_joined_in_the_same_way_is_fine(bench: Bench) -> None:
    name = bench.make_network()
    container = bench.start()

    for _ in range(2):
        bench.engine.connect(container, name, NetworkReference(aliases=("other",)))

    assert joined(bench, container) == ["bridge", name]


def test_leaving_a_network_that_was_not_joined_is_fine(bench: Bench) -> None:
    name = bench.make_network()
    container = bench.start()

    bench.engine.disconnect(container, name)

    assert joined(bench, container) == ["bridge"]


def test_an_address_is_of_one_container_until_it_leaves_or_stops(bench: Bench) -> None:
    number = int(bench.project[-2:], 16)
    first, second = f"10.216.{number}.9", f"10.216.{number}.10"
    pool = IpamPool(subnet=f"10.216.{number}.0/28")
    name = bench.make_network(ipam=Ipam(config=(pool,)))
    there = bench.start("there", networks={name: NetworkReference(ipv4_address=first)})
    joins = bench.start("joins", network_mode="none", networks={})
    starts = bench.create("starts", networks={name: NetworkReference(ipv4_address=second)})
    bench.engine.disconnect(joins, "none")

    assert bench.observe(there).addresses == {name: (first,)}
    with pytest.raises(EngineError, match=r"(?i)address already in use"):
        bench.engine.connect(joins, name, NetworkReference(ipv4_address=first))
    bench.engine.disconnect(there, name)
    bench.engine.connect(joins, name, NetworkReference(ipv4_address=first))
    bench.engine.connect(there, name, NetworkReference(ipv4_address=second))
    with pytest.raises(EngineError, match=r"(?i)address already in use"):
        bench.engine.start(starts)
    bench.engine.stop(there)
    bench.engine.start(starts)
    assert bench.observe(starts).addresses == {name: (second,)}


def test_joining_needs_the_network_and_the_container(bench: Bench) -> None:
    network_name, container = bench.make_network(), bench.start()

    with pytest.raises(NotFound, match="composer-no-such-net"):
        bench.engine.connect(container, "composer-no-such-net", NetworkReference())
    with pytest.raises(NotFound, match="composer-nobody"):
        bench.engine.connect("composer-nobody", network_name, NetworkReference())


def test_leaving_what_is_gone_is_fine(bench: Bench) -> None:
    network_name, container = bench.make_network(), bench.create()

    bench.engine.disconnect(container, "composer-no-such-net")
    bench.engine.disconnect("composer-nobody", network_name)
