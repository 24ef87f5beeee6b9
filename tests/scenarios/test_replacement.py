"""A container is replaced, and its successor fails, or composer is killed in the middle."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.cli import Folder, Ran, docker, free_port, run

pytestmark = pytest.mark.docker

PROBE = "healthcheck: {test: 'test -e /ok', interval: 200ms, timeout: 5s, retries: %d}"
STAYS = "sh -c 'touch /ok; exec sleep infinity'"


def web(command: str = STAYS, *more: str, retries: int = 50) -> str:
    probe = PROBE % retries
    lines = ("image: busybox", f"command: {command}", "stop_grace_period: 0s", probe, *more)
    return "services:\n  web:\n" + "".join(f"    {line}\n" for line in lines)


def one(folder: Folder, service: str = "web", number: int = 1) -> str:
    return f"{folder.name}-{service}-{number}"


def brought_up(folder: Folder, text: str) -> dict[str, str]:
    """Bring a file up, and return the ids of its containers by name."""
    folder.write("compose.yaml", text)
    folder.composer("up", "-d", "--wait").ok()
    return folder.ids()


def fails(folder: Folder, text: str, *flags: str) -> Ran:
    folder.write("compose.yaml", text)
    ran = folder.composer("up", "-d", *flags)
    assert ran.code == 1, ran
    assert "Traceback" not in ran.err
    return ran


def started(folder: Folder) -> dict[str, str]:
    return {name: c["State"]["StartedAt"] for name, c in folder.containers().items()}


FAILURES = {
    "it ends at once": web("sh -c 'echo no database; exit 3'"),
    "it ends again and again": web("sh -c 'echo no database; exit 3'", "restart: always"),
    "it is unhealthy": web("sh -c 'echo no database; exec sleep infinity'", retries=2),
    "its command does not exist": web("/no/such/thing"),
}


@pytest.mark.parametrize("broken", FAILURES.values(), ids=FAILURES)
def test_the_old_container_is_back_with_its_data(folder: Folder, broken: str) -> None:
    before = brought_up(folder, web(STAYS, "volumes: [/data]"))
    folder.composer("exec", "-T", "web", "sh", "-c", "echo 1 > /data/a; echo 2 > /b").ok()

    ran = fails(folder, broken + "    volumes: [/data]\n")

    assert folder.ids() == before
    assert folder.running() == [one(folder)]
    assert folder.composer("exec", "-T", "web", "cat", "/data/a", "/b").ok().out == "1\n2\n"
    assert f"{one(folder)} runs as before" in ran.err
    assert ("no database" in ran.err) == ("no database" in broken)


def test_who_is_refused_a_successor_is_never_stopped(folder: Folder) -> None:
    brought_up(folder, web())
    before = started(folder)
    ran = fails(folder, web(STAYS, "mem_limit: 1m", "init: true"))
    assert started(folder) == before
    assert "6MB" in ran.err


def test_who_cannot_have_the_port_it_wants_runs_on_where_it_was(folder: Folder) -> None:
    brought_up(folder, web())
    before = started(folder)
    port = free_port()
    holder = f"{folder.name}-holder"
    docker("run", "-d", "--name", holder, "-p", f"{port}:1", "busybox", "sleep", "600")
    try:
        fails(folder, web(STAYS, f"ports: ['{port}:1']"))
        assert started(folder) == before
    finally:
        docker("rm", "-f", holder)


def test_without_rollback_the_new_container_is_left_as_it_failed(folder: Folder) -> None:
    before = brought_up(folder, web())
    ran = fails(folder, web("/no/such/thing"), "--no-rollback")

    assert folder.ids().keys() == before.keys()
    assert folder.ids() != before
    assert folder.running() == []
    assert "as before" not in ran.err


def test_all_replicas_come_back(folder: Folder) -> None:
    before = brought_up(folder, web(STAYS, "scale: 3"))
    fails(folder, web("sh -c 'exit 3'", "scale: 3"))
    assert folder.ids() == before
    assert len(folder.running()) == 3


def test_three_replicas_are_replaced_under_their_names(folder: Folder) -> None:
    before = brought_up(folder, web(STAYS, "scale: 3"))
    folder.write("compose.yaml", web(STAYS, "scale: 3", "environment: {A: b}"))
    folder.composer("up", "-d").ok()
    assert folder.ids().keys() == before.keys()
    assert not set(folder.ids().values()) & set(before.values())
    assert len(folder.running()) == 3


RESTARTED = """
  app:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    depends_on: {web: {condition: service_healthy, restart: true}}
"""


def test_who_was_stopped_for_the_replacement_runs_again(folder: Folder) -> None:
    before = brought_up(folder, web() + RESTARTED)
    fails(folder, web("sh -c 'exit 3'") + RESTARTED)
    assert folder.ids() == before
    assert folder.running() == [one(folder, "app"), one(folder)]


def test_the_next_up_after_a_failure_goes_on(folder: Folder) -> None:
    before = brought_up(folder, web())
    fails(folder, web("sh -c 'exit 3'"))
    folder.write("compose.yaml", web(STAYS, "environment: {A: b}"))
    folder.composer("up", "-d").ok()
    assert folder.running() == [one(folder)]
    assert folder.ids() != before
    assert folder.composer("plan", "--exit-code").code == 0


CHANGED = web("sh -c 'sleep 1; touch /ok; exec sleep infinity'", "volumes: [/data]")
PHASES = ("rename", "create", "die", "start", "health_status")


@contextmanager
def event(folder: Folder, action: str) -> Iterator[subprocess.Popen[str]]:
    """The engine's events of one kind in the folder's project, as lines."""
    label = f"label=com.docker.compose.project={folder.name}"
    with subprocess.Popen(
        ("docker", "events", "--filter", f"event={action}", "--filter", label),
        stdout=subprocess.PIPE,
        text=True,
    ) as events:
        try:
            yield events
        finally:
            events.kill()


def interrupted_at(folder: Folder, action: str, how: signal.Signals) -> int:
    """Bring the folder up, and send a signal as soon as the engine has told of `action`."""
    with event(folder, action) as events, folder.start("up", "-d") as process:
        assert events.stdout is not None
        assert events.stdout.readline()
        process.send_signal(how)
        process.communicate(timeout=60)
    return process.returncode


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
@pytest.mark.parametrize("phase", PHASES)
def test_the_next_up_goes_on_from_wherever_it_was_cut_off(
    folder: Folder, phase: str, how: signal.Signals
) -> None:
    brought_up(folder, web(STAYS, "volumes: [/data]"))
    folder.composer("exec", "-T", "web", "touch", "/data/a").ok()
    folder.write("compose.yaml", CHANGED)
    interrupted_at(folder, phase, how)

    folder.composer("up", "-d", "--wait").ok()

    assert folder.running() == [*folder.containers()] == [one(folder)]
    assert folder.composer("plan", "--exit-code").code == 0
    assert folder.composer("exec", "-T", "web", "ls", "/data").ok().out == "a\n"


@pytest.mark.parity
@pytest.mark.parametrize("phase", PHASES)
def test_docker_compose_goes_on_from_wherever_it_was_cut_off(folder: Folder, phase: str) -> None:
    brought_up(folder, web(STAYS, "volumes: [/data]"))
    folder.write("compose.yaml", CHANGED)
    interrupted_at(folder, phase, signal.SIGKILL)

    compose = ("docker", "compose", "up", "-d", "--wait")
    assert run(*compose, cwd=folder.path, env=folder.environment).code == 0
    assert len(folder.running()) == len(folder.containers()) == 1
    folder.composer("up", "-d", "--wait").ok()
    assert folder.running() == [*folder.containers()] == [one(folder)]


def test_a_predecessor_comes_back_even_if_the_run_that_stopped_it_was_killed(
    folder: Folder,
) -> None:
    before = brought_up(folder, web())
    folder.write("compose.yaml", web("sh -c 'sleep 3; exit 3'"))
    interrupted_at(folder, "start", signal.SIGKILL)
    assert folder.ids() != before

    ran = folder.composer("up", "-d")

    assert ran.code == 1
    assert folder.ids() == before
    assert folder.running() == [one(folder)]


@pytest.mark.parametrize("command", [["stop"], ["down"]])
def test_what_was_cut_off_is_stopped_and_taken_down(folder: Folder, command: list[str]) -> None:
    brought_up(folder, web())
    folder.write("compose.yaml", CHANGED)
    interrupted_at(folder, "create", signal.SIGKILL)
    folder.composer(*command).ok()
    assert folder.running() == []
    if command == ["down"]:
        assert folder.containers() == {}


def pair(first: str, second: str, command: str = "sleep infinity") -> str:
    """Two services, `one` and `two`, with something more to each."""
    shared = "image: busybox\n    stop_grace_period: 0s\n    command"
    return (
        f"services:\n  one:\n    {shared}: sleep infinity\n    {first}\n"
        f"  two:\n    {shared}: {command}\n    {second}\n"
    )


def test_services_that_exchange_their_names_do_so_or_come_back_together(folder: Folder) -> None:
    a, b = f"container_name: {folder.name}-a", f"container_name: {folder.name}-b"
    before = brought_up(folder, pair(a, b))
    fails(folder, pair(b, a, "/no/such/thing"))
    assert folder.ids() == before

    folder.write("compose.yaml", pair(b, a))
    folder.composer("up", "-d").ok()
    services = {n: c["Config"]["Labels"]["com.docker.compose.service"]
                for n, c in folder.containers().items()}  # fmt: skip
    assert services == {f"{folder.name}-a": "two", f"{folder.name}-b": "one"}


def test_services_that_exchange_their_ports_come_back_together(folder: Folder) -> None:
    first, second = (f"ports: ['{free_port()}:1']" for _ in range(2))
    before = brought_up(folder, pair(first, second))
    fails(folder, pair(second, first, "/no/such/thing"))
    assert folder.ids() == before
    assert len(folder.running()) == 2


def test_a_guest_comes_back_with_the_owner_of_its_namespace(folder: Folder) -> None:
    guest = "network_mode: service:one"
    before = brought_up(folder, pair("environment: {A: b}", guest))
    fails(folder, pair("environment: {A: c}", guest, "/no/such/thing"))

    assert folder.ids() == before
    mode = folder.containers()[one(folder, "two")]["HostConfig"]["NetworkMode"]
    assert mode == f"container:{before[one(folder, 'one')]}"
    assert len(folder.running()) == 2


def test_who_comes_back_is_found_by_its_name_in_a_network_that_was_made_anew(
    folder: Folder,
) -> None:
    networks = "networks:\n  default:\n    labels: {a: '%s'}\n"
    before = brought_up(folder, pair("environment: {A: b}", "init: true") + networks % 1)
    fails(folder, pair("environment: {A: c}", "init: false", "/no/such/thing") + networks % 2)

    assert folder.ids()[one(folder, "two")] == before[one(folder, "two")]
    folder.composer("exec", "-T", "one", "ping", "-c", "1", "-W", "5", "two").ok()


def test_in_the_foreground_too_the_old_container_is_back(folder: Folder) -> None:
    before = brought_up(folder, web())
    folder.write("compose.yaml", web("sh -c 'echo no database; exit 3'"))
    ran = folder.composer("up")
    assert (ran.code, folder.ids(), folder.running()) == (1, before, [one(folder)])
    assert "runs as before" in ran.err


def test_a_static_address_passes_on_and_comes_back(folder: Folder) -> None:
    address = f"10.213.{int(folder.name[-2:], 16)}"
    network = f"networks: {{default: {{ipam: {{config: [{{subnet: {address}.0/28}}]}}}}}}\n"
    own = f"networks: {{default: {{ipv4_address: {address}.9}}}}"

    def addresses() -> dict[str, str]:
        key = f"{folder.name}_default"
        return {
            name: one["NetworkSettings"]["Networks"][key]["IPAddress"]
            for name, one in folder.containers().items()
        }

    before = brought_up(folder, web(STAYS, own) + network)
    fails(folder, web("/no/such/thing", own) + network)
    assert (folder.ids(), addresses()) == (before, {one(folder): f"{address}.9"})

    folder.write("compose.yaml", web(STAYS, own, "environment: {A: b}") + network)
    folder.composer("up", "-d").ok()
    assert folder.ids() != before
    assert addresses() == {one(folder): f"{address}.9"}


def test_two_services_exchange_their_addresses_running_and_replaced(folder: Folder) -> None:
    subnet = f"10.215.{int(folder.name[-2:], 16)}"
    network = f"networks: {{default: {{ipam: {{config: [{{subnet: {subnet}.0/28}}]}}}}}}\n"

    def text(first: int, second: int, more: str = "{}") -> str:
        first_at, second_at = (
            f"networks: {{default: {{ipv4_address: {subnet}.{one}}}}}\n    environment: {more}"
            for one in (first, second)
        )
        return pair(first_at, second_at) + network

    def addresses() -> list[str]:
        found = folder.containers()
        both = (found[one(folder, name)]["NetworkSettings"]["Networks"] for name in ("one", "two"))
        return [networks[f"{folder.name}_default"]["IPAddress"] for networks in both]

    before = brought_up(folder, text(9, 10))
    folder.write("compose.yaml", text(10, 9))
    folder.composer("up", "-d").ok()
    assert (folder.ids(), addresses()) == (before, [f"{subnet}.10", f"{subnet}.9"])

    folder.write("compose.yaml", text(9, 10, "{A: b}"))
    folder.composer("up", "-d").ok()
    assert folder.ids().keys() == before.keys()
    assert addresses() == [f"{subnet}.9", f"{subnet}.10"]
    assert folder.composer("plan", "--exit-code").code == 0
