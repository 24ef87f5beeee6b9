"""What a file may ask of an engine besides containers: its socket, Windows, a swarm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.cli import Folder, docker, run

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"
AUTH = "bWU6c2VjcmV0"
SOCKET = f"""
services:
  web:
    {SLEEP}
    use_api_socket: true
  own:
    {SLEEP}
    use_api_socket: true
    environment: {{DOCKER_CONFIG: /mine}}
  other:
    {SLEEP}
"""


def compose(folder: Folder, *arguments: str) -> None:
    ran = run("docker", "compose", *arguments, cwd=folder.path, env=folder.environment)
    assert ran.code == 0, ran.err


def shown(folder: Folder, service: str) -> dict[str, Any]:
    """Return of a container what `use_api_socket` may touch."""
    name = f"{folder.name}-{service}-1"
    one = folder.containers()[name]
    file = run("docker", "exec", name, "cat", "/run/secrets/docker/config.json")
    mode = run("docker", "exec", name, "stat", "-c", "%a %u %g", "/run/secrets/docker/config.json")
    labels = one["Config"]["Labels"]
    return {
        "environment": sorted(one["Config"]["Env"]),
        "binds": one["HostConfig"]["Binds"],
        "mounts": one["HostConfig"].get("Mounts"),
        "hash": labels["com.docker.compose.config-hash"],
        "file": file.out,
        "mode": mode.out,
    }


def log_in(folder: Folder) -> None:
    """Let the user be logged in at a registry, in a configuration of the test's own."""
    plugins = json.loads(docker("info", "-f", "{{json .ClientInfo.Plugins}}"))
    directories = sorted({plugin["Path"].rpartition("/")[0] for plugin in plugins})
    settings = {"auths": {"r.example": {"auth": AUTH}}, "cliPluginsExtraDirs": directories}
    (folder.path / "docker").mkdir()
    folder.write("docker/config.json", json.dumps(settings))
    folder.environment["DOCKER_CONFIG"] = str(folder.path / "docker")


def test_the_socket_and_the_credentials_are_as_docker_compose_gives_them(folder: Folder) -> None:
    log_in(folder)
    folder.write("compose.yaml", SOCKET)
    services = ("web", "own", "other")
    compose(folder, "up", "-d")
    theirs = {service: shown(folder, service) for service in services}
    assert folder.composer("plan", "--exit-code").ok().code == 0

    folder.composer("down").ok()
    folder.composer("up", "-d").ok()
    assert {service: shown(folder, service) for service in services} == theirs
    assert json.loads(theirs["web"]["file"]) == {"auths": {"r.example": {"auth": AUTH}}}
    assert theirs["other"]["file"] == ""

    before = folder.ids()
    compose(folder, "up", "-d")
    assert folder.ids() == before


def test_a_container_with_the_socket_talks_to_the_engine(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        "services:\n  web:\n    image: python:3.12-slim\n    use_api_socket: true\n"
        "    command: sleep infinity\n    stop_grace_period: 0s\n",
    )
    folder.composer("up", "-d").ok()
    script = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/var/run/docker.sock');"
        "s.send(b'GET /_ping HTTP/1.0\\r\\n\\r\\n'); print(s.recv(99).split()[1].decode())"
    )
    assert docker("exec", f"{folder.name}-web-1", "python3", "-c", script) == "200\n"


def test_a_file_with_a_credential_spec_comes_up_and_says_that_it_has_no_effect(
    folder: Folder,
) -> None:
    folder.write(
        "compose.yaml", f"services:\n  web:\n    {SLEEP}\n    credential_spec: {{file: a.json}}\n"
    )
    compose(folder, "up", "-d")
    before = folder.ids()
    ran = folder.composer("up", "-d").ok()
    assert folder.ids() == before
    assert "credential_spec of service 'web' has no effect" in ran.err
    assert "compose.yaml:6:5" in ran.err


@pytest.mark.parametrize(
    ("attributes", "place", "message"),
    [
        (
            "    volumes:\n      - {type: npipe, source: /a, target: /b}\n",
            "compose.yaml:7:16",
            "a pipe of Windows",
        ),
        (
            "    volumes:\n      - {type: cluster, source: a, target: /b}\n",
            "compose.yaml:6:5",
            "volumes of a swarm, as at /b, needs an engine with API 1.42",
        ),
        ("    configs: [c]\nconfigs:\n  c: {external: true}\n", "compose.yaml:8:3", "is external"),
        (
            "    secrets: [s]\nsecrets:\n  s: {driver: a}\n",
            "compose.yaml:8:3",
            "has a driver",
        ),
        (
            "    configs: [c]\nconfigs:\n  c: {content: a, template_driver: b}\n",
            "compose.yaml:8:3",
            "has a template_driver",
        ),
    ],
)
def test_what_only_windows_or_a_swarm_has_is_refused_at_its_line_before_anything_is_made(
    folder: Folder, attributes: str, place: str, message: str
) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n{attributes}")
    ran = folder.composer("up", "-d")
    assert folder.containers() == {}
    assert folder.networks() == []
    assert ran.code == 1
    assert message in ran.err
    assert place in ran.err
