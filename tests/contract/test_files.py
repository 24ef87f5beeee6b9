"""Files that come into a container after it was made, and those that are kept in a volume."""

from __future__ import annotations

import pytest

from composer.errors import Conflict, EngineError
from composer.model.command import Command
from composer.model.names import Label
from composer.model.resources import ContainerFile, Delivery, VolumeSpec
from composer.model.service import Mount, VolumeOptions
from support.lab import IMAGE, Bench


def read(bench: Bench, container: str, path: str) -> bytes:
    session = bench.engine.exec(container, Command(("cat", path)))
    return b"".join(data for _, data in session)


def delivery(content: bytes, *signals: str, digest: str = "configs.site=1") -> Delivery:
    file = ContainerFile(path="/etc/site", content=content)
    return Delivery(files=(file,), signals=signals, digest=digest)


def test_a_running_container_sees_what_is_delivered(bench: Bench) -> None:
    name = bench.start(files=(ContainerFile(path="/etc/site", content=b"one"),))

    bench.engine.deliver(name, delivery(b"two"))

    assert read(bench, name, "/etc/site") == b"two"


def test_it_is_told_by_the_signal(bench: Bench) -> None:
    name = bench.start()
    bench.engine.deliver(name, delivery(b"two", "SIGTERM"))
    assert bench.await_state(name, lambda state: state.status == "exited").exit_code == 0


def test_what_does_not_run_is_not_told_and_has_the_files_when_it_starts(bench: Bench) -> None:
    name = bench.create(command=("cat", "/etc/site"))
    bench.engine.deliver(name, delivery(b"two", "SIGHUP"))
    bench.engine.start(name)
    assert bench.await_state(name, lambda state: state.status == "exited").exit_code == 0


def test_a_container_knows_what_was_delivered_last(bench: Bench) -> None:
    told, other = bench.start("told"), bench.start("other")
    bench.engine.deliver(told, delivery(b"two", digest="configs.site=2"))
    bench.engine.deliver(told, delivery(b"three", digest="configs.site=3"))
    bench.engine.stop(told)

    assert bench.engine.delivered([told, other]) == {told: "configs.site=3"}


def test_nothing_is_delivered_where_the_root_is_read_only(bench: Bench) -> None:
    name = bench.start(read_only=True)
    with pytest.raises(EngineError, match="read-only"):
        bench.engine.deliver(name, delivery(b"two"))


def kept(bench: Bench, content: bytes) -> VolumeSpec:
    return VolumeSpec(
        key="kept",
        name=f"{bench.project}_web-files",
        labels={Label.PROJECT: bench.project, Label.FILES: "web"},
        files=(ContainerFile(path="secrets-0-key", content=content, uid=1000, mode=0o400),),
        image=IMAGE,
    )


def mounted(spec: VolumeSpec, target: str) -> Mount:
    part = VolumeOptions(nocopy=True, subpath="secrets-0-key")
    return Mount(type="volume", source=spec.name, target=target, read_only=True, volume=part)


def test_a_read_only_container_sees_what_is_kept_for_it(bench: Bench) -> None:
    spec = kept(bench, b"hunter2")
    bench.engine.create_volume(spec)

    name = bench.start(read_only=True, kept=spec, mounts=(mounted(spec, "/key"),))
    bench.engine.stop(name)
    bench.engine.start(name)

    assert read(bench, name, "/key") == b"hunter2"
    assert bench.names() == [name]


def test_a_volume_is_filled_again_when_it_is_there_already(bench: Bench) -> None:
    bench.engine.create_volume(kept(bench, b"half"))
    spec = kept(bench, b"hunter2")
    bench.engine.create_volume(spec)
    name = bench.start(read_only=True, kept=spec, mounts=(mounted(spec, "/run/secrets/key"),))
    assert read(bench, name, "/run/secrets/key") == b"hunter2"


def test_what_is_kept_stays_as_long_as_a_container_mounts_it(bench: Bench) -> None:
    spec = kept(bench, b"hunter2")
    bench.engine.create_volume(spec)
    name = bench.create(read_only=True, kept=spec, mounts=(mounted(spec, "/key"),))
    with pytest.raises(Conflict, match="in use"):
        bench.engine.remove_volume(spec.name)
    bench.engine.remove(name)
    bench.engine.remove_volume(spec.name)
    assert not bench.volumes(spec.name)
