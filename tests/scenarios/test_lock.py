"""Images fixed by a lock file, looked at and updated, with a real registry that wants a login."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.held_registry import described, layer, saved
from support.registries import log_in, real_registry, upload

pytestmark = pytest.mark.docker

STAYS = "[sh, -c, \"trap 'exit 0' TERM; while :; do sleep 0.1; done\"]"
LAYER = 200_000


class Shop:
    """A registry with images of busybox and one more layer, which can be made anew."""

    def __init__(self, folder: Folder, registry: str) -> None:
        self.folder = folder
        self.registry = registry

    def publish(self, name: str) -> str:
        """Let the registry have another image of that name, and return its digest."""
        config, layers = saved("busybox:latest", layer(os.urandom(LAYER)))
        manifest = described(config, layers)
        return upload(self.registry, name, "1", manifest, [config, *layers])

    def remove(self) -> None:
        listed = docker("images", "-q", "--no-trunc", f"{self.registry}/*")
        for image in listed.split():
            run("docker", "rmi", "-f", image)


@pytest.fixture
def shop(folder: Folder, tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage", closed=True) as registry:
        folder.environment["DOCKER_CONFIG"] = str(tmp_path / "me")
        log_in(tmp_path / "me", registry)
        shop = Shop(folder, registry)
        services = (f"  {n}: {{image: '{registry}/{n}:1', command: {STAYS}}}\n" for n in "ab")
        folder.write("compose.yaml", f"services:\n{''.join(services)}")
        yield shop
        folder.remove()
        shop.remove()


def images(folder: Folder) -> dict[str, str]:
    return {
        name.removeprefix(f"{folder.name}-"): one["Config"]["Image"]
        for name, one in folder.containers().items()
    }


def test_digests_are_asked_of_the_registry_and_no_engine_is_needed(shop: Shop) -> None:
    a, b = shop.publish("a"), shop.publish("b")
    shop.folder.environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock"

    printed = shop.folder.composer("config", "--lock-image-digests", "--format", "json").ok()
    shop.folder.composer("lock").ok()

    expected = {"a": f"{shop.registry}/a:1@{a}", "b": f"{shop.registry}/b:1@{b}"}
    shown = json.loads(printed.out)["services"]
    assert {name: one["image"] for name, one in shown.items()} == expected
    locked = json.loads((shop.folder.path / "compose.lock").read_text())["images"]
    assert locked == {f"{shop.registry}/{name}:1": digest for name, digest in (("a", a), ("b", b))}


def test_a_locked_project_stays_what_it_is_until_it_is_updated(shop: Shop) -> None:
    folder = shop.folder
    old = {name: shop.publish(name) for name in "ab"}
    folder.composer("lock").ok()
    new = {name: shop.publish(name) for name in "ab"}

    folder.composer("up", "-d", "--locked").ok()
    assert images(folder) == {f"{n}-1": f"{shop.registry}/{n}:1@{old[n]}" for n in "ab"}
    assert folder.composer("plan", "--locked", "--exit-code").code == 0
    ids = folder.ids()

    behind = folder.composer("outdated", "--exit-code", "--format", "json", "a")
    folder.composer("update", "--locked", "a").ok()

    [told] = json.loads(behind.out)
    assert (behind.code, told["Status"]) == (2, "behind")
    assert (told["Here"], told["Registry"]) == (old["a"], new["a"])
    assert LAYER <= told["Download"] < LAYER * 1.1
    assert images(folder)["a-1"] == f"{shop.registry}/a:1@{new['a']}"
    assert folder.ids()[f"{folder.name}-b-1"] == ids[f"{folder.name}-b-1"]
    locked = json.loads((folder.path / "compose.lock").read_text())["images"]
    assert locked == {f"{shop.registry}/a:1": new["a"], f"{shop.registry}/b:1": old["b"]}


def test_only_containers_with_a_newer_image_are_replaced_and_only_its_layer_is_counted(
    shop: Shop,
) -> None:
    folder = shop.folder
    for name in "ab":
        shop.publish(name)
    folder.composer("up", "-d").ok()
    assert folder.composer("outdated", "--exit-code").ok().out == ""
    ids = folder.ids()
    newer = shop.publish("b")

    [told] = json.loads(folder.composer("outdated", "--format", "json").ok().out)
    folder.composer("update").ok()

    assert (told["Image"], told["Status"]) == (f"{shop.registry}/b:1", "behind")
    assert LAYER <= told["Download"] < LAYER * 1.1  # the layer of busybox is there already
    after = folder.ids()
    changed = {name for name in ids if ids[name] != after[name]}
    assert changed == {f"{folder.name}-b-1"}
    listed = json.loads(folder.composer("images", "--digests", "--format", "json").ok().out)
    assert {one["ContainerName"]: one["Digest"] for one in listed}[f"{folder.name}-b-1"] == newer
    assert folder.composer("outdated", "--exit-code").ok().out == ""


def test_the_same_image_by_its_tag_and_by_its_digest_is_no_reason_for_another_container(
    shop: Shop,
) -> None:
    folder = shop.folder
    for name in "ab":
        shop.publish(name)
    folder.composer("lock").ok()
    folder.composer("up", "-d", "--locked").ok()
    ids = folder.ids()

    folder.composer("update", "a").ok()  # the tags are not here yet
    assert folder.ids() == ids
    folder.composer("up", "-d").ok()
    folder.composer("up", "-d", "--locked").ok()

    assert folder.ids() == ids
    assert folder.composer("plan", "--exit-code").code == 0


def test_an_image_of_docker_hub_is_compared_with_what_the_engines_mirror_has(
    folder: Folder,
) -> None:
    folder.write("compose.yaml", "services: {a: {image: 'redis:alpine'}}")
    folder.composer("pull", "--policy", "always").ok()
    asked = docker("image", "inspect", "-f", "{{index .RepoDigests 0}}", "redis:alpine")

    [told] = json.loads(folder.composer("outdated", "--all", "--format", "json").ok().out)
    shown = folder.composer("config", "--resolve-image-digests", "--format", "json").ok().out

    digest = asked.strip().partition("@")[2]
    assert (told["Here"], told["Registry"], told["Status"]) == (digest, digest, "up to date")
    image = json.loads(shown)["services"]["a"]["image"]
    assert image == f"docker.io/library/redis:alpine@{digest}"
