"""Commands for containers that exist, on a real engine."""

from __future__ import annotations

import pytest

from support.cli import Folder, docker, eventually

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"
CHAIN = f"""
services:
  db:
    {SLEEP}
    volumes: [/data]
    healthcheck: {{test: 'true', interval: 100ms}}
  mid:
    {SLEEP}
    depends_on: {{db: {{condition: service_healthy, restart: true}}}}
  web:
    {SLEEP}
    depends_on: [mid]
"""


@pytest.fixture
def chain(folder: Folder) -> Folder:
    folder.write("compose.yaml", CHAIN)
    folder.composer("up", "-d").ok()
    return folder


def states(folder: Folder) -> dict[str, str]:
    prefix = f"{folder.name}-"
    return {
        name.removeprefix(prefix).removesuffix("-1"): one["State"]["Status"]
        for name, one in sorted(folder.containers().items())
    }


def moments(folder: Folder, moment: str) -> list[str]:
    """Return the services in the order in which they started or stopped."""
    found = {one["State"][moment]: name.split("-")[1] for name, one in folder.containers().items()}
    return [found[time] for time in sorted(found)]


def started(folder: Folder) -> dict[str, str]:
    return {n.split("-")[1]: c["State"]["StartedAt"] for n, c in folder.containers().items()}


EVERYTHING = {"db": "running", "mid": "running", "web": "running"}
NOTHING = {"db": "exited", "mid": "exited", "web": "exited"}


@pytest.mark.parametrize("with_file", [True, False])
def test_stop_and_start_go_in_the_order_of_dependencies(chain: Folder, with_file: bool) -> None:
    which = () if with_file else ("-p", chain.name)
    ids = chain.ids()
    chain.composer(*which, "stop").ok()
    assert states(chain) == NOTHING
    assert moments(chain, "FinishedAt") == ["web", "mid", "db"]

    chain.composer(*which, "start").ok()
    assert states(chain) == EVERYTHING
    assert moments(chain, "StartedAt") == ["db", "mid", "web"]
    health = chain.containers()[f"{chain.name}-db-1"]["State"]["Health"]
    assert health["Status"] == "healthy"
    assert chain.ids() == ids


def test_start_wait_returns_when_everything_is_healthy(chain: Folder) -> None:
    chain.composer("stop").ok()
    chain.composer("start", "--wait", "db").ok()
    assert states(chain) == {**NOTHING, "db": "running"}
    assert chain.containers()[f"{chain.name}-db-1"]["State"]["Health"]["Status"] == "healthy"


def test_start_wait_fails_at_its_timeout_with_the_probe(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n"
        "    healthcheck: {test: 'echo not yet; exit 1', interval: 200ms, retries: 1000}\n",
    )
    folder.composer("create").ok()
    assert states(folder) == {"web": "created"}
    ran = folder.composer("start", "--wait", "--wait-timeout", "5")
    assert ran.code == 1
    assert states(folder) == {"web": "running"}
    assert f"application not healthy after 5s: container {folder.name}-web-1 is starting" in ran.err
    assert "not yet" in ran.err


def test_start_makes_no_container(folder: Folder) -> None:
    folder.write("compose.yaml", CHAIN)
    ran = folder.composer("start")
    assert ran.code == 1
    assert folder.containers() == {}
    assert "service 'db' has no container to start" in ran.err


def test_stop_takes_only_what_is_named(chain: Folder) -> None:
    chain.composer("stop", "-t", "0", "mid").ok()
    assert states(chain) == {**EVERYTHING, "mid": "exited"}


def test_restart_takes_along_what_depends_with_restart_once_it_is_healthy(chain: Folder) -> None:
    before, ids = started(chain), chain.ids()
    chain.composer("restart", "db").ok()
    after = started(chain)
    assert {name for name in after if after[name] != before[name]} == {"db", "mid"}
    db = chain.containers()[f"{chain.name}-db-1"]["State"]
    assert after["mid"] > db["Health"]["Log"][0]["End"][:19]
    assert chain.ids() == ids

    chain.composer("restart", "--no-deps", "-t", "0", "db").ok()
    assert {n for n, moment in started(chain).items() if moment != after[n]} == {"db"}


def test_restart_ignores_what_changed_in_the_file(chain: Folder) -> None:
    ids = chain.ids()
    chain.write("compose.yaml", CHAIN.replace("sleep infinity", "sleep 1000"))
    chain.composer("restart").ok()
    assert chain.ids() == ids
    assert states(chain) == EVERYTHING


def test_restart_starts_what_stands_still(chain: Folder) -> None:
    chain.composer("stop").ok()
    chain.composer("restart").ok()
    assert states(chain) == EVERYTHING


def test_pause_and_unpause(chain: Folder) -> None:
    chain.composer("pause", "db", "web").ok()
    assert states(chain) == {"db": "paused", "mid": "running", "web": "paused"}
    chain.composer("pause").ok()
    assert set(states(chain).values()) == {"paused"}
    chain.composer("unpause").ok()
    assert states(chain) == EVERYTHING


def test_what_is_paused_can_be_stopped_and_taken_down(chain: Folder) -> None:
    chain.composer("pause").ok()
    chain.composer("stop", "web").ok()
    assert states(chain) == {"db": "paused", "mid": "paused", "web": "exited"}
    chain.composer("down").ok()
    assert states(chain) == {}


def test_kill_sends_the_signal_that_it_is_told(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        "services:\n  web:\n    image: busybox\n    command: "
        "[sh, -c, \"trap 'echo got it; exit 7' HUP; echo ready; while :; do sleep 0.1; done\"]\n"
        f"  other:\n    {SLEEP}\n",
    )
    folder.composer("up", "-d").ok()
    web = f"{folder.name}-web-1"
    eventually(lambda: "ready" in docker("logs", web))
    folder.composer("kill", "-s", "HUP", "web").ok()
    eventually(lambda: folder.containers()[web]["State"]["ExitCode"] == 7)
    assert "got it" in docker("logs", web)
    folder.composer("kill").ok()
    eventually(lambda: states(folder) == {"web": "exited", "other": "exited"})
    assert folder.containers()[f"{folder.name}-other-1"]["State"]["ExitCode"] == 137


def test_a_signal_that_does_not_exist_is_refused(chain: Folder) -> None:
    ran = chain.composer("kill", "-s", "NOSUCH", "web")
    assert ran.code == 1
    assert "NOSUCH" in ran.err
    assert states(chain) == EVERYTHING


def test_rm_takes_what_stands_still_and_its_volumes_only_when_asked(chain: Folder) -> None:
    db = f"{chain.name}-db-1"

    def volume() -> str:
        return str(chain.containers()[db]["Mounts"][0]["Name"])

    first = volume()
    chain.composer("stop", "db").ok()
    chain.composer("rm", "-f").ok()
    assert states(chain) == {"mid": "running", "web": "running"}
    assert first in docker("volume", "ls", "-q").split()
    docker("volume", "rm", first)

    chain.composer("up", "-d").ok()
    second = volume()
    chain.composer("rm", "-f", "-s", "-v").ok()
    assert states(chain) == {}
    assert second not in docker("volume", "ls", "-q").split()


def test_rm_removes_nothing_without_an_answer(chain: Folder) -> None:
    chain.composer("stop").ok()
    ran = chain.composer("rm").ok()
    assert f"Going to remove {chain.name}-db-1, {chain.name}-mid-1, {chain.name}-web-1" in ran.err
    assert states(chain) == NOTHING


def test_create_and_then_up_starts_the_same_containers(folder: Folder) -> None:
    folder.write("compose.yaml", CHAIN)
    folder.composer("create").ok()
    assert set(states(folder).values()) == {"created"}
    ids = folder.ids()
    folder.composer("up", "-d").ok()
    assert states(folder) == EVERYTHING
    assert folder.ids() == ids


def test_scale_changes_one_service_and_leaves_the_others(chain: Folder) -> None:
    ids = chain.ids()
    chain.composer("scale", "web=3").ok()
    now = chain.ids()
    assert set(now) - set(ids) == {f"{chain.name}-web-2", f"{chain.name}-web-3"}
    chain.composer("scale", "web=0").ok()
    assert states(chain) == {"db": "running", "mid": "running"}
    assert {name: chain.ids()[name] for name in chain.ids()} == {
        name: id for name, id in ids.items() if "-web-" not in name
    }


def test_down_goes_in_reverse_and_on_as_soon_as_dependents_are_gone(chain: Folder) -> None:
    ran = chain.composer("--progress", "plain", "down").ok()
    stopped = [line.split()[1] for line in ran.err.splitlines() if line.endswith("Stopping")]
    assert stopped == [f"{chain.name}-{name}-1" for name in ("web", "mid", "db")]
    assert states(chain) == {}


def test_down_of_a_service_takes_what_nobody_else_has(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n    networks: [front, back]\n    volumes: ['both:/b']\n"
        f"  db:\n    {SLEEP}\n    networks: [back]\n    volumes: ['data:/d', 'both:/b']\n"
        "networks: {front: , back: }\nvolumes: {data: , both: }\n",
    )
    name = folder.name
    folder.composer("up", "-d").ok()

    folder.composer("down", "web").ok()
    assert (states(folder), folder.networks()) == ({"db": "running"}, [f"{name}_back"])
    assert folder.volumes() == [f"{name}_both", f"{name}_data"]

    folder.composer("down", "-v", "db").ok()
    assert (states(folder), folder.networks()) == ({}, [])
    assert folder.volumes() == [f"{name}_both"]


def test_the_commands_take_turns_but_kill_does_not_wait(folder: Folder) -> None:
    """An `up` that waits for what never comes up is no reason not to kill it."""
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n"
        "    healthcheck: {test: 'false', interval: 1s, retries: 1000}\n",
    )
    with folder.start("--progress", "plain", "up", "--wait") as up:
        eventually(lambda: states(folder) == {"web": "running"})
        folder.composer("kill").ok()
        out, _ = up.communicate(timeout=60)
    assert up.returncode == 1
    assert f"container {folder.name}-web-1 exited (137)" in out
