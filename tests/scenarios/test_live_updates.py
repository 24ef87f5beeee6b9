"""What changes under a running database without its clients noticing."""

from __future__ import annotations

import subprocess

import pytest

from support.cli import Folder, docker

pytestmark = pytest.mark.docker

DB = """\
services:
  db:
    image: postgres:16-alpine
    environment:
      POSTGRES_PASSWORD: secret
    stop_grace_period: 1s
    healthcheck:
      test: [CMD, pg_isready, -U, postgres, -h, 127.0.0.1]
      interval: 200ms
      retries: 100
"""
MORE = """\
    mem_limit: 512m
    cpus: 0.5
    pids_limit: 300
    restart: unless-stopped
    networks: [default, extra]
"""
LESS = """\
    mem_limit: 256m
    cpus: 1
    pids_limit: 200
"""
CLIENT = """\
  client:
    image: postgres:16-alpine
    environment: {PGPASSWORD: secret}
    command: sleep infinity
    stop_grace_period: 0s
"""
EXTRA = "networks: {extra: }\n"


def client_of(folder: Folder) -> str:
    return f"{folder.name}-client-1"


def test_a_client_keeps_its_connection_while_limits_and_networks_change(folder: Folder) -> None:
    db = f"{folder.name}-db-1"
    folder.write("compose.yaml", DB + LESS + CLIENT)
    folder.composer("up", "-d", "--wait").ok()
    before = folder.containers()[db]
    with subprocess.Popen(
        ["docker", "exec", "-i", client_of(folder), "psql", "-h", "db", "-U", "postgres", "-At"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None

        def ask(question: str) -> str:
            print(question, file=client.stdin, flush=True)
            return client.stdout.readline().strip()

        backend = ask("select pg_backend_pid();")
        folder.write("compose.yaml", DB + MORE + CLIENT + EXTRA)

        plan = folder.composer("plan").ok().out
        assert "mem_limit: 256m → 512m   compose.yaml:11:16" in plan
        assert "restart: no → unless-stopped   compose.yaml:14:14" in plan
        assert f"connect {db} to {folder.name}_extra" in plan
        assert "  client  nothing" in plan
        assert "  db      live update" in plan
        folder.composer("up", "-d").ok()

        assert ask("select pg_backend_pid();") == backend
        client.stdin.close()

    now = folder.containers()[db]
    host = now["HostConfig"]
    assert (now["Id"], now["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    assert (host["Memory"], host["MemorySwap"]) == (2**29, 2**30)
    assert (host["NanoCpus"], host["PidsLimit"]) == (500_000_000, 300)
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert set(now["NetworkSettings"]["Networks"]) == {
        f"{folder.name}_default",
        f"{folder.name}_extra",
    }
    assert folder.composer("plan", "--exit-code").ok().code == 0
    assert "nothing to do" in folder.composer("plan").ok().out


def test_what_was_changed_is_set_back(folder: Folder) -> None:
    """The hash in the container's label never changed."""
    web = f"{folder.name}-web-1"
    text = (
        "services:\n  web:\n    image: busybox\n    command: sleep infinity\n"
        "    stop_grace_period: 0s\n    networks:\n      default:\n        aliases: [%s]\n"
        "    pids_limit: %d\n"
    )
    folder.write("compose.yaml", text % ("one", 50))
    folder.composer("up", "-d").ok()
    before = folder.containers()[web]
    for name, limit in (("two", 60), ("one", 50)):
        folder.write("compose.yaml", text % (name, limit))
        folder.composer("up", "-d").ok()
        now = folder.containers()[web]
        network = now["NetworkSettings"]["Networks"][f"{folder.name}_default"]
        assert {name, "web", web} <= set(network["Aliases"])
        assert len({"one", "two"} & set(network["Aliases"])) == 1
        assert now["HostConfig"]["PidsLimit"] == limit
        assert folder.composer("plan", "--exit-code").ok().code == 0

    assert (now["Id"], now["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])


def test_a_network_that_a_stranger_connected_stays_and_one_of_ours_goes(folder: Folder) -> None:
    text = (
        "services:\n  web:\n    image: busybox\n    command: sleep infinity\n"
        "    stop_grace_period: 0s\n    networks: [%s]\nnetworks:\n  front:\n  back:\n"
    )
    stranger = f"{folder.name}-stranger"
    docker("network", "create", stranger)
    try:
        folder.write("compose.yaml", text % "front, back")
        folder.composer("up", "-d").ok()
        docker("network", "connect", stranger, f"{folder.name}-web-1")
        assert folder.composer("plan", "--exit-code").ok().code == 0
        folder.write("compose.yaml", text % "front")
        folder.composer("up", "-d").ok()

        (web,) = folder.containers().values()
        assert set(web["NetworkSettings"]["Networks"]) == {f"{folder.name}_front", stranger}
        assert folder.composer("plan", "--exit-code").ok().code == 0
    finally:
        folder.composer("down").ok()
        docker("network", "rm", stranger)


def test_an_update_that_the_engine_refuses_changes_nothing_and_says_why(folder: Folder) -> None:
    text = "services:\n  web:\n    image: busybox\n    command: sleep infinity\n    %s\n"
    folder.write("compose.yaml", text % "pids_limit: 50")
    folder.composer("up", "-d").ok()
    before = folder.containers()
    folder.write("compose.yaml", text % "pids_limit: 60\n    mem_limit: 1m")

    up = folder.composer("up", "-d")

    assert up.code != 0
    assert "minimum memory limit allowed is 6MB" in up.err
    assert "Traceback" not in up.err
    web = f"{folder.name}-web-1"
    assert folder.containers()[web]["HostConfig"] == before[web]["HostConfig"]


def test_a_container_that_ends_again_and_again_gets_its_memory(folder: Folder) -> None:
    """It may end while it is changed, which the engine takes for a failure."""
    text = (
        "services:\n  web:\n    image: busybox\n    command: sh -c 'sleep 0.02; exit 1'\n"
        "    restart: always\n    stop_grace_period: 0s\n    mem_limit: %dm\n"
    )
    web = f"{folder.name}-web-1"
    folder.write("compose.yaml", text % 32)
    folder.composer("up", "-d").ok()
    before = folder.ids()
    for limit in (48, 64, 96):
        folder.write("compose.yaml", text % limit)
        folder.composer("up", "-d").ok()
        assert folder.containers()[web]["HostConfig"]["Memory"] == limit * 2**20
    assert folder.ids() == before


def test_what_never_reaches_a_container_is_nothing_to_do(folder: Folder) -> None:
    text = "services:\n  web:\n    image: busybox\n    command: sleep infinity\n    %s\n"
    folder.write("compose.yaml", text % "attach: true")
    folder.composer("up", "-d").ok()
    folder.write(
        "compose.yaml",
        text % "attach: false\n    deploy: {labels: {a: b}, placement: {constraints: [a == b]}}\n"
        "    develop: {watch: [{path: ., target: /x, action: sync}]}\n"
        "    post_start: [{command: [/no/such/thing]}]\n"
        "    pre_stop: [{command: ['true']}]",
    )
    assert folder.composer("plan", "--exit-code").ok().code == 0
