from __future__ import annotations

import pytest

from composer.errors import Conflict
from composer.model.observed import Interest, VolumeUsage
from composer.model.service import Mount
from support.lab import Bench, eventually


def test_a_created_volume_is_observed_with_its_labels(bench: Bench) -> None:
    name = bench.make_volume(labels={"colour": "blue"})

    found = bench.engine.observe(Interest(project=bench.project)).volumes[name]

    assert (found.name, found.driver, found.project) == (name, "local", bench.project)
    assert found.labels["colour"] == "blue"


def test_a_created_volume_is_observed_with_its_options(bench: Bench) -> None:
    name = bench.make_volume(driver_opts={"type": "tmpfs", "device": "tmpfs"})

    found = bench.engine.observe(Interest(project=bench.project)).volumes[name]

    assert found.options == {"type": "tmpfs", "device": "tmpfs"}
    assert found.created


def test_creating_a_volume_again_leaves_it_as_it_is(bench: Bench) -> None:
    name = bench.make_volume(labels={"colour": "blue"})

    bench.make_volume(labels={"colour": "red"})

    found = bench.engine.observe(Interest(project=bench.project)).volumes[name]
    assert found.labels["colour"] == "blue"


def test_removing_a_volume_that_is_gone_is_fine(bench: Bench) -> None:
    name = bench.make_volume()

    bench.engine.remove_volume(name)
    bench.engine.remove_volume(name)

    assert bench.volumes(name) == set()


def test_a_volume_that_a_container_uses_is_not_removed(bench: Bench) -> None:
    name = bench.make_volume()
    container = bench.create(mounts=(Mount(type="volume", source=name, target="/data"),))

    with pytest.raises(Conflict, match=name):
        bench.engine.remove_volume(name)

    bench.engine.remove(container)
    bench.engine.remove_volume(name)
    assert bench.volumes(name) == set()


def test_usage_tells_how_large_a_volume_is_and_who_mounts_it(bench: Bench) -> None:
    name = bench.make_volume()
    mounts = (Mount(type="volume", source=name, target="/data"),)
    users = [bench.create("db", mounts=mounts), bench.start(mounts=mounts)]

    usage = eventually(
        lambda: bench.engine.usage([name]), lambda found: found[name].size is not None
    )

    assert usage == {name: VolumeUsage(size=0, users=tuple(sorted(users)))}


def test_nothing_is_known_of_a_volume_that_does_not_exist(bench: Bench) -> None:
    name = f"{bench.project}_none"
    assert bench.engine.usage([name]) == {name: VolumeUsage()}
    assert bench.engine.usage([]) == {}


def test_a_container_makes_the_volume_that_it_names(bench: Bench) -> None:
    name = f"{bench.project}_made"

    container = bench.create(mounts=(Mount(type="volume", source=name, target="/data"),))

    assert bench.volumes(name) == {name}
    (mount,) = bench.observe(container).mounts
    assert (mount.type, mount.name, mount.target, mount.read_only) == (
        "volume",
        name,
        "/data",
        False,
    )
    bench.engine.remove(container, volumes=True)
    assert bench.volumes(name) == {name}
    bench.engine.remove_volume(name)


def test_mounts_are_observed_by_their_kind(bench: Bench) -> None:
    mounts = (
        Mount(type="bind", source="/tmp", target="/bind", read_only=True),
        Mount(type="tmpfs", target="/scratch"),
    )

    container = bench.create(mounts=mounts)

    found = {m.target: m for m in bench.observe(container).mounts}
    assert (found["/bind"].type, found["/bind"].source) == ("bind", "/tmp")
    assert (found["/bind"].read_only, found["/bind"].name) == (True, None)
    assert (found["/scratch"].type, found["/scratch"].source) == ("tmpfs", None)
