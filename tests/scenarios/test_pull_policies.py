"""When images are pulled again, as the file says, and as flags say, from a registry that moves."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.held_registry import described, layer, saved
from support.registries import log_in, real_registry, upload

pytestmark = pytest.mark.docker

POLICIES = (
    *("always", "refresh", "missing", "if_not_present", "never"),
    *("daily", "weekly", "every_12h", "every_1s"),
)


class Editions:
    """A registry with an image for each policy, of which there are newer and newer editions."""

    def __init__(self, folder: Folder, registry: str) -> None:
        self.folder = folder
        self.registry = registry
        self.digests: list[dict[str, str]] = []

    def publish(self, *names: str) -> None:
        made = {}
        for name in names:
            config, layers = saved("busybox:latest", layer(os.urandom(1000)))
            manifest = described(config, layers)
            blobs = [config, *layers]
            made[name] = upload(self.registry, name, "1", manifest, blobs)
        self.digests.append(made)

    def image(self, name: str) -> str:
        return f"{self.registry}/{name}:1"

    def edition(self, name: str) -> int | None:
        """Return which edition of an image the engine has, counted from 0."""
        asked = run("docker", "image", "inspect", "-f", "{{json .RepoDigests}}", self.image(name))
        digests = (
            {one.partition("@")[2] for one in json.loads(asked.out)} if asked.code == 0 else ()
        )
        return next((n for n, made in enumerate(self.digests) if made.get(name) in digests), None)

    def editions(self, *names: str) -> dict[str, int | None]:
        return {name: self.edition(name) for name in names}

    def forget(self) -> None:
        form = "{{.Repository}}:{{.Tag}} {{.ID}}"
        for line in docker("images", "--format", form, f"{self.registry}/*").splitlines():
            name, id = line.split()
            run("docker", "rmi", "-f", id if name.endswith("<none>") else name)


@pytest.fixture
def editions(folder: Folder, tmp_path: Path) -> Iterator[Editions]:
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage", closed=True) as registry:
        folder.environment["DOCKER_CONFIG"] = str(tmp_path / "me")
        log_in(tmp_path / "me", registry)
        editions = Editions(folder, registry)
        yield editions
        folder.remove()
        editions.forget()


def test_the_policy_in_the_file_says_when_an_image_is_pulled_again(editions: Editions) -> None:
    folder = editions.folder
    services = (
        f"  {name}: {{image: '{editions.image(name)}', pull_policy: {name}, command: 'true'}}\n"
        for name in POLICIES
    )
    made = f"  built: {{build: ., image: '{editions.image('built')}', pull_policy: build}}\n"
    folder.write("Dockerfile", f"FROM busybox\nRUN echo {folder.name} > /made\n")
    folder.write("compose.yaml", f"services:\n{''.join(services)}{made}")
    editions.publish(*POLICIES, "built")

    refused = folder.composer("up", "-d")
    assert set(editions.editions(*POLICIES).values()) == {None}
    assert "pull_policy is 'never'" in refused.err
    docker("--config", folder.environment["DOCKER_CONFIG"], "pull", editions.image("never"))

    folder.composer("up", "-d").ok()
    assert set(editions.editions(*POLICIES).values()) == {0}
    assert editions.edition("built") is None  # it comes from no registry
    assert docker("run", "--rm", editions.image("built"), "cat", "/made") == f"{folder.name}\n"

    editions.publish(*POLICIES)
    folder.composer("up", "-d").ok()
    renewed = {name for name, edition in editions.editions(*POLICIES).items() if edition == 1}
    assert renewed == {"always", "refresh", "every_1s"}  # the others came just now


def pulled(editions: Editions, *arguments: str) -> list[str]:
    """Return what the engine has pulled while a command ran, by name, as often as it was pulled.

    Its events are heard as they come: of those that are over an engine keeps few.
    """
    end = f"{editions.registry}/end:1"
    form = "{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}}"
    hear = ("docker", "events", "--since", str(time.time()), "--filter", "type=image")
    with subprocess.Popen((*hear, "--format", form), stdout=subprocess.PIPE, text=True) as events:
        assert events.stdout is not None
        said = editions.folder.composer(*arguments).ok()
        docker("tag", "busybox:latest", end)
        docker("rmi", end)
        heard = []
        for line in events.stdout:
            if end in line:
                break
            heard.append(line.split())
        events.terminate()
    assert (said.err == "") is ("-q" in arguments)
    prefix = f"{editions.registry}/"
    refs = (ref for action, ref, _ in heard if action == "pull" and ref.startswith(prefix))
    return sorted(ref.removeprefix(prefix)[:-2] for ref in refs)


def test_flags_say_what_is_pulled_and_each_image_is_pulled_once(editions: Editions) -> None:
    image = editions.image
    many = (f"  many{n}: {{image: '{image('many')}', profiles: [all]}}\n" for n in range(10))
    editions.folder.write("Dockerfile", "FROM busybox\n")
    editions.folder.write(
        "compose.yaml",
        f"""
services:
  web: {{image: '{image("web")}', depends_on: [db]}}
  db: {{image: '{image("db")}'}}
  kept: {{image: '{image("kept")}', pull_policy: never}}
  made: {{image: '{image("made")}', build: .}}
{"".join(many)}
""",
    )
    editions.publish("web", "db", "kept", "made", "many")

    assert pulled(editions, "pull", "-q", "web") == ["web"]
    assert pulled(editions, "pull", "--include-deps", "web") == ["db", "web"]
    assert pulled(editions, "pull", "--ignore-buildable") == ["db", "web"]
    assert editions.edition("made") is None
    assert pulled(editions, "pull") == ["db", "made", "web"]
    assert pulled(editions, "pull", "--policy", "missing") == ["kept"]
    assert pulled(editions, "pull", "--policy", "always", "kept") == ["kept"]
    assert pulled(editions, "--profile", "all", "up", "-d", "--no-build", "--scale", "made=0") == [
        "many"
    ]
    assert len(editions.folder.containers()) == 13
