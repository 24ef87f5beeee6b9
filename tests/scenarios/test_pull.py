"""Pulls over a way that breaks, and what is pulled beside images of services."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, run
from support.cut_registry import CutRegistry, cut_registry
from support.held_registry import consists_of, described, layer
from support.registries import real_registry, upload

pytestmark = pytest.mark.docker

LAYER = 3_000_000


@pytest.fixture
def way(folder: Folder, tmp_path: Path) -> Iterator[CutRegistry]:
    """A way to a registry with an image of two layers, which the engine lacks."""
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage") as registry, cut_registry(registry) as way:
        layers = [layer(os.urandom(LAYER)) for _ in range(2)]
        config = consists_of("busybox:latest", *layers)
        upload(registry, "big", "1", described(config, layers), [config, *layers])
        service = f"{{image: '{way.host}/big:1', volumes: ['data:/data']}}"
        folder.write("compose.yaml", f"services: {{a: {service}}}\nvolumes: {{data: {{}}}}")
        yield way
        run("docker", "rmi", "-f", f"{way.host}/big:1")


def is_here(way: CutRegistry) -> bool:
    return run("docker", "image", "inspect", f"{way.host}/big:1").code == 0


def test_what_is_broken_off_is_taken_up_again(folder: Folder, way: CutRegistry) -> None:
    way.resets, way.cuts, way.limit = 4, 1, LAYER * 2 // 3

    said = folder.composer("--progress", "json", "pull").ok().err.splitlines()

    assert is_here(way)
    assert way.was_cut == 5
    assert way.passed < LAYER * 2.2  # what had come was not fetched again
    told = [json.loads(line) for line in said]
    breaks = [one["time"] for one in told if "broken off, to be tried again" in one.get("text", "")]
    assert len(breaks) == 2
    assert breaks[1] - breaks[0] > 1
    assert told[-1]["seconds"] > 1 + 2  # it has waited longer the second time


def test_a_slow_pull_shows_its_pace_and_how_long_it_will_take(
    folder: Folder, way: CutRegistry
) -> None:
    way.seconds = 0.03

    terminal = folder.on_terminal("pull")
    terminal.await_screen(" / 5.74 MiB, ")  # it knows of both layers, and how fast they come

    [line] = (line for line in terminal.screen if " left " in line)
    assert re.search(
        r"\] [0-9.]+( KiB)? / 5\.74 MiB, [0-9.]+ [KM]iB/s, \d+ s left +[0-9.]+s$", line
    )
    layers = [line for line in terminal.screen if re.match("    [0-9a-f]{12} Downloading", line)]
    assert len(layers) == 2
    assert all(re.search(r"\] [0-9.]+ \w+ / 2\.871 MiB$", line) for line in layers), layers
    assert terminal.end() == 0
    assert is_here(way)
    assert terminal.screen[0] == "[+] pull 1/1"


def test_a_registry_that_dies_in_the_middle_is_told_and_leaves_nothing(
    folder: Folder, way: CutRegistry
) -> None:
    """Takes 75 seconds, in which the engine tries by itself."""
    way.dies, way.cuts, way.limit = True, 1, LAYER * 2 // 3

    brought_up = folder.composer("up", "-d")

    assert not is_here(way)
    assert (folder.containers(), folder.networks(), folder.volumes()) == ({}, [], [])
    assert brought_up.code == 1
    assert f"the registry broke off the transfer of {way.host}/big:1" in brought_up.err
    assert "try again when the registry is well" in brought_up.err
