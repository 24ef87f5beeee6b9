"""The bake file; that it equals Docker Compose's is for tests/parity/test_bake.py to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from composer.engine.bake import allowances, bake_tree, is_remote
from composer.model.build import Build, BuildUlimit
from composer.model.resources import BuildSpec
from composer.model.units import Bytes


def spec(service: str = "web", **fields: Any) -> BuildSpec:
    names = ("platform", "labels", "secrets", "no_cache", "pull", "push", "upon", "check")
    spec_fields = {name: fields.pop(name) for name in names if name in fields}
    build = Build(**{"context": "/app", **fields})
    return BuildSpec(service=service, tags=(f"demo-{service}", "x"), build=build, **spec_fields)


def target(**fields: Any) -> dict[str, Any]:
    """Return the target of one build, without what every one has."""
    tree: Any = bake_tree([spec(**fields)])
    found: dict[str, Any] = tree["target"]["web"]
    plain = {"context": "/app", "tags": ["x", "demo-web"], "output": ["type=docker"]}
    plain |= {"dockerfile": "/app/Dockerfile"}
    return {key: value for key, value in found.items() if plain.get(key) != value}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"dockerfile": "sub/D"}, {"dockerfile": "/app/sub/D"}),
        ({"dockerfile": "/other/D"}, {"dockerfile": "/other/D"}),
        ({"dockerfile_inline": "FROM ${X}"}, {"dockerfile-inline": "FROM $${X}"}),
        ({"args": {"B": "%{2", "A": None}}, {"args": {"B": "%%{2"}}),
        ({"cache_to": ("type=inline",)}, {"cache-to": ["type=inline"]}),
        ({"extra_hosts": ("a=1.2.3.4", "b:::1")}, {"extra-hosts": {"a": "1.2.3.4", "b": "::1"}}),
        (
            {"entitlements": ("network.host",), "privileged": True},
            {"entitlements": ["network.host", "security.insecure"]},
        ),
        ({"ssh": {"default": None, "key": "/k"}}, {"ssh": ["default=", "key=/k"]}),
        (
            {"secrets": {"a": "/file", "b": "env:NAME"}},
            {"secret": ["id=a,type=file,src=/file", "id=b,type=env,env=NAME"]},
        ),
        (
            {"ulimits": {"nofile": BuildUlimit(soft=1, hard=2), "core": BuildUlimit(single=0)}},
            {"ulimits": ["core=0", "nofile=1:2"]},
        ),
        ({"no_cache_filter": ("one",)}, {"no-cache-filter": ["one"]}),
        ({"shm_size": Bytes(64)}, {"shm-size": "64"}),
        ({"provenance": "mode=max", "sbom": "true"}, {"attest": ["type=provenance,mode=max", "type=sbom"]}),  # noqa: E501 - one row
        ({"provenance": "false"}, {}),
        ({"no_cache": True, "pull": True}, {"no-cache": True, "pull": True}),
        ({"platform": "linux/arm64"}, {"platforms": ["linux/arm64"]}),
        (
            {"platforms": ("a", "b"), "push": True},
            {"platforms": ["a", "b"], "output": ["type=image,push=true"]},
        ),
        ({"push": True}, {"output": ["type=registry"]}),
    ],
)  # fmt: skip
def test_a_build_becomes_a_target(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert target(**fields) == expected


def test_the_image_of_a_service_in_the_same_file_is_a_target_and_another_an_image() -> None:
    contexts = {"base": "docker-image://demo-a.b", "other": "docker-image://demo-c"}
    upon = {"base": "a.b", "other": "c"}
    tree: Any = bake_tree([spec("a.b"), spec(additional_contexts=contexts, upon=upon)])

    assert tree["group"]["default"]["targets"] == ["a_b", "web"]
    assert tree["target"]["web"]["contexts"] == {
        "base": "target:a_b",
        "other": "docker-image://demo-c",
    }


def test_a_dockerfile_of_a_remote_context_is_in_it() -> None:
    assert target(context="https://github.com/a/b.git", dockerfile="sub/D") == {
        "context": "https://github.com/a/b.git",
        "dockerfile": "sub/D",
    }


def test_links_to_the_dockerfile_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    found = target(context=str(tmp_path / "link"), dockerfile="D")

    assert found["dockerfile"] == str(tmp_path.resolve() / "real" / "D")


def test_what_a_build_may_do_is_allowed() -> None:
    builds = [spec(network="host"), spec(ssh={"default": None}), spec(privileged=True)]

    assert allowances(builds) == ("network.host", "security.insecure", "ssh")
    assert allowances([spec()]) == ()


@pytest.mark.parametrize(("context", "remote"), [("/a.git", False), ("git@x:y", True)])
def test_addresses_are_told_from_directories(context: str, remote: bool) -> None:
    assert is_remote(context) is remote
