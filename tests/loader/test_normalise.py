from __future__ import annotations

from pathlib import Path

import pytest

from composer.model.service import Dependency, NetworkReference
from support.loading import load_text, project_of, service_of


def test_a_service_joins_the_default_network_unless_it_says_otherwise(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        """
        services:
          web: {image: x}
          none: {image: x, network_mode: none}
          front: {image: x, networks: {front: {aliases: [a]}}}
          provided: {provider: {type: a}}
        networks: {front: }
        """,
    )
    joined = {name: dict(service.networks) for name, service in project.services.items()}

    assert joined == {
        "web": {"default": None},
        "none": {},
        "front": {"front": NetworkReference(aliases=("a",))},
        "provided": {},
    }
    assert {key: network.name for key, network in project.networks.items()} == {
        "front": "demo_front",
        "default": "demo_default",
    }


def test_the_default_network_is_declared_only_when_it_is_used(tmp_path: Path) -> None:
    text = "services: {web: {image: x, network_mode: host}}"

    assert project_of(tmp_path, text, all_resources=True).networks == {}


def test_an_empty_network_mode_means_no_network(tmp_path: Path) -> None:
    assert service_of(tmp_path, "network_mode: ''").networks == {}


def test_resources_are_named_after_project_and_key(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        """
        networks: {a: , b: {name: other}, c: {external: true}, d: {external: true, name: other}}
        volumes: {a: , c: {external: true}}
        configs: {a: {content: x}}
        secrets: {a: {file: ./x}, c: {external: true}}
        """,
        all_resources=True,
    )
    names = [
        {key: one.name for key, one in section.items()}
        for section in (project.networks, project.volumes, project.configs, project.secrets)
    ]

    assert names == [
        {"a": "demo_a", "b": "other", "c": "c", "d": "other"},
        {"a": "demo_a", "c": "c"},
        {"a": "demo_a"},
        {"a": "demo_a", "c": "c"},
    ]


@pytest.mark.parametrize(
    ("attributes", "dependency"),
    [
        ("links: [db]", Dependency(restart=True)),
        ("links: ['db:alias']", Dependency(restart=True)),
        ("network_mode: 'service:db'", Dependency(restart=True)),
        ("ipc: 'service:db'", Dependency(restart=True)),
        ("pid: 'service:db'", Dependency(restart=True)),
        ("uts: 'service:db'", Dependency(restart=True)),
        ("volumes_from: ['db:ro']", Dependency()),
        ("depends_on: [db]", Dependency()),
        (
            "links: [db], depends_on: {db: {condition: service_healthy}}",
            Dependency(condition="service_healthy"),
        ),
    ],
)
def test_what_uses_a_service_depends_on_it(
    tmp_path: Path, attributes: str, dependency: Dependency
) -> None:
    text = f"services: {{web: {{image: x, {attributes}}}, db: {{image: x}}}}"

    assert project_of(tmp_path, text).services["web"].depends_on == {"db": dependency}


def test_other_containers_are_nothing_to_depend_on(tmp_path: Path) -> None:
    attributes = "volumes_from: ['container:a'], ipc: 'container:b', external_links: [c]"

    assert service_of(tmp_path, attributes).depends_on == {}


def test_defaults_are_written_out(tmp_path: Path) -> None:
    text = """
        services:
          web:
            build: {}
            ports: [{target: 80}]
            secrets: [{source: s}, {source: s, target: t}]
            gpus: [{capabilities: [gpu]}, {device_ids: ["0"]}]
            pull_policy: if_not_present
            volumes: [{type: tmpfs, target: /a//b/../c/}, {type: tmpfs, target: /}]
        secrets: {s: {file: ./s}}
        """
    web = project_of(tmp_path, text).services["web"]

    assert web.build is not None
    assert (web.build.context, web.build.dockerfile) == (str(tmp_path), "Dockerfile")
    assert [(port.mode, port.protocol) for port in web.ports] == [("ingress", "tcp")]
    assert [secret.target for secret in web.secrets] == ["/run/secrets/s", "t"]
    assert [request.count for request in web.gpus] == [-1, None]
    assert web.pull_policy == "missing"
    assert [mount.target for mount in web.volumes] == ["/a/c", "/"]


def test_an_inline_dockerfile_has_no_name(tmp_path: Path) -> None:
    text = "services: {web: {build: {dockerfile_inline: FROM x}}}"
    build = project_of(tmp_path, text).services["web"].build

    assert build is not None
    assert (build.dockerfile, build.dockerfile_inline) == (None, "FROM x")


def test_a_hook_before_the_start_runs_in_the_image_of_its_service(tmp_path: Path) -> None:
    web = service_of(tmp_path, "pre_start: [{command: a}, {command: b, image: y}]")

    assert [hook.image for hook in web.pre_start] == ["x", "y"]


def test_without_normalising_nothing_is_implied(tmp_path: Path) -> None:
    project = load_text(tmp_path, "services: {web: {image: x}}", normalise=False).project

    assert project.services["web"].networks == {}
    assert project.networks == {}
