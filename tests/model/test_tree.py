from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from composer.model.build import Build
from composer.model.deploy import Deploy, Placement, Resources, UpdateConfig
from composer.model.project import FileObject, Ipam, IpamPool, Network, Project, Volume
from composer.model.service import (
    BindOptions,
    BlkioConfig,
    Dependency,
    Healthcheck,
    Mount,
    NetworkReference,
    Service,
    TmpfsOptions,
    Ulimit,
    VolumeOptions,
    WeightDevice,
)
from composer.model.tree import natural_order, project_tree, record_tree, service_tree
from composer.model.units import Bytes, Duration
from support.loading import project_of, write


def shown(**attributes: Any) -> dict[str, Any]:
    return service_tree(Service(name="web", **attributes))


def shown_in_json(**attributes: Any) -> dict[str, Any]:
    tree = service_tree(Service(name="web", **attributes), json=True)
    return {key: value for key, value in tree.items() if key not in ("command", "entrypoint")}


def test_what_is_not_set_is_not_printed() -> None:
    assert service_tree(Service(name="web")) == {}


def test_json_says_that_the_command_of_the_image_stays() -> None:
    assert service_tree(Service(name="web"), json=True) == {"command": None, "entrypoint": None}


@pytest.mark.parametrize("json", [True, False])
def test_an_empty_command_is_printed(json: bool) -> None:
    tree = service_tree(Service(name="web", command=(), entrypoint=()), json=json)

    assert tree == {"command": [], "entrypoint": []}


def test_attributes_stand_in_their_order_whatever_the_order_of_the_file() -> None:
    tree = shown(working_dir="/", image="x", command=("a",), tty=True, build=Build(context="/"))

    assert list(tree) == ["build", "command", "image", "tty", "working_dir"]


def test_zero_false_and_empty_are_not_printed_where_they_mean_not_set() -> None:
    assert shown(cpus=0, tty=False, hostname="", dns=(), labels={}) == {}


def test_zero_and_false_are_printed_where_they_mean_something() -> None:
    tree = shown(
        init=False,
        scale=0,
        stop_grace_period=Duration(0),
        healthcheck=Healthcheck(retries=0, interval=Duration(0)),
        depends_on={"db": Dependency(required=False)},
    )

    assert tree == {
        "depends_on": {"db": {"condition": "service_started", "required": False}},
        "healthcheck": {"interval": "0s", "retries": 0},
        "init": False,
        "scale": 0,
        "stop_grace_period": "0s",
    }


def test_units_are_printed_as_text() -> None:
    tree = shown(mem_limit=Bytes(1024), stop_grace_period=Duration(90_000_000_000), cpus=0.1)

    assert tree == {"cpus": 0.1, "mem_limit": "1024", "stop_grace_period": "1m30s"}


def test_a_limit_is_one_number_or_two() -> None:
    limits = {"a": Ulimit(single=5), "b": Ulimit(soft=0, hard=2), "c": Ulimit(single=0)}

    assert shown(ulimits=limits)["ulimits"] == {
        "a": 5,
        "b": {"soft": 0, "hard": 2},
        "c": {"soft": 0, "hard": 0},
    }
    assert shown_in_json(ulimits=limits)["ulimits"] == {"a": 5, "b": {"hard": 2}, "c": {}}


def test_members_without_options_and_with_empty_ones_differ() -> None:
    networks = {"front": None, "back": NetworkReference()}

    assert shown(networks=networks)["networks"] == {"back": {}, "front": None}


def test_options_of_a_mount_are_printed_even_when_they_say_nothing() -> None:
    mounts = (
        Mount(type="volume", target="/a", volume=VolumeOptions()),
        Mount(type="bind", target="/b", bind=BindOptions()),
        Mount(type="bind", target="/c", bind=BindOptions(create_host_path=False)),
    )

    assert shown(volumes=mounts)["volumes"] == [
        {"type": "volume", "target": "/a", "volume": {}},
        {"type": "bind", "target": "/b", "bind": {}},
        {"type": "bind", "target": "/c", "bind": {"create_host_path": False}},
    ]


def test_parts_that_are_always_there_are_printed_empty_in_json_only() -> None:
    deploy = Deploy(replicas=2, resources=Resources(), placement=Placement())

    assert shown(deploy=deploy) == {"deploy": {"replicas": 2}}
    assert shown_in_json(deploy=deploy) == {
        "deploy": {"replicas": 2, "resources": {}, "placement": {}}
    }
    network = Network(name="n", ipam=Ipam())
    assert record_tree(network) == {"name": "n"}
    assert record_tree(network, json=True) == {"name": "n", "ipam": {}}


def test_an_empty_section_is_printed() -> None:
    assert shown(deploy=Deploy(), healthcheck=Healthcheck()) == {"deploy": {}, "healthcheck": {}}


def test_a_delay_of_nothing_is_not_printed() -> None:
    update = UpdateConfig(delay=Duration(0), parallelism=0)

    assert shown(deploy=Deploy(update_config=update)) == {
        "deploy": {"update_config": {"parallelism": 0}}
    }


def test_a_temporary_mount_without_size_and_mode_says_nothing_of_them() -> None:
    mount = Mount(type="tmpfs", target="/a", tmpfs=TmpfsOptions(size=Bytes(0), mode=0))

    assert shown(volumes=(mount,)) == {"volumes": [{"type": "tmpfs", "target": "/a", "tmpfs": {}}]}


def test_weights_have_capitals_in_json_as_docker_compose_prints_them() -> None:
    blkio = BlkioConfig(weight_device=(WeightDevice(path="/a"),))

    assert shown(blkio_config=blkio) == {
        "blkio_config": {"weight_device": [{"path": "/a", "weight": 0}]}
    }
    assert shown_in_json(blkio_config=blkio) == {
        "blkio_config": {"weight_device": [{"Path": "/a", "Weight": 0}]}
    }


def test_keys_of_ssh_are_a_list() -> None:
    build = Build(context="/", ssh={"key": "/id", "default": None})

    assert shown(build=build)["build"]["ssh"] == ["default", "key=/id"]


def test_extensions_come_last_in_yaml_and_never_in_the_json_of_a_service() -> None:
    logged: dict[str, Any] = {"x-b": {"z": 1, "a": None}, "x-a": [1.0]}

    assert list(shown(working_dir="/", extensions=logged)) == ["working_dir", "x-a", "x-b"]
    assert shown(extensions=logged)["x-b"] == {"a": None, "z": 1}
    assert shown_in_json(extensions=logged) == {}


def test_extensions_of_an_address_pool_are_not_printed() -> None:
    kept: dict[str, Any] = {"x-a": 1}
    pool = IpamPool(subnet="10.0.0.0/8", extensions=kept)
    network = Network(name="n", ipam=Ipam(config=(pool,), extensions=kept))

    assert record_tree(network)["ipam"] == {"config": [{"subnet": "10.0.0.0/8"}], "x-a": 1}


def test_names_are_sorted_by_number_in_yaml_and_by_letter_in_json() -> None:
    variables = {"x10": "", "x2": "", "B": "", "a": ""}

    assert list(shown(environment=variables)["environment"]) == ["B", "a", "x2", "x10"]
    assert list(shown_in_json(environment=variables)["environment"]) == ["B", "a", "x10", "x2"]


@pytest.mark.parametrize(
    "names",
    [
        ["a1", "a2", "a10", "a11b", "b"],
        ["A", "B", "a", "b", "é"],
        ["_", "a"],
        ["a.b", "a_b", "ab"],
        ["x_1", "x1"],
        ["a", "a1", "aa"],
        ["1", "1a", "2", "10"],
        ["a-1", "a-2", "a-10"],
        ["a12", "a101"],
    ],
)
def test_the_natural_order_is_that_of_go_yaml(names: list[str]) -> None:
    shuffled = list(names)
    Random(0).shuffle(shuffled)

    assert natural_order(shuffled) == names


def test_a_project_is_printed_in_sections() -> None:
    project = Project(
        name="demo",
        directory="/",
        services={"web": Service(name="web", image="x"), "db": Service(name="db", image="y")},
        volumes={"data": Volume(name="demo_data")},
        networks={"default": Network(name="demo_default")},
        extensions={"x-a": 1},
    )
    expected = {
        "name": "demo",
        "services": {"db": {"image": "y"}, "web": {"image": "x"}},
        "networks": {"default": {"name": "demo_default"}},
        "volumes": {"data": {"name": "demo_data"}},
        "x-a": 1,
    }

    assert project_tree(project) == expected
    assert list(project_tree(project)) == list(expected)
    assert list(project_tree(project, json=True)) == sorted(expected)


def test_a_project_without_services_says_so() -> None:
    assert project_tree(Project(name="demo", directory="/")) == {"name": "demo", "services": {}}


def test_secrets_are_never_printed() -> None:
    found = FileObject(name="f", environment="TOKEN", content="hush")
    project = Project(
        name="demo",
        directory="/",
        secrets={"a": found, "b": FileObject(name="b", content="hush")},
        configs={"a": found, "b": FileObject(name="b", content="open")},
    )

    for json in (True, False):
        assert "hush" not in repr(project_tree(project, json=json))
    assert project_tree(project)["configs"] == {
        "a": {"name": "f", "environment": "TOKEN"},
        "b": {"name": "b", "content": "open"},
    }


def test_files_that_were_read_are_not_named_any_more(tmp_path: Path) -> None:
    write(tmp_path, "a.env", "A=b")
    text = "services: {web: {image: x, env_file: a.env, label_file: a.env}}"
    read = project_of(tmp_path, text)
    unread = project_of(tmp_path, text, resolve_environment=False)

    assert project_tree(read)["services"]["web"] == {
        "environment": {"A": "b"},
        "image": "x",
        "labels": {"A": "b"},
        "networks": {"default": None},
    }
    path = str(tmp_path / "a.env")
    assert project_tree(unread)["services"]["web"] == {
        "env_file": [{"path": path, "required": True}],
        "image": "x",
        "labels": {"A": "b"},
        "networks": {"default": None},
    }
