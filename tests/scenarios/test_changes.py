"""Files that change under a running project, in ways that have gone wrong before."""

from __future__ import annotations

import re

import pytest

from support.cli import Folder, docker, eventually, free_port

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"


def one(folder: Folder, service: str) -> str:
    return f"{folder.name}-{service}-1"


def test_a_guest_moves_to_the_namespace_of_the_new_owner(folder: Folder) -> None:
    text = (
        f"services:\n  owner:\n    {SLEEP}\n    environment: {{V: '%s'}}\n"
        f"  guest:\n    {SLEEP}\n    network_mode: service:owner\n"
    )
    folder.write("compose.yaml", text % 1)
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", text % 2)
    folder.composer("up", "-d", "owner").ok()
    folder.composer("up", "-d").ok()

    found = folder.containers()
    mode = found[one(folder, "guest")]["HostConfig"]["NetworkMode"]
    assert mode == f"container:{found[one(folder, 'owner')]['Id']}"
    assert folder.composer("plan", "--exit-code").ok().code == 0


def test_two_services_exchange_their_ports(folder: Folder) -> None:
    first, second = free_port(), free_port()
    text = (
        f"services:\n  a:\n    {SLEEP}\n    ports: ['%d:1']\n"
        f"  b:\n    {SLEEP}\n    ports: ['%d:1']\n"
    )
    folder.write("compose.yaml", text % (first, second))
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", text % (second, first))
    folder.composer("up", "-d").ok()

    ports = folder.containers()[one(folder, "a")]["NetworkSettings"]["Ports"]["1/tcp"]
    assert {port["HostPort"] for port in ports} == {str(second)}


def test_a_renamed_service_takes_over_the_port_of_the_orphan(folder: Folder) -> None:
    port = free_port()
    text = f"services:\n  %s:\n    {SLEEP}\n    ports: ['{port}:1']\n"
    folder.write("compose.yaml", text % "old")
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", text % "new")
    folder.composer("up", "-d", "--remove-orphans").ok()
    assert folder.running() == [one(folder, "new")]


def test_down_leaves_a_network_that_a_stranger_uses_and_says_so(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n    volumes: [data:/data]\nvolumes:\n  data:\n",
    )
    folder.composer("up", "-d").ok()
    network = f"{folder.name}_default"
    stranger = f"{folder.name}-stranger"
    docker("run", "-d", "--name", stranger, "--network", network, "busybox", "sleep", "600")
    try:
        down = folder.composer("down", "-v").ok()
        assert network in down.err
        assert folder.networks() == [network]
        assert folder.volumes() == []
        assert folder.containers() == {}
    finally:
        docker("rm", "-f", stranger)


def test_an_image_that_is_missing_is_pulled(folder: Folder) -> None:
    folder.write("compose.yaml", "services:\n  cache:\n    image: redis:alpine\n")
    if docker("images", "-q", "redis:alpine"):
        docker("rmi", "-f", "redis:alpine")

    assert "pull image redis:alpine" in folder.composer("plan").ok().out
    folder.composer("up", "-d").ok()
    assert folder.running() == [one(folder, "cache")]


def test_renewing_the_volumes_of_one_service_spares_its_dependency(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n    volumes: [/cache]\n    depends_on: [db]\n"
        f"  db:\n    {SLEEP}\n    volumes: [/data]\n",
    )
    folder.composer("up", "-d").ok()
    for service, path in (("web", "/cache"), ("db", "/data")):
        folder.composer("exec", "-T", service, "touch", f"{path}/file").ok()
    folder.composer("up", "-d", "-V", "web").ok()

    assert folder.composer("exec", "-T", "web", "ls", "/cache").ok().out == ""
    assert folder.composer("exec", "-T", "db", "ls", "/data").ok().out == "file\n"


def test_an_anonymous_volume_that_becomes_a_tmpfs_gives_way(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    volumes: [/cache]\n")
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    tmpfs: /cache\n")
    folder.composer("up", "-d").ok()
    assert (
        "tmpfs" in folder.composer("exec", "-T", "web", "mount").ok().out.split("/cache")[0][-20:]
    )


def test_a_network_and_a_volume_of_one_name_are_kept_apart(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n    networks: [data]\n    volumes: [data:/data]\n"
        "networks:\n  data:\nvolumes:\n  data:\n",
    )
    folder.composer("up", "-d").ok()
    assert folder.networks() == folder.volumes() == [f"{folder.name}_data"]
    assert folder.composer("plan", "--exit-code").ok().code == 0


def test_a_replaced_container_bears_the_names_of_its_predecessor(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")
    folder.composer("up", "-d").ok()
    folder.composer("up", "-d", "--force-recreate").ok()
    container = folder.containers()[one(folder, "web")]
    aliases = container["NetworkSettings"]["Networks"][f"{folder.name}_default"]["Aliases"]
    assert set(aliases) == {one(folder, "web"), "web", container["Id"][:12]}


def test_what_the_engine_is_too_old_for_is_refused_before_anything_is_made(
    folder: Folder,
) -> None:
    if tuple(map(int, docker("version", "-f", "{{.Server.APIVersion}}").split("."))) >= (1, 43):
        folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    annotations: {{a: b}}\n")
        folder.composer("up", "-d").ok()
        return
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    annotations: {{a: b}}\n")
    for command in (["plan"], ["up", "-d"]):
        ran = folder.composer(*command)
        assert ran.code == 1
        assert "compose.yaml:6:5" in ran.err
        assert "needs an engine with API 1.43" in ran.err
    assert (folder.containers(), folder.networks()) == ({}, [])


def test_a_paused_container_is_told_of_with_the_way_out(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")
    folder.composer("up", "-d").ok()
    docker("pause", one(folder, "web"))
    ran = folder.composer("up", "-d")
    assert ran.code == 1
    assert "composer unpause web" in ran.err


def test_logs_that_cannot_be_read_do_not_hide_the_others(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        "services:\n"
        "  silent:\n    image: busybox\n    command: echo lost\n    logging: {driver: none}\n"
        "  web:\n    image: busybox\n    command: echo heard\n",
    )
    folder.composer("up", "-d").ok()
    eventually(lambda: "heard" in folder.composer("logs", "--no-log-prefix").ok().out)
    assert one(folder, "silent") in folder.composer("logs").ok().err


def test_down_leaves_what_a_profile_switches_off(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n  debug:\n    {SLEEP}\n    profiles: [tools]\n",
    )
    folder.composer("--profile", "tools", "up", "-d").ok()
    folder.composer("down").ok()
    assert folder.running() == [one(folder, "debug")]
    folder.composer("--profile", "tools", "down").ok()
    assert folder.containers() == {}


def test_an_engine_is_not_asked_what_it_is_for_usual_containers(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")
    folder.composer("up", "-d").ok()

    usual = folder.composer("--debug", "up", "-d").ok().err
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n    mem_limit: 64m\n")
    limited = folder.composer("--debug", "up", "-d").ok().err

    assert [text.count("/info") for text in (usual, limited)] == [0, 1]
    assert re.search(r"/containers/[0-9a-f]{64}/json", usual)
