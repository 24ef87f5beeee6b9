"""What the docker program asks of its plugin, asked of a process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from support.spellings import install


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    return install(tmp_path / "cli-plugins" / "docker-compose")


def asked(plugin: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((plugin, *argv), capture_output=True, text=True, check=False)


def test_it_describes_itself_in_dockers_words(plugin: Path) -> None:
    done = asked(plugin, "docker-cli-plugin-metadata")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "SchemaVersion": "0.1.0",
        "Vendor": "composer",
        "Version": "v2.40.3+composer",
        "ShortDescription": "Docker Compose",
    }


def test_asked_for_a_hint_it_has_none(plugin: Path) -> None:
    done = asked(plugin, "compose", "docker-cli-plugin-hooks", '{"RootCmd": "compose up"}')

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("abstract", [True, False])
def test_a_docker_that_is_told_to_end_takes_its_plugin_along(
    plugin: Path, tmp_path: Path, abstract: bool
) -> None:
    name = f"docker_cli_{os.urandom(16).hex()}" if abstract else str(tmp_path / "cancel.sock")
    with socket.socket(socket.AF_UNIX) as docker, socket.socket(socket.AF_UNIX) as engine:
        docker.bind(f"\0{name}" if abstract else name)
        docker.listen()
        engine.bind(str(tmp_path / "engine.sock"))
        engine.listen()
        with subprocess.Popen(
            (plugin, "compose", "-p", "x", "ps"),
            env={
                **os.environ,
                "DOCKER_HOST": f"unix://{tmp_path}/engine.sock",
                "DOCKER_CLI_PLUGIN_SOCKET": f"@{name}" if abstract else name,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            from_docker, _ = docker.accept()
            from_engine, _ = engine.accept()
            assert from_engine.recv(1) == b"G"  # it has asked, and waits for an answer
            from_docker.close()

            assert process.wait(30) == 130
            from_engine.close()
            assert process.stdout is not None
            assert process.stderr is not None
            assert (process.stdout.read(), process.stderr.read()) == (b"", b"")


def test_a_socket_of_docker_that_is_gone_disturbs_nobody(plugin: Path) -> None:
    environment = {**os.environ, "DOCKER_CLI_PLUGIN_SOCKET": "/nowhere/docker.sock"}
    done = subprocess.run(
        (plugin, "compose", "version", "--short"),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "2.40.3\n", "")
