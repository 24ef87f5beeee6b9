"""The bake file of `build --print` is Docker Compose's, for the same project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.parity import Case

pytestmark = pytest.mark.parity

PROJECT = """
name: baked
services:
  one:
    build:
      context: .
      args: {A: "1", B: "x y", C: , D: "a$${x}b"}
      target: last
      labels: {z: "1", a: "$$x"}
      tags: ["baked:extra"]
      cache_from: ["baked:cache"]
      cache_to: ["type=inline"]
      extra_hosts: ["h=1.2.3.4", "g:5.6.7.8", "six=::1", "h=5.6.7.8"]
      network: host
      shm_size: 64m
      ulimits: {nofile: 100, nproc: {soft: 1, hard: 2}}
      secrets: [s1, {source: s2, target: t2}]
      ssh: [default, "k=/tmp/key"]
      platforms: [linux/amd64]
      pull: true
      no_cache: true
      entitlements: [network.host]
      privileged: true
      provenance: mode=max
      sbom: true
  two.x:
    build:
      context: link
      dockerfile: sub/My.dockerfile
      additional_contexts: {base: "service:one", other: ./real, img: "docker-image://busybox"}
    image: foo/bar
  three:
    depends_on: [seven]
    build:
      dockerfile_inline: |
        FROM busybox
        RUN echo $${HOME} $$HI
      provenance: false
      sbom: false
  four:
    platform: linux/amd64
    build: https://github.com/x/y.git#main:sub
  five: {image: busybox}
  six:
    image: foo/six
    build: {context: ., platforms: [linux/amd64, linux/arm64]}
  seven:
    image: foo/seven
    build: {context: ., dockerfile: /elsewhere/Dockerfile, isolation: default}
secrets:
  s1: {file: ./s1}
  s2: {environment: S2}
"""


@pytest.fixture
def case(tmp_path: Path) -> Case:
    (tmp_path / "compose.yaml").write_text(PROJECT)
    (tmp_path / "real" / "sub").mkdir(parents=True)
    (tmp_path / "real" / "sub" / "My.dockerfile").touch()
    (tmp_path / "link").symlink_to("real")
    return Case(tmp_path, "bake", (), (("S2", "x"),), tmp_path, None)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("one",),
        ("two.x",),
        ("three",),
        ("--with-dependencies", "three"),
        ("--push",),
        ("--push", "two.x", "six"),
        ("--no-cache", "--pull"),
        ("--build-arg", "Q=1", "--build-arg", "A=2"),
        ("--check",),
        ("--quiet", "--memory", "5m", "--builder", "x"),
        ("--ssh", "default=/tmp/agent", "four"),
        ("--sbom=true", "--provenance=mode=min", "two.x"),
    ],
    ids=" ".join,
)
def test_the_bake_file_is_docker_composes(case: Case, words: tuple[str, ...]) -> None:
    theirs = case.docker("build", "--print", *words)
    ours = case.composer("build", "--print", *words)

    assert theirs.code == ours.code == 0, ours.err
    assert _in_order(json.loads(ours.out)) == _in_order(_reached(json.loads(theirs.out)))


def _reached(tree: Any) -> Any:
    """Return a bake file without the targets that nobody builds, of which they write some."""
    named = tree["group"]["default"]["targets"]
    return {**tree, "target": {key: one for key, one in tree["target"].items() if key in named}}


def _in_order(value: Any) -> Any:
    """Return a bake file without the order of what is a set."""
    if isinstance(value, dict):
        return {key: _in_order(one) for key, one in value.items()}
    return sorted(value) if isinstance(value, list) else value
