"""What becomes of containers when the content of their configs and secrets changes."""

from __future__ import annotations

import json
import os

import pytest

from support.cli import Folder, docker, eventually, fetch, free_port, run
from support.peer import docker_compose

pytestmark = pytest.mark.docker

NGINX = """\
services:
  web:
    image: nginx:alpine
    stop_grace_period: 1s
    ports: ["127.0.0.1:%d:80"]
    %s
    configs:
      - source: site
        target: /etc/nginx/conf.d/default.conf
configs:
  site: {file: ./site.conf}
"""
SITE = "server { listen 80; location / { return 200 '%s'; } }\n"
HUP = "x-composer: {reload: SIGHUP}"


def site(folder: Folder, text: str) -> None:
    """Write the config as an editor does: another file under the same name."""
    folder.write("site.new", SITE % text)
    os.replace(folder.path / "site.new", folder.path / "site.conf")


def page(port: int) -> str:
    return fetch(f"http://127.0.0.1:{port}/")


def nothing_to_do(folder: Folder) -> None:
    assert folder.composer("plan", "--exit-code").ok()
    before = started(folder)
    folder.composer("up", "-d").ok()
    assert started(folder) == before


def started(folder: Folder) -> dict[str, tuple[str, str]]:
    found = folder.containers().items()
    return {name: (one["Id"], one["State"]["StartedAt"]) for name, one in found}


def inside(container: str, *command: str) -> str:
    return docker("exec", container, *command)


def test_a_changed_config_replaces_its_service_once(folder: Folder) -> None:
    port = free_port()
    folder.write("compose.yaml", NGINX % (port, "restart: 'no'"))
    site(folder, "one")
    folder.composer("up", "-d").ok()
    eventually(lambda: page(port) == "one")
    before = folder.ids()

    site(folder, "two")
    plan = folder.composer("plan").ok().out
    folder.composer("up", "-d").ok()

    assert folder.ids().keys() == before.keys()
    assert folder.ids() != before
    eventually(lambda: page(port) == "two")
    nothing_to_do(folder)
    assert "the content of config 'site' changed" in plan
    assert "compose.yaml:11:16" in plan


def test_with_a_signal_the_same_container_serves_the_new_page(folder: Folder) -> None:
    port = free_port()
    folder.write("compose.yaml", NGINX % (port, HUP))
    site(folder, "one")
    folder.composer("up", "-d").ok()
    eventually(lambda: page(port) == "one")
    before = folder.containers()

    for text in ("two", "three"):
        site(folder, text)
        plan = folder.composer("plan").ok().out
        folder.composer("up", "-d").ok()

        eventually(lambda text=text: page(port) == text)
        (name,) = folder.ids()
        now = folder.containers()[name]
        assert now["Id"] == before[name]["Id"]
        assert now["State"]["StartedAt"] == before[name]["State"]["StartedAt"]
        assert f"reload {name}" in plan
        nothing_to_do(folder)
    docker("restart", "-t", "0", name)
    eventually(lambda: page(port) == "three")
    nothing_to_do(folder)


def test_a_signal_named_later_is_of_use_from_the_next_container_on(folder: Folder) -> None:
    """What is mounted cannot be written anew: an editor has put another file there."""
    port = free_port()
    folder.write("compose.yaml", NGINX % (port, "restart: 'no'"))
    site(folder, "one")
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", NGINX % (port, HUP))
    nothing_to_do(folder)

    site(folder, "two")
    folder.composer("up", "-d").ok()
    eventually(lambda: page(port) == "two")
    replaced = folder.ids()
    site(folder, "three")
    folder.composer("up", "-d").ok()
    eventually(lambda: page(port) == "three")
    assert folder.ids() == replaced


def test_a_config_that_breaks_its_service_brings_the_old_one_back(folder: Folder) -> None:
    """With a mode it is written into the container, and so the old one has the old content."""
    port = free_port()
    more = "healthcheck: {test: [CMD, 'true'], interval: 300ms}"
    text = (NGINX % (port, more)).replace("default.conf", "default.conf\n        mode: 0644")
    folder.write("compose.yaml", text)
    site(folder, "one")
    folder.composer("up", "-d").ok()
    eventually(lambda: page(port) == "one")
    before = folder.ids()
    folder.write("site.conf", "serve { nonsense")

    up = folder.composer("up", "-d")

    assert folder.ids() == before
    eventually(lambda: page(port) == "one")
    assert up.code == 1
    assert "unknown directive" in up.err
    assert "runs as before" in up.err


SECRETS = """\
services:
  app:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
    user: "1000:1000"
    %s
    secrets:
      - {source: file, uid: "1000", gid: "1000", mode: 0400}
      - {source: variable, target: /etc/variable, uid: "1000", mode: 0440}
      - {source: file, target: /plain}
    configs:
      - short
      - {source: short, target: deep/inside, gid: "1000", mode: 0640}
secrets:
  file: {file: ./key.txt}
  variable: {environment: KEY}
configs:
  short: {content: hello}
"""
EXPECTED = {
    "/run/secrets/file": ("1000:1000 400", "from-a-file"),
    "/etc/variable": ("1000:0 440", "from-a-variable"),
    "/plain": ("0:0 644", "from-a-file"),
    "/short": ("0:0 444", "hello"),
    "/deep/inside": ("0:1000 640", "hello"),
}


@pytest.mark.parametrize(
    "more",
    ["read_only: false", "read_only: true", "{read_only: true, tmpfs: [/run, /tmp]}"],
    ids=["writable", "read-only", "read-only with tmpfs"],
)
def test_owner_and_mode_are_applied_and_nobody_sees_the_content(folder: Folder, more: str) -> None:
    attributes = more.strip("{}").replace("true, ", "true\n    ")
    folder.environment["KEY"] = "from-a-variable"
    folder.write("compose.yaml", SECRETS % attributes)
    folder.write("key.txt", "from-a-file").chmod(0o644)
    up = folder.composer("--verbose", "up", "-d").ok()
    (name,) = folder.running()

    def seen() -> dict[str, tuple[str, str]]:
        return {
            path: (
                inside(name, "stat", "-c", "%u:%g %a", path).strip(),
                docker("exec", "-u", "0", name, "cat", path),
            )
            for path in EXPECTED
        }

    assert seen() == EXPECTED
    docker("restart", "-t", "0", name)
    assert seen() == EXPECTED
    told = json.dumps(folder.containers()) + up.out + up.err
    told += docker("volume", "inspect", *folder.volumes()) if folder.volumes() else ""
    assert "from-a-" not in told
    nothing_to_do(folder)
    folder.composer("down").ok()
    assert not folder.containers()
    assert not folder.volumes()


@pytest.mark.parametrize("more", ["read_only: false", "read_only: true"])
def test_a_rotated_secret_is_there_after_up_and_the_old_one_is_gone(
    folder: Folder, more: str
) -> None:
    folder.write("compose.yaml", SECRETS % more)
    folder.write("key.txt", "from-a-file")
    folder.environment["KEY"] = "first"
    folder.composer("up", "-d").ok()
    before = folder.ids()
    folder.environment["KEY"] = "second"

    plan = folder.composer("plan", "--json").ok()
    up = folder.composer("up", "-d").ok()

    (name,) = folder.running()
    assert inside(name, "cat", "/etc/variable") == "second"
    assert folder.ids() != before
    assert len(folder.volumes()) == (more == "read_only: true")
    said = plan.out + plan.err + up.out + up.err + json.dumps(folder.containers())
    assert "first" not in said
    assert "second" not in said
    assert "the content of secret 'variable' changed" in plan.out


def test_what_docker_compose_made_is_adopted_in_both_directions(folder: Folder) -> None:
    """A user by number is more than Docker Compose can write files for."""
    folder.write("compose.yaml", (SECRETS % "restart: 'no'").replace('user: "1000:1000"', ""))
    folder.write("key.txt", "from-a-file")
    folder.environment["KEY"] = "from-a-variable"

    def compose() -> None:
        peer = (docker_compose(), "up", "-d")
        run(*peer, cwd=folder.path, env=folder.environment).ok()

    compose()
    made = folder.ids()
    nothing_to_do(folder)
    folder.write("key.txt", "another")
    folder.composer("up", "-d").ok()
    assert folder.ids() == made

    folder.composer("up", "-d", "--force-recreate").ok()
    ours = folder.ids()
    assert ours != made
    compose()
    assert folder.ids() == ours


def test_an_up_cut_off_in_the_middle_of_keeping_files_goes_on(folder: Folder) -> None:
    folder.write("compose.yaml", SECRETS % "read_only: true")
    folder.write("key.txt", "from-a-file").chmod(0o644)
    folder.environment["KEY"] = "from-a-variable"
    folder.kill_at("Creating", "up", "-d")
    folder.composer("up", "-d").ok()
    (name,) = folder.running()
    assert inside(name, "cat", "/short") == "hello"
    nothing_to_do(folder)
    folder.composer("down").ok()
    assert not folder.volumes()


def test_an_env_file_counts_as_in_docker_compose(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        "services:\n  app:\n    image: busybox\n    command: sleep infinity\n"
        "    stop_grace_period: 0s\n    env_file: app.env\n",
    )
    folder.write("app.env", "COLOUR=red\n")
    folder.composer("up", "-d").ok()
    before = folder.ids()
    folder.write("app.env", "COLOUR=blue\n")
    plan = folder.composer("plan").ok().out
    folder.composer("up", "-d").ok()
    assert folder.ids() != before
    assert "environment.COLOUR: 'red' → 'blue'" in plan
    (name,) = folder.running()
    assert "COLOUR=blue" in folder.containers()[name]["Config"]["Env"]
