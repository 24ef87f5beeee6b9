"""What would fail half way is told at once, and nothing is touched."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.cli import Folder, docker, free_port
from support.registries import real_registry

pytestmark = pytest.mark.docker


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Folder]:
    """Another project, which has something already."""
    other = Folder(tmp_path / "other")
    yield other
    other.remove()


@contextmanager
def listening(address: str = "0.0.0.0") -> Iterator[int]:
    """Listen in this process; the port."""
    with socket.create_server((address, free_port())) as plug:
        yield plug.getsockname()[1]


def refused(folder: Folder) -> str:
    """Return what `up` and `plan` both say; the engine has nothing of the project."""
    up, plan = folder.composer("up", "-d"), folder.composer("plan")
    assert (up.code, plan.code) == (1, 1), up.err
    assert "Traceback" not in up.err
    assert up.err == plan.err
    assert (folder.containers(), folder.networks(), folder.volumes()) == ({}, [], [])
    return up.err


def web(*lines: str) -> str:
    text = ["services:", "  web:", "    image: busybox", "    command: sleep infinity"]
    return "\n".join((*text, *lines, ""))


def test_a_port_of_another_project_is_told_with_its_container(
    folder: Folder, other: Folder
) -> None:
    port = free_port()
    other.write("compose.yaml", web(f"    ports: ['127.0.0.1:{port}:80']"))
    other.composer("up", "-d").ok()
    folder.write("compose.yaml", web(f"    ports: ['{port}:80']"))
    said = refused(folder)
    assert f"port {port} is taken by container {other.name}-web-1 of project {other.name}" in said
    assert "compose.yaml:5:13" in said
    assert said.count("error:") == 1
    other.composer("down", "-t", "0").ok()
    folder.composer("up", "-d").ok()
    assert folder.running() == [f"{folder.name}-web-1"]


def test_a_port_of_a_process_is_told_with_its_name_and_number(folder: Folder) -> None:
    with listening() as port:
        folder.write("compose.yaml", web(f"    ports: ['{port}:80']"))
        assert f"port {port} is taken by process " in refused(folder)
        assert f"(pid {os.getpid()})" in refused(folder)
        folder.write("compose.yaml", web(f"    ports: ['{port}:80/udp']"))
        folder.composer("up", "-d").ok()


def test_a_port_may_be_had_at_another_address(folder: Folder) -> None:
    with listening("127.0.0.1") as port:
        folder.write("compose.yaml", web(f"    ports: ['127.0.0.2:{port}:80']"))
        folder.composer("up", "-d").ok()
        assert folder.running() == [f"{folder.name}-web-1"]


def test_a_port_moves_between_services_of_a_project(folder: Folder) -> None:
    port = free_port()
    folder.write("compose.yaml", web(f"    ports: ['{port}:80']"))
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", web(f"    ports: ['{port}:81']").replace("  web:", "  front:"))
    assert f"port {port} is taken by container {folder.name}-web-1 of this project" in (
        folder.composer("up", "-d").err
    )
    folder.composer("up", "-d", "--remove-orphans").ok()
    assert folder.running() == [f"{folder.name}-front-1"]
    folder.composer("up", "-d", "--force-recreate").ok()


def test_a_subnet_of_another_project_is_told_with_its_network(
    folder: Folder, other: Folder
) -> None:
    other.write("compose.yaml", web("networks:", "  default:", "    internal: true"))
    other.composer("up", "-d").ok()
    [name] = other.networks()
    subnet = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", name).strip()
    folder.write(
        "compose.yaml",
        web("networks:", "  default:", f"    ipam: {{config: [{{subnet: {subnet}}}]}}"),
    )
    said = refused(folder)
    assert f"subnet {subnet} overlaps {subnet} of network {name} of project {other.name}" in said
    assert "compose.yaml:7:30" in said


def test_addresses_that_cannot_be_had_are_told_in_the_file(folder: Folder) -> None:
    net = f"10.217.{int(folder.name[-2:], 16)}"
    sleeps = "image: busybox, command: sleep infinity, stop_grace_period: 0s"
    network = f"networks: {{default: {{ipam: {{config: [{{subnet: {net}.0/28}}]}}}}}}\n"

    def text(**addresses: str) -> str:
        lines = (
            f"  {name}: {{{sleeps}, networks: {{default: {{ipv4_address: {address}}}}}}}\n"
            for name, address in addresses.items()
        )
        return "services:\n" + "".join(lines) + network

    folder.write("compose.yaml", text(a=f"{net}.5", b=f"{net}.5", c=f"{net}.99"))
    said = refused(folder)
    assert f"error: services 'a' and 'b' both want address {net}.5\n  --> compose.yaml:3:" in said
    assert f"error: address {net}.99 is not of network 'default'\n  --> compose.yaml:4:" in said
    assert said.count("error: ") == 2
    folder.write("compose.yaml", text(a=f"{net}.5", b=f"{net}.6"))
    folder.composer("up", "-d").ok()

    guest = f"{folder.name}-guest"
    docker("run", "-d", "--name", guest, "--network", f"{folder.name}_default", "--ip",
           f"{net}.7", "busybox", "sleep", "600")  # fmt: skip
    before = folder.ids()
    try:
        folder.write("compose.yaml", text(a=f"{net}.5", b=f"{net}.7"))
        ran = folder.composer("up", "-d")
        assert (ran.code, folder.ids()) == (1, before)
        assert f"error: address {net}.7 is taken by container {guest}\n" in ran.err
    finally:
        docker("rm", "-f", guest)
    folder.composer("up", "-d").ok()
    assert folder.ids() == before


def test_all_that_stands_in_the_way_is_told_at_once(folder: Folder) -> None:
    with listening() as port:
        folder.write(
            "compose.yaml",
            web(
                f"    ports: ['{port}:80']",
                "    networks: [out]",
                "    secrets: [key]",
                "    volumes:",
                "      - data:/data",
                "      - {type: bind, source: ./src, target: /s, bind: {create_host_path: false}}",
                "  own: {build: ./nowhere}",
                "  far: {image: 'composer-no-such-image', pull_policy: never}",
                "networks: {out: {external: true, name: composer-no-such-network}}",
                "volumes: {data: {external: true, name: composer-no-such-volume}}",
                "secrets: {key: {file: ./key.txt}}",
            ),
        )
        said = refused(folder)
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    beginnings = [
        "error: service 'far' needs image 'composer-no-such-image', which is not on this engine",
        "error: network 'composer-no-such-network' is declared external, but does not exist",
        "error: volume 'composer-no-such-volume' is declared external, but does not exist",
        f"error: port {port} is taken by process ",
        f"error: secret 'key' is the file '{folder.path}/key.txt', which does not exist",
        f"error: service 'web' mounts '{folder.path}/src', which does not exist",
        f"error: service 'own' is built from '{folder.path}/nowhere', which does not exist",
    ]
    assert len(errors) == len(beginnings), said
    for error, beginning in zip(errors, beginnings, strict=True):
        assert error.startswith(beginning)


def test_images_that_cannot_be_pulled_are_told_before_anything_is_made(
    folder: Folder, tmp_path: Path
) -> None:
    with real_registry(tmp_path / "registry") as address:
        host = address.replace("localhost", "127.0.0.1")
        folder.write(
            "compose.yaml",
            web("    volumes: [data:/data]", f"  app: {{image: '{host}/app:1'}}")
            + f"  job: {{image: '{host}/job:2'}}\nvolumes: {{data: {{}}}}\n",
        )
        said = refused(folder)
    for name, image in (("app", "app:1"), ("job", "job:2")):
        assert f"error: service '{name}' cannot have its image: image {host}/{image}" in said


def test_what_the_engine_makes_by_itself_is_not_missed(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        web(
            "    volumes:",
            "      - ./made:/made",
            "      - {type: bind, source: ./long, target: /long}",
        ),
    )
    folder.composer("up", "-d").ok()
    assert (folder.path / "made").is_dir()
    assert (folder.path / "long").is_dir()


def test_a_name_and_a_network_that_strangers_have_are_told_and_nothing_is_touched(
    folder: Folder,
) -> None:
    network = "networks: {default: {labels: {a: '%d'}}}\n"
    folder.write("compose.yaml", web() + network % 1)
    folder.composer("up", "-d").ok()
    before = folder.containers()
    named, guest = (f"{folder.name}-{name}" for name in ("named", "guest"))
    docker("create", "--name", named, "busybox")
    inside = ("--network", f"{folder.name}_default")
    docker("run", "-d", "--name", guest, *inside, "busybox", "sleep", "600")
    try:
        more = f"  more: {{image: busybox, container_name: {named}}}\n"
        folder.write("compose.yaml", web() + more + network % 2)
        ran = folder.composer("up", "-d")
        assert ran.code == 1
        assert f"error: the name '{named}' is taken by a container\n" in ran.err
        assert f"to be made anew, but container {guest} is in it" in ran.err
        assert ran.err.count("error: ") == 2
        assert folder.containers() == before
    finally:
        docker("rm", "-f", named, guest)
    folder.composer("up", "-d").ok()
    assert named in folder.containers()
