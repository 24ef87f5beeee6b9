from __future__ import annotations

from composer.model.observed import Interest
from composer.model.service import Mount
from support.lab import IMAGE, Bench


def test_the_processes_of_containers_that_run_are_told(bench: Bench) -> None:
    one, other = bench.start("one"), bench.start("other", command=("sleep", "1000"))
    done = bench.finish("done", command=("true",))

    found = bench.engine.processes([one, other, done, bench.name("nobody")])

    assert set(found) == {one, other}
    titles, rows = found[other].titles, found[other].rows
    assert titles[-1] == "CMD"
    assert {"UID", "PID", "PPID"} <= set(titles)
    assert [row[titles.index("CMD")] for row in rows] == ["sleep 1000"]
    assert all(len(row) == len(titles) for row in rows)


def test_samples_tell_what_is_used_and_the_limits(bench: Bench) -> None:
    limited = bench.start("limited", mem_limit=64 * 1024 * 1024)
    unlimited = bench.start("unlimited")

    found = bench.engine.samples([limited, unlimited, bench.name("nobody")])

    assert set(found) == {limited, unlimited}
    assert found[limited].memory_limit == 64 * 1024 * 1024 < found[unlimited].memory_limit
    assert all(0 < one.memory < one.memory_limit for one in found.values())
    assert all(one.pids >= 1 and one.cpus >= 1 for one in found.values())
    assert all(one.pids_limit is None for one in found.values())


def test_who_does_not_run_uses_nothing(bench: Bench) -> None:
    done = bench.finish("done", command=("true",))

    sample = bench.engine.samples([done])[done]

    assert (sample.cpu, sample.memory, sample.memory_limit, sample.pids) == (0, 0, 0, 0)


def test_containers_of_all_projects_are_told_stopped_ones_when_asked_for(bench: Bench) -> None:
    runs, done = bench.start("runs"), bench.finish("done", command=("true",))

    def ours(*, all: bool) -> set[str]:
        found = bench.engine.containers_of_projects(all=all)
        return {one.name for one in found} & {runs, done}

    assert ours(all=False) == {runs}
    assert ours(all=True) == {runs, done}


def test_images_are_inspected_together_and_missing_ones_left_out(bench: Bench) -> None:
    found = bench.engine.inspect_images([IMAGE, "composer.invalid/nothing:1", IMAGE])

    assert list(found) == [IMAGE]
    image = found[IMAGE]
    assert image.platform == "linux/amd64"
    assert image.size > 0
    assert image.dated.startswith("20")
    assert image.dated_at > 1_500_000_000
    assert IMAGE in image.refs


def test_a_volume_tells_its_driver_and_scope_and_a_mount_its_driver(bench: Bench) -> None:
    volume = bench.make_volume()
    name = bench.start(mounts=(Mount(type="volume", source=volume, target="/data"),))

    live = bench.engine.observe(Interest(project=bench.project)).volumes[volume]

    assert (live.driver, live.scope) == ("local", "local")
    assert [mount.driver for mount in bench.observe(name).mounts] == ["local"]
