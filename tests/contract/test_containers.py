from __future__ import annotations

import os
from typing import Any

import pytest

from composer.engine.docker.client import connect
from composer.errors import Conflict, EngineError, NotFound
from composer.model.command import Command
from composer.model.names import Label
from composer.model.observed import Interest
from composer.model.resources import ContainerFile, ContainerSpec
from composer.model.service import Healthcheck, Logging, Mount, NetworkReference, Port
from composer.model.units import Bytes, Duration
from composer.record import replace
from support.lab import Bench, eventually, free_port

MOMENT = Duration(100_000_000)
PROBE = Healthcheck(test=("CMD", "true"), interval=MOMENT, timeout=Duration(10 * MOMENT))


def test_a_created_container_waits_to_be_started(bench: Bench) -> None:
    name = bench.create()

    assert bench.engine.state(name).status == "created"
    assert bench.observe(name).status_text == "Created"


def test_the_containers_of_a_project_are_those_of_its_snapshot(bench: Bench) -> None:
    bench.create("web")
    bench.start("db")
    snapshot = bench.engine.observe(Interest(project=bench.project)).containers
    assert len(snapshot) == 2
    found = bench.engine.project_containers(bench.project)
    assert {one.id: one.networks for one in found} == {one.id: one.networks for one in snapshot}
    assert bench.engine.project_containers("nobody-s-project") == ()


def test_a_started_container_runs(bench: Bench) -> None:
    name = bench.start()

    state = bench.engine.state(name)

    assert (state.status, state.health, state.error) == ("running", None, "")
    assert state.started_at[:2] == "20"


def test_the_id_that_create_returns_names_the_container(bench: Bench) -> None:
    id = bench.engine.create_container(bench.spec())
    bench.engine.start(id)

    assert bench.engine.state(id).status == "running"
    assert bench.observe(bench.name("web")).id == id


def test_starting_twice_is_fine(bench: Bench) -> None:
    name = bench.start()

    bench.engine.start(name)

    assert bench.engine.state(name).status == "running"


def test_a_name_is_given_once(bench: Bench) -> None:
    spec = bench.spec()
    bench.engine.create_container(spec)
    other = replace(spec, labels={**spec.labels, Label.CONFIG_HASH: "1" * 64})

    with pytest.raises(Conflict, match=bench.name("web")):
        bench.engine.create_container(other)


def test_what_is_there_already_and_just_the_same_is_taken_for_created(bench: Bench) -> None:
    spec = bench.spec()

    id = bench.engine.create_container(spec)

    assert bench.engine.create_container(spec) == id


def test_a_container_that_keeps_other_data_is_not_the_same(bench: Bench) -> None:
    def spec(volume: str) -> ContainerSpec:
        return bench.spec(mounts=(Mount(type="volume", source=volume, target="/data"),))

    one, other = bench.make_volume("one"), bench.make_volume("other")
    bench.engine.create_container(spec(one))

    with pytest.raises(Conflict, match=bench.name("web")):
        bench.engine.create_container(spec(other))


def test_a_container_needs_its_image(bench: Bench) -> None:
    with pytest.raises(NotFound, match="composer-has-no-such-image"):
        bench.engine.create_container(bench.spec(image="composer-has-no-such-image:1"))

    assert bench.names() == []


def test_the_namespace_of_a_missing_container_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound, match="composer-no-such"):
        bench.engine.create_container(bench.spec(network_mode="container:composer-no-such"))

    assert bench.names() == []


def test_a_network_that_is_missing_is_found_out_at_the_start(bench: Bench) -> None:
    name = bench.create(networks={f"{bench.project}_gone": NetworkReference()})

    with pytest.raises(NotFound, match=f"{bench.project}_gone"):
        bench.engine.start(name)

    assert bench.engine.state(name).status == "created"


def test_a_command_that_is_missing_fails_the_start(bench: Bench) -> None:
    name = bench.create(command=("/no/such/command",))

    with pytest.raises(EngineError, match="/no/such/command"):
        bench.engine.start(name)

    state = bench.engine.state(name)
    assert (state.status, state.exit_code) == ("created", 127)
    assert "/no/such/command" in state.error


def test_the_exit_code_is_kept(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "exit 3"))

    assert bench.engine.state(name).exit_code == 3
    assert bench.observe(name).state.exit_code == 3
    assert bench.observe(name).status_text.startswith("Exited (3)")


def test_a_stopped_container_has_ended_when_stop_returns(bench: Bench) -> None:
    name = bench.start()

    bench.engine.stop(name)

    assert (bench.engine.state(name).status, bench.engine.state(name).exit_code) == ("exited", 0)


def test_what_ignores_the_signal_is_killed_after_the_timeout(bench: Bench) -> None:
    name = bench.start(command=("sleep", "1000"))

    bench.engine.stop(name, 0)

    assert bench.engine.state(name).exit_code == 137


def test_that_the_processes_have_ended_is_heard_before_stop_returns(bench: Bench) -> None:
    name = bench.start()
    heard: list[str] = []

    with bench.engine.hearing_the_ends([name], heard.append):
        before = list(heard)
        bench.engine.stop(name)
    bench.engine.stop(name)

    assert (before, heard) == ([], [name])


def test_of_several_it_is_heard_which_one_has_ended(bench: Bench) -> None:
    names = [bench.start(), bench.start("other"), bench.start("third")]
    heard: list[str] = []

    with bench.engine.hearing_the_ends([*names, "nobody"], heard.append):
        bench.engine.stop(names[2])
        eventually(lambda: list(heard), lambda found: found == names[2:])
        bench.engine.stop(names[0])
        eventually(lambda: list(heard), lambda found: found == [names[2], names[0]])
    bench.engine.stop(names[1])

    assert heard == [names[2], names[0]]


@pytest.mark.docker
def test_the_end_of_a_process_in_a_namespace_of_its_own_is_not_that_of_the_container() -> None:
    """As browsers have them; the fake engine has no processes."""
    engine = connect(os.environ)
    bench = Bench(engine)
    nested = "unshare -pf sleep 2; trap 'exit 0' TERM; while :; do sleep 0.1; done"
    try:
        allowed = {"cap_add": ("SYS_ADMIN",), "security_opt": ("seccomp=unconfined",)}
        name = bench.start(command=("sh", "-c", nested), **allowed)
        eventually(lambda: processes(bench, name), lambda found: "sleep 2" in found)
        heard: list[str] = []
        with engine.hearing_the_ends([name], heard.append) as heard_of:
            eventually(lambda: processes(bench, name), lambda found: "sleep 2" not in found)
            assert (heard_of, heard) == ({name}, [])
            engine.stop(name)
        assert heard == [name]
    finally:
        bench.clear()
        engine.close()


def test_what_does_not_end_is_not_heard_to(bench: Bench) -> None:
    name = bench.start()
    heard: list[str] = []

    with bench.engine.hearing_the_ends([name], heard.append):
        bench.engine.pause(name)
        bench.engine.unpause(name)
    with bench.engine.hearing_the_ends(["nobody"], heard.append):
        pass
    bench.engine.stop(name)

    assert heard == []


def test_stopping_what_does_not_run_is_fine(bench: Bench) -> None:
    created = bench.create("one")
    stopped = bench.finish("two", command=("true",))

    bench.engine.stop(created)
    bench.engine.stop(stopped)

    assert bench.engine.state(created).status == "created"
    assert bench.engine.state(stopped).status == "exited"


def test_a_killed_container_dies_of_the_signal(bench: Bench) -> None:
    name = bench.start()

    bench.engine.kill(name)

    assert bench.await_state(name, lambda s: s.status == "exited").exit_code == 137


def test_another_signal_reaches_the_command(bench: Bench) -> None:
    name = bench.start()
    eventually(lambda: trapped(bench, name), bool)

    bench.engine.kill(name, "SIGTERM")

    assert bench.await_state(name, lambda s: s.status == "exited").exit_code == 0


def test_killing_what_does_not_run_is_fine(bench: Bench) -> None:
    bench.engine.kill(bench.finish(command=("true",)))


def test_a_signal_to_what_does_not_run_is_a_conflict(bench: Bench) -> None:
    name = bench.finish(command=("true",))

    with pytest.raises(Conflict, match="not running"):
        bench.engine.kill(name, "SIGHUP")


def test_a_removed_container_is_gone(bench: Bench) -> None:
    name = bench.create()

    bench.engine.remove(name)

    assert bench.names() == []
    with pytest.raises(NotFound, match=name):
        bench.engine.state(name)


def test_removing_what_is_gone_is_fine(bench: Bench) -> None:
    bench.engine.remove(bench.name("web"))


def test_a_running_container_is_removed_by_force_only(bench: Bench) -> None:
    name = bench.start()

    with pytest.raises(Conflict):
        bench.engine.remove(name)
    bench.engine.remove(name, force=True)

    assert bench.names() == []


@pytest.mark.parametrize("volumes", [True, False])
def test_removing_takes_anonymous_volumes_when_told_to(bench: Bench, volumes: bool) -> None:
    kept = bench.make_volume()
    mounts = (
        Mount(type="volume", target="/anonymous"),
        Mount(type="volume", source=kept, target="/named"),
    )
    name = bench.create(mounts=mounts)
    anonymous = next(m.name for m in bench.observe(name).mounts if m.target == "/anonymous")
    assert anonymous is not None

    bench.engine.remove(name, volumes=volumes)

    left = bench.volumes(kept, anonymous)
    assert left == ({kept} if volumes else {kept, anonymous})
    bench.engine.remove_volume(anonymous)


def test_a_renamed_container_answers_to_its_new_name(bench: Bench) -> None:
    name = bench.start()

    bench.engine.rename(name, f"{name}-new")

    assert bench.names() == [f"{name}-new"]
    assert bench.engine.state(f"{name}-new").status == "running"


def test_a_running_container_gives_up_its_name_and_another_takes_it_at_once(bench: Bench) -> None:
    name = bench.start()
    bench.engine.rename(name, f"{name}-aside")
    bench.engine.create_container(bench.spec())

    assert bench.engine.state(f"{name}-aside").status == "running"
    assert bench.engine.state(name).status == "created"


def test_a_container_is_not_renamed_to_a_name_that_is_taken(bench: Bench) -> None:
    one, two = bench.create("one"), bench.create("two")

    with pytest.raises(Conflict, match=two):
        bench.engine.rename(one, two)


def test_renaming_to_its_own_name_is_fine(bench: Bench) -> None:
    name = bench.create()

    bench.engine.rename(name, name)

    assert bench.names() == [name]


@pytest.mark.parametrize("verb", ["start", "stop", "kill", "state", "rename"])
def test_nothing_is_done_to_a_container_that_is_not_there(bench: Bench, verb: str) -> None:
    name = bench.name("nobody")
    arguments = (name, "x") if verb == "rename" else (name,)

    with pytest.raises(NotFound, match=name):
        getattr(bench.engine, verb)(*arguments)


def test_a_port_that_is_taken_is_a_conflict_at_the_start(bench: Bench) -> None:
    port = Port(target=80, published=str(free_port()), host_ip="127.0.0.1")
    bench.start("one", ports=(port,))
    two = bench.create("two", ports=(port,))

    with pytest.raises(Conflict, match="already allocated"):
        bench.engine.start(two)

    state = bench.engine.state(two)
    assert state.status == "created"
    assert "already allocated" in state.error


def test_one_of_a_range_of_ports_is_published(bench: Bench) -> None:
    first = free_port()
    port = Port(target=80, published=f"{first}-{first + 9}", host_ip="127.0.0.1")

    one, two = bench.start("one", ports=(port,)), bench.start("two", ports=(port,))

    published = {p.published for name in (one, two) for p in bench.observe(name).ports}
    assert len(published) == 2
    assert published <= set(range(first, first + 10))


def test_an_ephemeral_port_is_chosen_at_the_start(bench: Bench) -> None:
    name = bench.create(ports=(Port(target=80, host_ip="127.0.0.1"),))
    assert bench.observe(name).ports == ()

    bench.engine.start(name)

    (port,) = bench.observe(name).ports
    assert (port.target, port.protocol, port.host_ip) == (80, "tcp", "127.0.0.1")
    assert port.published is not None


def test_a_probe_is_starting_and_then_healthy(bench: Bench) -> None:
    name = bench.start(healthcheck=PROBE)

    assert bench.engine.state(name).health in ("starting", "healthy")
    bench.await_state(name, lambda state: state.health == "healthy")
    assert bench.observe(name).state.health == "healthy"


def test_a_stopped_container_has_no_health(bench: Bench) -> None:
    name = bench.start(healthcheck=PROBE)
    bench.await_state(name, lambda state: state.health == "healthy")

    bench.engine.stop(name)

    assert bench.engine.state(name).health is None
    assert bench.observe(name).state.health is None


def test_files_are_there_before_the_first_start(bench: Bench) -> None:
    files = (
        ContainerFile(path="/run/secrets/key", content=b"s3cret\n"),
        ContainerFile(path="/deep/er/config", content=b"colour=blue\n"),
    )

    command = ("sh", "-c", "cat /run/secrets/key; cat /deep/er/config")
    name = bench.finish(command=command, files=files)

    assert [line.text for line in bench.engine.logs(name)] == [b"s3cret", b"colour=blue"]


def test_a_container_that_fails_half_way_leaves_nothing(bench: Bench) -> None:
    spec = bench.spec(read_only=True, files=(ContainerFile(path="/x", content=b""),))

    with pytest.raises(EngineError, match="read-only"):
        bench.engine.create_container(spec)

    assert bench.names() == []


def test_a_spec_is_observed_as_it_was_made(bench: Bench) -> None:
    name = bench.start(labels={"colour": "blue"}, mounts=(Mount(type="volume", target="/data"),))

    live = bench.observe(name)

    assert (live.name, live.service, live.number, live.oneoff) == (name, "web", 1, False)
    assert (live.digest, live.labels["colour"]) == ("0" * 64, "blue")
    assert live.image == bench.spec().config.image
    assert live.image_id == found_image(bench)
    assert (live.state.status, live.config) == ("running", None)
    assert [(m.type, m.target, len(m.name or "")) for m in live.mounts] == [("volume", "/data", 64)]
    assert live.command.startswith("sh -c ")
    assert live.created > 1_700_000_000


def test_only_the_project_is_observed(bench: Bench) -> None:
    other = Bench(bench.engine)
    try:
        other.create()
        mine = bench.create()
        assert bench.names() == [mine]
    finally:
        other.clear()


@pytest.mark.parametrize(
    "unusual",
    [
        {},
        {"network_mode": "host"},
        {"logging": Logging(driver="none")},
        {"privileged": True},
        {"mem_limit": Bytes(64 * 1024 * 1024)},
    ],
)
def test_with_details_what_composer_made_is_observed_as_an_inspection_shows_it(
    bench: Bench, unusual: dict[str, Any]
) -> None:
    ours = bench.create(labels={str(Label.SETTLED): "1"}, **unusual)
    other = bench.create(number=2)
    called: list[bool] = []

    interest = Interest(project=bench.project, details=True, limits="mem_limit" in unusual)
    observed = bench.engine.observe(interest, lambda: called.append(True))

    found = {live.name: live for live in observed.containers}
    assert found[ours] == bench.engine.inspect([ours])[found[ours].id]
    assert (found[ours].config is None, found[other].config) == (False, None)
    assert called == [True]


def test_inspecting_leaves_out_what_vanished(bench: Bench) -> None:
    name = bench.create()

    found = bench.engine.inspect([name, bench.name("nobody")])

    assert [live.name for live in found.values()] == [name]
    assert list(found) == [bench.observe(name).id]


def test_inspecting_nothing_finds_nothing(bench: Bench) -> None:
    assert bench.engine.inspect([]) == {}


def processes(bench: Bench, name: str) -> list[str]:
    """Return what runs in a container, a command line each."""
    session = bench.engine.exec(name, Command(("ps", "-o", "args")))
    return [line.strip() for line in b"".join(data for _, data in session).decode().splitlines()]


def trapped(bench: Bench, name: str) -> bool:
    """Say whether the command had the time to set its trap."""
    session = bench.engine.exec(
        name, Command(("sh", "-c", "kill -0 1; grep SigCgt /proc/1/status"))
    )
    output = b"".join(data for _, data in session)
    return not output or not output.strip().endswith(b"0000000000000000")


def found_image(bench: Bench) -> str:
    image = bench.engine.image(bench.spec().config.image)
    assert image is not None
    return image.id


def test_a_probe_that_fails_is_told_with_its_output_its_time_and_how_often(bench: Bench) -> None:
    check = Healthcheck(
        test=("CMD-SHELL", "echo refused; exit 2"), interval=Duration(100_000_000), retries=2
    )
    name = bench.start(healthcheck=check)

    state = bench.await_state(name, lambda state: state.health == "unhealthy")

    last = state.probes[-1]
    assert (last.exit_code, last.output) == (2, "refused")
    assert last.start > 1_700_000_000
    assert 0 < last.end - last.start < 10
    assert state.streak >= 2
    assert state.check == check


def test_a_probe_that_succeeds_is_told(bench: Bench) -> None:
    check = Healthcheck(test=("CMD", "echo", "fine"), interval=Duration(100_000_000))
    name = bench.start(healthcheck=check)

    state = bench.await_state(name, lambda state: state.health == "healthy")

    assert (state.probes[0].exit_code, state.probes[0].output, state.streak) == (0, "fine", 0)


def test_a_limit_of_memory_is_part_of_the_state(bench: Bench) -> None:
    limit = Bytes(64 * 1024 * 1024)
    assert bench.engine.state(bench.start(mem_limit=limit)).memory == limit
    assert bench.engine.state(bench.start("other")).memory == 0


def test_a_restarted_container_runs_anew(bench: Bench) -> None:
    name = bench.start()
    before = bench.engine.state(name).started_at

    bench.engine.restart(name, 0)

    state = bench.engine.state(name)
    assert state.status == "running"
    assert state.started_at > before


def test_restarting_what_has_ended_starts_it(bench: Bench) -> None:
    name = bench.finish(command=("true",))
    before = bench.engine.state(name).started_at
    bench.engine.restart(name)

    state = bench.await_state(name, lambda state: state.status == "exited")

    assert state.started_at > before


def test_a_paused_container_stands_still_until_it_is_let_go_on(bench: Bench) -> None:
    name = bench.start()

    bench.engine.pause(name)
    bench.engine.pause(name)
    assert bench.engine.state(name).status == "paused"
    assert bench.observe(name).state.status == "paused"

    bench.engine.unpause(name)
    bench.engine.unpause(name)
    assert bench.engine.state(name).status == "running"


def test_what_does_not_run_cannot_be_paused(bench: Bench) -> None:
    name = bench.create()

    with pytest.raises(Conflict, match="is not running"):
        bench.engine.pause(name)


def test_a_paused_container_can_be_stopped(bench: Bench) -> None:
    name = bench.start(command=("sleep", "100"))
    bench.engine.pause(name)

    bench.engine.stop(name, 0)

    assert bench.engine.state(name).status == "exited"
