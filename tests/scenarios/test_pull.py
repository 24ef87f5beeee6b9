"""Pulls over a way that breaks, and what is pulled beside images of services."""

from __future__ import annotations

import io
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.cut_registry import CutRegistry, cut_registry
from support.registries import real_registry

pytestmark = pytest.mark.docker

MEGABYTES = 6


@pytest.fixture
def way(folder: Folder, tmp_path: Path) -> Iterator[CutRegistry]:
    """A way to a registry with an image of a few megabytes, which the engine does not have."""
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage") as registry, cut_registry(registry) as way:
        with tarfile.open(folder.path / "big.tar", "w") as archive:
            entry = tarfile.TarInfo("big")
            entry.size = MEGABYTES * 1_000_000
            archive.addfile(entry, io.BytesIO(os.urandom(entry.size)))
        docker("import", str(folder.path / "big.tar"), f"{registry}/big:1")
        docker("push", "-q", f"{registry}/big:1")
        docker("rmi", f"{registry}/big:1")
        folder.write("compose.yaml", f"services: {{a: {{image: '{way.host}/big:1'}}}}")
        yield way
        run("docker", "rmi", "-f", f"{way.host}/big:1")


def is_here(way: CutRegistry) -> bool:
    return run("docker", "image", "inspect", f"{way.host}/big:1").code == 0


def test_what_is_broken_off_is_taken_up_again(folder: Folder, way: CutRegistry) -> None:
    way.resets, way.cuts, way.limit = 4, 1, MEGABYTES * 500_000

    said = folder.composer("--progress", "json", "pull").ok().err

    assert is_here(way)
    assert way.was_cut == 5
    assert "broken off, to be tried again" in said


def test_a_slow_pull_shows_its_pace_and_how_long_it_will_take(
    folder: Folder, way: CutRegistry
) -> None:
    way.seconds = 0.03

    terminal = folder.on_terminal("pull")
    terminal.await_screen(" left ")

    [line] = (line for line in terminal.screen if " left " in line)
    assert re.search(r"\] [0-9.]+( KiB)? / 5\.72 MiB, [0-9.]+ MiB/s, \d s left +[0-9.]+s$", line)
    assert terminal.end() == 0
    assert is_here(way)
    assert terminal.screen[0] == "[+] pull 1/1"


def test_a_registry_that_dies_in_the_middle_is_told_and_leaves_nothing(
    folder: Folder, way: CutRegistry
) -> None:
    """Takes 75 seconds, in which the engine tries by itself."""
    way.dies, way.cuts, way.limit = True, 1, MEGABYTES * 500_000

    brought_up = folder.composer("up", "-d")

    assert not is_here(way)
    assert folder.containers() == {}
    assert brought_up.code == 1
    assert f"the registry broke off the transfer of {way.host}/big:1" in brought_up.err
    assert "try again when the registry is well" in brought_up.err
